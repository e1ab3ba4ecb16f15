//! Reduce on plateau: a smaller learning rate when a value has not improved for a while.

use tunesmith_core::{Describe, Flow, Param, register};

use super::{Callback, CallbackEntry, EpochEnd, Measure, Watch, watch_params};

/// Multiplies the learning rate by `factor` when the watched value has not improved for more than `patience` epochs.
///
/// PyTorch's `ReduceLROnPlateau` and its defaults, but for the watched value.
#[derive(Clone, Debug)]
pub struct ReduceOnPlateau {
    watch: Watch,
    factor: f64,
    patience: usize,
    threshold: f64,
    threshold_mode: String,
    cooldown: usize,
    min_factor: f64,
    waited: usize,
    cooling: usize,
}

impl Default for ReduceOnPlateau {
    fn default() -> Self {
        Self {
            watch: Watch::new("validation_loss"),
            factor: 0.1,
            patience: 10,
            threshold: 1e-4,
            threshold_mode: "rel".into(),
            cooldown: 0,
            min_factor: 0.0,
            waited: 0,
            cooling: 0,
        }
    }
}

impl Describe for ReduceOnPlateau {
    const NAME: &'static str = "reduce_on_plateau";
    const ABOUT: &'static str = "a smaller learning rate when a value has not improved for a while";
    const PARAMS: &'static [Param<Self>] = watch_params![
        Param::float("factor", 0.1, 0.7, |s: &mut Self| &mut s.factor, "factor on the learning rate")
            .rarely()
            .valid(0.0, 1.0),
        Param::int(
            "patience",
            2,
            20,
            |s: &mut Self| &mut s.patience,
            "epochs without improvement that are borne"
        )
        .rarely(),
        Param::float("threshold", 0.0, 0.01, |s: &mut Self| &mut s.threshold, "what counts as improvement")
            .fixed()
            .valid(0.0, 1e9),
        Param::name(
            "threshold_mode",
            &["rel", "abs"],
            |s: &mut Self| &mut s.threshold_mode,
            "threshold in parts of the best, or plain"
        ),
        Param::int(
            "cooldown",
            0,
            10,
            |s: &mut Self| &mut s.cooldown,
            "epochs after a reduction that do not count"
        )
        .fixed(),
        Param::float("min_factor", 0.0, 0.1, |s: &mut Self| &mut s.min_factor, "the least factor in all")
            .fixed()
            .valid(0.0, 1.0),
    ];
}

impl Callback for ReduceOnPlateau {
    fn prepare(&mut self, measured: &[Measure]) -> Result<(), String> {
        self.watch.prepare(measured)
    }

    fn epoch_end(&mut self, end: &mut EpochEnd<'_>) -> Flow {
        let Some(value) = self.watch.read(end.values) else { return Flow::Continue };
        let relative = self.threshold_mode == "rel";
        let threshold = self.threshold;
        if self.watch.improves(value, |best| if relative { threshold * best.abs() } else { threshold }) {
            self.waited = 0;
        } else {
            self.waited += 1;
        }
        if self.cooling > 0 {
            self.cooling -= 1;
            self.waited = 0;
        }
        if self.waited > self.patience {
            *end.lr_factor = (*end.lr_factor * self.factor).max(self.min_factor);
            self.cooling = self.cooldown;
            self.waited = 0;
        }
        Flow::Continue
    }
}

register!(CallbackEntry, ReduceOnPlateau);
