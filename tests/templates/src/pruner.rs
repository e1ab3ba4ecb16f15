//! TemplatePruner (authors year): when it stops a trial, in one line.

use tunesmith_core::{Describe, Param, register};

use tunesmith_tuner::{History, Pruner, PrunerEntry, TrialRecord, TrialState};

/// Stops a trial whose last report is worse than that of every complete trial at the same step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TemplatePruner {
    /// Complete trials that must have reported at the step.
    pub least: usize,
}

impl Default for TemplatePruner {
    fn default() -> Self {
        Self { least: 3 }
    }
}

impl Describe for TemplatePruner {
    const NAME: &'static str = "template_pruner";
    const ABOUT: &'static str = "stops a trial that is worse than all others at the same step";
    const PARAMS: &'static [Param<Self>] =
        &[Param::int("least", 1, 20, |s: &mut Self| &mut s.least, "complete trials to compare with")
            .fixed()
            .valid(1.0, f64::INFINITY)];
}

impl Pruner for TemplatePruner {
    fn prune(&self, trial: &TrialRecord, history: &History) -> bool {
        let Some((step, value)) = trial.last_report() else { return false };
        let complete = history.trials().iter().filter(|other| other.state == TrialState::Complete);
        let others =
            complete.filter_map(|other| other.report_at(step)).map(|value| history.direction().loss(value));
        let others: Vec<f64> = others.filter(|loss| !loss.is_nan()).collect();
        let loss = history.direction().loss(value);
        others.len() >= self.least && others.iter().all(|&other| loss > other)
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
