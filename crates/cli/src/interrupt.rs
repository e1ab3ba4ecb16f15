//! Ctrl-C: once asks for an orderly end, twice ends at once.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use tunesmith::tuner::Stop;

/// A stop that the first Ctrl-C (or SIGTERM) pulls; the second ends the process with code 130.
pub(crate) fn stop_on_interrupt() -> Stop {
    let pulled = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // Order matters: the shutdown is armed by the flag that the next handler sets. Where handlers cannot be
        // installed, the signal ends the process as usual and the study is resumable all the same.
        let _ = flag::register_conditional_shutdown(signal, 130, Arc::clone(&pulled));
        let _ = flag::register(signal, Arc::clone(&pulled));
    }
    Stop::from(pulled)
}

/// The same for a command that runs other programs, and a flag that each signal sets: this process must outlive its
/// programs to end them, so a second Ctrl-C only makes it hurry.
pub(crate) fn stop_or_hurry_on_interrupt() -> (Stop, Arc<AtomicBool>) {
    let (pulled, hurry) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    for signal in [SIGINT, SIGTERM] {
        for flag in [&pulled, &hurry] {
            let _ = flag::register(signal, Arc::clone(flag));
        }
    }
    (Stop::from(pulled), hurry)
}
