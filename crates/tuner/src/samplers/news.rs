//! What has ended since somebody last looked.

use tunesmith_core::{Seed, Space};

use super::replay::{Seen, columns};
use crate::History;

/// So many trials are remembered to tell one history from another.
const REMEMBERED: usize = 16;

/// Remembers which trials were looked at, so that each is looked at once, when it has ended.
#[derive(Debug, Default)]
pub(super) struct News {
    space: Space,
    /// Every trial before this place was looked at, but for the open ones.
    end: usize,
    open: Vec<usize>,
    /// The study's seed and the last trials that had ended, with what was known of them: what tells one history from
    /// another.
    study: Option<Seed>,
    last: Vec<(usize, Seed)>,
}

impl News {
    /// The places of trials that ended since the last call; and true when all is new, since this is another history, or
    /// what was made of the old one `holds` no longer.
    ///
    /// Of what was looked at only the last trials are compared with the history: a change of older trials, which no study
    /// makes, is not seen.
    pub(super) fn since(&mut self, history: &History, holds: bool) -> (bool, Vec<usize>) {
        let columns = columns(history);
        let trials = history.trials();
        let name = |place: usize| Seen::new(history, &columns, place).seed();
        let is_same = holds
            && self.end <= trials.len()
            && self.study == Some(history.seed())
            && self.last.iter().all(|&(place, seed)| name(place) == seed)
            && self.space == *history.space();
        if !is_same {
            let (space, study) = (history.space().clone(), Some(history.seed()));
            *self = Self { space, study, ..Self::default() };
        }
        let places = self.open.drain(..).chain(self.end..trials.len());
        let (ended, open): (Vec<usize>, Vec<usize>) =
            places.partition(|&place| trials[place].state.is_finished());
        (self.open, self.end) = (open, trials.len());
        self.last.extend(ended.iter().rev().take(REMEMBERED).rev().map(|&place| (place, name(place))));
        self.last.drain(..self.last.len().saturating_sub(REMEMBERED));
        (!is_same, ended)
    }
}
