//! The best checkpoint: the training ends with the weights of its best epoch.

use tunesmith_core::{Describe, Flow, Param, register};

use super::{Callback, CallbackEntry, EpochEnd, Kept, Measure, Watch, watch_params};

/// Keeps the weights of the best epoch and hands them back at the end.
#[derive(Clone, Debug)]
pub struct BestCheckpoint {
    watch: Watch,
    best: Option<Kept>,
}

impl Default for BestCheckpoint {
    fn default() -> Self {
        Self { watch: Watch::new("validation_loss"), best: None }
    }
}

impl Describe for BestCheckpoint {
    const NAME: &'static str = "best_checkpoint";
    const ABOUT: &'static str = "the training ends with the weights of its best epoch";
    const PARAMS: &'static [Param<Self>] = watch_params![];
}

impl Callback for BestCheckpoint {
    fn prepare(&mut self, measured: &[Measure]) -> Result<(), String> {
        self.watch.prepare(measured)
    }

    fn epoch_end(&mut self, end: &mut EpochEnd<'_>) -> Flow {
        if let Some(value) = self.watch.read(end.values)
            && self.watch.improves(value, |_| 0.0)
        {
            self.best = Some(Kept { epoch: end.epoch, params: end.params.to_vec() });
        }
        Flow::Continue
    }

    fn train_end(&mut self) -> Option<Kept> {
        self.best.take()
    }
}

register!(CallbackEntry, BestCheckpoint);
