//! `RaceResult`: what a race found, with how sure it is.

use super::{Race, compare::p_better};
use crate::analysis::statistics::Estimate;
use crate::analysis::table;

table! {
    /// How one candidate of a race stands.
    pub struct Standing {
        /// Its number; the default has the last.
        pub candidate: usize,
        /// Whether it is the default.
        pub is_default: bool,
        /// Its value with the 95 % interval, from the runs of the race alone, without those that diverged.
        pub value: Estimate,
        /// How many of its runs diverged.
        pub diverged: usize,
        /// The round in which it dropped out.
        pub dropped_in_round: Option<usize>,
        /// One-sided: the probability of as clear a lead of the leader by chance; for the leader 1.
        pub p_value: f64,
        /// What the search saw.
        pub search_value: Option<f64>,
        /// How much better the search saw it than the race did, in the unit of the value; above zero: too well.
        pub optimism: Option<f64>,
    }

    /// What a race found.
    pub struct RaceResult {
        /// The number of the best candidate; it may be the default.
        pub leader: usize,
        /// One-sided: the probability of as clear a lead over the default by chance, multiplied by the number of
        /// candidates that the leader was chosen from; 1 when the default leads.
        pub p_value_against_default: f64,
        /// Whether that is below the level of the race, less what looking early cost (6 % of it in four rounds). When
        /// it is not, the default, or the simpler one, will do.
        pub significantly_better_than_default: bool,
        /// The optimism of the leader.
        pub optimism: Option<f64>,
        /// All candidates by number.
        pub standings: Vec<Standing>,
        /// Runs that were told.
        pub runs: usize,
        /// Rounds that ended.
        pub rounds: usize,
        /// Whether the race is over.
        pub finished: bool,
    }
}

impl RaceResult {
    pub(super) fn of(race: &Race) -> Option<Self> {
        if race.losses.iter().any(Vec::is_empty) {
            return None;
        }
        let leader = race.leader();
        let standings: Vec<Standing> =
            (0..race.candidates.len()).map(|c| Standing::of(race, c, leader)).collect();
        let p = race.p_against_default(leader);
        Some(Self {
            leader,
            p_value_against_default: p,
            significantly_better_than_default: p < race.final_level(),
            optimism: standings[leader].optimism,
            standings,
            runs: race.losses.iter().map(Vec::len).sum::<usize>() + race.batch.told(),
            rounds: if race.is_finished() { race.round } else { race.round - 1 },
            finished: race.is_finished(),
        })
    }
}

impl Standing {
    fn of(race: &Race, candidate: usize, leader: usize) -> Self {
        let direction = race.options.direction;
        let losses = &race.losses[candidate];
        let finite: Vec<f64> =
            losses.iter().filter(|loss| loss.is_finite()).map(|&loss| direction.loss(loss)).collect();
        let value = Estimate::of(&finite, 0.95);
        let search_value = race.candidates[candidate].search_value;
        let optimism = search_value
            .map(|seen| direction.loss(value.mean) - direction.loss(seen))
            .filter(|optimism| optimism.is_finite());
        Self {
            candidate,
            is_default: candidate == race.default_candidate(),
            diverged: losses.len() - finite.len(),
            dropped_in_round: race.dropped[candidate],
            p_value: if candidate == leader { 1.0 } else { p_better(&race.losses[leader], losses) },
            value,
            search_value,
            optimism,
        }
    }
}
