//! TemplatePruner (authors year): when it stops a trial, in one line.

use tunesmith_core::{Describe, Param, register};

use tunesmith_tuner::{History, Pruner, PrunerEntry, TrialRecord};

/// Stops a trial that has reported a number that is not finite, once it is past its first reports.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TemplatePruner {
    /// Reports before which nothing is stopped.
    pub warmup: usize,
}

impl Default for TemplatePruner {
    fn default() -> Self {
        Self { warmup: 1 }
    }
}

impl Describe for TemplatePruner {
    const NAME: &'static str = "template_pruner";
    const ABOUT: &'static str = "stops what is no longer finite";
    const PARAMS: &'static [Param<Self>] =
        &[Param::int("warmup", 0, 10, |s: &mut Self| &mut s.warmup, "reports before the first stop").fixed()];
}

impl Pruner for TemplatePruner {
    fn prune(&self, trial: &TrialRecord, _history: &History) -> bool {
        trial.reports.len() > self.warmup && trial.reports.iter().any(|(_, value)| !value.is_finite())
    }
}

register!(PrunerEntry, TemplatePruner);

#[cfg(test)]
mod tests {
    use tunesmith_tuner::conform;

    #[test]
    fn template_pruner_conforms() {
        assert_eq!(conform::check_pruners(20), Vec::<String>::new());
    }
}
