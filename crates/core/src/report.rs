//! `Reporter`: the one wire between what runs and what watches it.

/// What the watcher says after a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Go on.
    Continue,
    /// Stop for now and keep the state; the run may go on later.
    Pause,
    /// Stop for good.
    Stop,
}

/// Hears a value at a step and says whether to go on.
///
/// Training reports to it and knows nothing of tuning; the tuner listens and knows nothing of training.
///
/// ```
/// use tunesmith_core::{Flow, Reporter};
/// struct StopAtTwo;
/// impl Reporter for StopAtTwo {
///     fn report(&mut self, step: u64, _value: f64) -> Flow {
///         if step < 2 { Flow::Continue } else { Flow::Stop }
///     }
/// }
/// let mut reporter = StopAtTwo;
/// let steps = (0..).take_while(|&step| reporter.report(step, 0.0) == Flow::Continue).count();
/// assert_eq!(steps, 2);
/// ```
pub trait Reporter {
    /// Takes the value reached at a step (for training: the watched metric after an epoch, steps from 0).
    fn report(&mut self, step: u64, value: f64) -> Flow;

    /// Asked between steps, when there is nothing to report yet: should the run end early?
    fn interrupted(&mut self) -> Flow {
        Flow::Continue
    }
}

/// Nobody listens: every report is answered by "go on".
impl Reporter for () {
    fn report(&mut self, _step: u64, _value: f64) -> Flow {
        Flow::Continue
    }
}
