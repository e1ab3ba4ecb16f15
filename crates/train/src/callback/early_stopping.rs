//! Early stopping: ends the training when a value has not improved for a while.

use tunesmith_core::{Describe, Flow, Param, register};

use super::{Callback, CallbackEntry, EpochEnd, Kept, Measure, Watch, watch_params};

/// Ends the training when the watched value has not improved for `patience` epochs in a row.
///
/// Keras's callback of that name, with `restore_best` on unless it is said otherwise.
#[derive(Clone, Debug)]
pub struct EarlyStopping {
    watch: Watch,
    patience: usize,
    min_delta: f64,
    restore_best: bool,
    waited: usize,
    best: Option<Kept>,
}

impl Default for EarlyStopping {
    fn default() -> Self {
        Self {
            watch: Watch::new("validation_loss"),
            patience: 5,
            min_delta: 0.0,
            restore_best: true,
            waited: 0,
            best: None,
        }
    }
}

impl Describe for EarlyStopping {
    const NAME: &'static str = "early_stopping";
    const ABOUT: &'static str = "ends the training when a value has not improved for a while";
    const PARAMS: &'static [Param<Self>] = watch_params![
        Param::int("patience", 2, 20, |s: &mut Self| &mut s.patience, "epochs without improvement")
            .rarely()
            .valid(1.0, 1e9),
        Param::float("min_delta", 0.0, 0.01, |s: &mut Self| &mut s.min_delta, "what counts as improvement")
            .fixed()
            .valid(0.0, 1e9),
        Param::switch(
            "restore_best",
            |s: &mut Self| &mut s.restore_best,
            "end with the weights of the best epoch"
        ),
    ];
}

impl Callback for EarlyStopping {
    fn prepare(&mut self, measured: &[Measure]) -> Result<(), String> {
        self.watch.prepare(measured)
    }

    fn epoch_end(&mut self, end: &mut EpochEnd<'_>) -> Flow {
        let Some(value) = self.watch.read(end.values) else { return Flow::Continue };
        if self.watch.improves(value, |_| self.min_delta) {
            self.waited = 0;
            if self.restore_best {
                self.best = Some(Kept { epoch: end.epoch, params: end.params.to_vec() });
            }
            return Flow::Continue;
        }
        self.waited += 1;
        if self.waited >= self.patience { Flow::Stop } else { Flow::Continue }
    }

    fn train_end(&mut self) -> Option<Kept> {
        self.best.take()
    }
}

register!(CallbackEntry, EarlyStopping);
