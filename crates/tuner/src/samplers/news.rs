//! What has ended since somebody last looked.

use tunesmith_core::{Seed, Space};

use super::replay::{Seen, columns};
use crate::History;

/// Remembers which trials were looked at, so that each is looked at once, when it has ended.
#[derive(Debug, Default)]
pub(super) struct News {
    space: Space,
    /// Every trial before this place was looked at, but for the open ones.
    end: usize,
    open: Vec<usize>,
    /// The last trial that had ended and what was known of it, to tell one history from another.
    last: Option<(usize, Seed)>,
}

impl News {
    /// The places of trials that ended since the last call; and true when all is new, since this is another history, or
    /// what was made of the old one `holds` no longer.
    ///
    /// Of what was looked at only the last trial is compared with the history: a change of older trials, which no study
    /// makes, is not seen.
    pub(super) fn since(&mut self, history: &History, holds: bool) -> (bool, Vec<usize>) {
        let columns = columns(history);
        let trials = history.trials();
        let name = |place: usize| Seen::new(history, &columns, place).seed();
        let is_same = holds
            && self.end <= trials.len()
            && self.last.is_some_and(|(place, seed)| name(place) == seed)
            && self.space == *history.space();
        if !is_same {
            *self = Self { space: history.space().clone(), ..Self::default() };
        }
        let places = self.open.drain(..).chain(self.end..trials.len());
        let (ended, open): (Vec<usize>, Vec<usize>) =
            places.partition(|&place| trials[place].state.is_finished());
        (self.open, self.end) = (open, trials.len());
        if let Some(&last) = ended.last() {
            self.last = Some((last, name(last)));
        }
        (!is_same, ended)
    }
}
