//! A program that runs: started without a shell, in a process group of its own, ended with all it started.

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How long a program that is told to end may take.
const GRACE: Duration = Duration::from_secs(5);

/// How a program is started.
#[derive(Debug)]
pub(crate) struct Start<'a> {
    pub(crate) words: &'a [String],
    pub(crate) environment: &'a [(String, String)],
    pub(crate) stdout: &'a Path,
    pub(crate) stderr: &'a Path,
}

/// A program that was started.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    began: Instant,
}

impl Running {
    pub(crate) fn start(start: &Start<'_>) -> io::Result<Self> {
        let mut command = Command::new(&start.words[0]);
        command
            .args(&start.words[1..])
            .envs(start.environment.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null())
            .stdout(File::create(start.stdout)?)
            .stderr(File::create(start.stderr)?);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        Ok(Self { child: command.spawn()?, began: Instant::now() })
    }

    /// How the program ended, if it has.
    pub(crate) fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Waits a moment: little at first, so that short programs cost little more than they take.
    pub(crate) fn pause(&self) {
        let moment = self.began.elapsed() / 20;
        std::thread::sleep(moment.clamp(Duration::from_millis(1), Duration::from_millis(50)));
    }

    /// Ends the program and all it started: they are asked to, and made to after five seconds or when somebody is in a
    /// hurry.
    #[cfg(unix)]
    pub(crate) fn end(mut self, hurry: impl Fn() -> bool) {
        use rustix::process::{Pid, Signal, kill_process_group};
        let group = Pid::from_child(&self.child);
        // A group that is gone already needs no signal.
        let _ = kill_process_group(group, Signal::TERM);
        let told = Instant::now();
        while !self.is_gone() && told.elapsed() < GRACE && !hurry() {
            std::thread::sleep(Duration::from_millis(5));
        }
        // The program is not reaped yet, so its group's number is still its own.
        let _ = kill_process_group(group, Signal::KILL);
        let _ = self.child.wait();
    }

    /// Whether the program has ended; it stays to be waited for.
    #[cfg(unix)]
    fn is_gone(&self) -> bool {
        use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        waitid(WaitId::Pid(Pid::from_child(&self.child)), options).is_ok_and(|status| status.is_some())
    }

    /// Ends the program.
    #[cfg(not(unix))]
    pub(crate) fn end(mut self, _hurry: impl Fn() -> bool) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
