//! The final race of a search: its best settings and the default ones on common seeds, before a winner is named.

use tunesmith_core::Params;
use tunesmith_report::{RaceInput, RaceRow};
use tunesmith_train::Outcome as Trained;
use tunesmith_tuner::samplers::Surrogate;
use tunesmith_tuner::{
    Candidate, Race, RaceOptions, RaceResult, Stop, Study, TrialRecord, TrialState, finalists,
};

use crate::run::Ear;
use crate::{Error, Trials};

/// What a final race found (see [`tunesmith_tuner::Race`]).
#[derive(Clone, Debug)]
pub struct FinalRace {
    /// How the settings stand.
    pub result: RaceResult,
    /// The trial that first had each candidate's settings; the default's, which stands last, may have none.
    pub trials: Vec<Option<u64>>,
}

impl FinalRace {
    /// The trial that leads, or the best of those that raced if the default leads and was no trial.
    #[must_use]
    pub fn leader(&self) -> Option<u64> {
        let known = |candidate: usize| self.trials.get(candidate).copied().flatten();
        known(self.result.leader).or_else(|| (0..self.trials.len()).find_map(known))
    }

    pub(crate) fn page(&self) -> RaceInput {
        let row = |standing: &tunesmith_tuner::Standing| RaceRow {
            trial: self.trials[standing.candidate],
            is_default: standing.is_default,
            leads: standing.candidate == self.result.leader,
            mean: standing.value.mean,
            low: standing.value.low,
            high: standing.value.high,
            runs: standing.value.n + standing.diverged,
            search_value: standing.search_value,
            p_value: standing.p_value,
        };
        RaceInput {
            rows: self.result.standings.iter().map(row).collect(),
            p_value_against_default: self.result.p_value_against_default,
            better_than_default: self.result.significantly_better_than_default,
            optimism: self.result.optimism,
        }
    }

    /// The standard deviation of the leader's value over seeds.
    pub(crate) fn noise(&self) -> f64 {
        let value = &self.result.standings[self.result.leader].value;
        value.standard_error * (value.n as f64).sqrt()
    }
}

/// Runs the race; nothing when there is nothing to compare, or somebody said stop.
pub(crate) fn run(
    trials: &Trials,
    study: &Study,
    workers: usize,
    stop: &Stop,
) -> Result<Option<FinalRace>, Error> {
    let candidates: Vec<Candidate> = study.with_history(|history| {
        // Who is good is told from luck by a model of all trials.
        let ranking = Surrogate::fit(trials.space(), history).map(|surrogate| surrogate.ranking(history));
        finalists(history, ranking.as_deref())
    });
    let default = trials.space().known_good();
    if candidates.iter().all(|candidate| candidate.params == default) {
        return Ok(None);
    }
    let first_with = |params: &Params| -> Option<u64> {
        let has = |trial: &&TrialRecord| trial.state == TrialState::Complete && trial.params == *params;
        study.with_history(|history| history.trials().iter().find(has).map(|trial| trial.number))
    };
    let options = RaceOptions { direction: trials.goal().direction, ..RaceOptions::default() };
    let mut race = Race::new(candidates, default, options);
    let seeds = study.seed().named("race");
    let measure = |params: &Params, seed: usize| {
        let seed = (seeds.at(seed as u64).value() >> 40) as usize;
        // What cannot be trained is as bad as what diverges.
        let Ok(trainer) = trials.trainer(params, seed) else { return Some(f64::NAN) };
        let fitted = trainer.fit(&mut Ear(stop.clone()));
        match fitted.outcome {
            _ if stop.is_set() => None,
            Trained::Diverged { .. } => Some(f64::NAN),
            Trained::Finished | Trained::Stopped => Some(trials.value_of(&fitted).unwrap_or(f64::NAN)),
        }
    };
    let result = race.run(workers, stop, measure);
    let trials = (0..=race.default_candidate()).map(|candidate| first_with(race.params(candidate))).collect();
    Ok(result.map(|result| FinalRace { result, trials }))
}
