//! `Order`: trials sorted by a coordinate, kept from one suggestion to the next because sorting anew is most of the work.

use crate::history::sortable as key;

/// The tag of a trial that is in neither density.
pub(super) const NOWHERE: u32 = u32::MAX;
/// The bit of a tag that says "below"; the others are the trial's place among its density's observations.
pub(super) const BELOW: u32 = 1 << 31;
/// More newcomers than this are sorted with all others.
const MOST_INSERTED: usize = 16;

/// Which trials count, what changed since the last suggestion, and their orders.
///
/// The orders are a function of the columns and members alone: what was kept is checked while it is read, and sorted
/// anew when it belongs to another history.
#[derive(Debug, Default)]
pub(super) struct Orders {
    members: Vec<u32>,
    added: Vec<u32>,
    removed: bool,
    /// By place: whether it is a member.
    is_member: Vec<bool>,
    by_dimension: Vec<Order>,
}

impl Orders {
    /// Takes the places that count from now on, rising.
    pub(super) fn take(&mut self, members: Vec<u32>, trials: usize) {
        self.is_member.clear();
        self.is_member.resize(trials, false);
        for &place in &self.members {
            if let Some(is_member) = self.is_member.get_mut(place as usize) {
                *is_member = true;
            }
        }
        self.added.clear();
        self.added.extend(members.iter().filter(|place| !self.is_member[**place as usize]));
        self.removed = self.members.len() + self.added.len() != members.len();
        if self.removed {
            self.is_member.fill(false);
        }
        members.iter().for_each(|place| self.is_member[*place as usize] = true);
        self.members = members;
    }

    /// Brings the order of one dimension up to date and deals it to two densities, as the trials' tags say. Every
    /// suggestion asks for the same dimensions, or what was kept is of no use.
    pub(super) fn deal(
        &mut self,
        dimension: usize,
        column: &[f64],
        tags: &[u32],
        below: &mut Sorted,
        above: &mut Sorted,
    ) {
        if self.by_dimension.len() <= dimension {
            self.by_dimension.resize_with(dimension + 1, Order::default);
        }
        let order = &mut self.by_dimension[dimension];
        let has = |place: &u32| column[*place as usize].is_finite();
        let n = self.members.iter().filter(|place| has(place)).count();
        if self.removed {
            order.places.retain(|place| self.is_member.get(*place as usize).is_some_and(|is| *is));
        }
        if self.added.len() <= MOST_INSERTED {
            self.added.iter().filter(|place| has(place)).for_each(|place| order.insert(*place, column));
        }
        if order.places.len() != n || !order.deal(column, tags, below, above) {
            order.sort(self.members.iter().filter(|place| has(place)), column);
            order.deal(column, tags, below, above);
        }
    }
}

/// Observations in rising order, each with its place in time.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    pub(super) x: Vec<f64>,
    pub(super) place: Vec<u32>,
}

impl Sorted {
    pub(super) fn clear(&mut self) {
        self.x.clear();
        self.place.clear();
    }

    pub(super) fn push(&mut self, x: f64, place: u32) {
        self.x.push(x);
        self.place.push(place);
    }

    /// Moves what lies outside a range to its ends: a resumed study may have had a wider one.
    pub(super) fn clamp(&mut self, low: f64, high: f64) {
        if self.x.first().is_some_and(|x| *x < low) || self.x.last().is_some_and(|x| *x > high) {
            self.x.iter_mut().for_each(|x| *x = x.clamp(low, high));
        }
    }

    /// These numbers, given in order of time.
    #[cfg(test)]
    pub(super) fn of(numbers: &[f64]) -> Self {
        let mut order = Order::default();
        order.sort((0..numbers.len() as u32).collect::<Vec<_>>().iter(), numbers);
        Self { x: order.places.iter().map(|place| numbers[*place as usize]).collect(), place: order.places }
    }
}

/// Places by rising coordinate; of equals the earlier first.
#[derive(Debug, Default)]
struct Order {
    places: Vec<u32>,
}

impl Order {
    fn insert(&mut self, place: u32, column: &[f64]) {
        let own = (key(column[place as usize]), place);
        // What is kept may be of another, longer history; the check that follows finds out.
        let key_of = |other: u32| (column.get(other as usize).map_or(u64::MAX, |x| key(*x)), other);
        let at = self.places.partition_point(|&other| key_of(other) < own);
        self.places.insert(at, place);
    }

    /// Sorts anew. One whole number of bits and place is sorted several times faster than a pair is compared.
    fn sort<'a>(&mut self, members: impl Iterator<Item = &'a u32>, column: &[f64]) {
        let key = |place: &u32| u128::from(key(column[*place as usize])) << 32 | u128::from(*place);
        let mut keys: Vec<u128> = members.map(key).collect();
        keys.sort_unstable();
        self.places.clear();
        self.places.extend(keys.into_iter().map(|key| key as u32));
    }

    /// Deals the places in order to two densities; false when what was kept is not in order, or twice.
    fn deal(&self, column: &[f64], tags: &[u32], below: &mut Sorted, above: &mut Sorted) -> bool {
        below.clear();
        above.clear();
        let mut last = (f64::NEG_INFINITY, 0);
        let mut first = true;
        for &place in &self.places {
            let (Some(&x), Some(&tag)) = (column.get(place as usize), tags.get(place as usize)) else {
                return false;
            };
            let rises = x > last.0 || (x == last.0 && (place > last.1 || first));
            if !rises {
                return false;
            }
            (last, first) = ((x, place), false);
            if tag & BELOW == 0 {
                above.push(x, tag);
            } else if tag != NOWHERE {
                below.push(x, tag & !BELOW);
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::{BELOW, NOWHERE, Orders, Sorted};
    use proptest::prelude::*;
    use tunesmith_core::{Generator, Seed};

    /// What dealing must give, by a plain sort.
    fn plain(members: &[u32], column: &[f64], tags: &[u32], below: bool) -> (Vec<f64>, Vec<u32>) {
        let mut found: Vec<u32> =
            members.iter().copied().filter(|place| column[*place as usize].is_finite()).collect();
        found.sort_by(|a, b| column[*a as usize].total_cmp(&column[*b as usize]).then(a.cmp(b)));
        let wanted = |place: &u32| {
            let tag = tags[*place as usize];
            tag != NOWHERE && (tag & BELOW != 0) == below
        };
        let found: Vec<u32> = found.into_iter().filter(wanted).collect();
        let x = found.iter().map(|place| column[*place as usize]).collect();
        (x, found.iter().map(|place| tags[*place as usize] & !BELOW).collect())
    }

    fn column(n: usize, generator: &mut Generator) -> Vec<f64> {
        let draw = |generator: &mut Generator| match generator.below(10) {
            0 => f64::NAN,
            1 => 3.0,
            _ => generator.normal(),
        };
        (0..n).map(|_| draw(generator)).collect()
    }

    proptest! {
        /// Trials come, go and change between suggestions, or another study has its turn: nobody can tell from the answer.
        #[test]
        fn what_was_kept_changes_nothing(seed in any::<u64>()) {
            let mut generator = Seed::new(seed).generator();
            let mut orders = Orders::default();
            let mut columns = column(40, &mut generator);
            for _ in 0..12 {
                match generator.below(5) {
                    0 => columns = column(1 + generator.below(60), &mut generator),
                    1 => {
                        let place = generator.below(columns.len());
                        columns[place] = generator.normal();
                    }
                    _ => columns.extend(column(generator.below(25), &mut generator)),
                }
                let share = generator.uniform();
                let members: Vec<u32> =
                    (0..columns.len() as u32).filter(|_| generator.chance(1.0 - 0.3 * share)).collect();
                let tags: Vec<u32> = (0..columns.len() as u32)
                    .map(|i| [i, i | BELOW, NOWHERE][generator.below(3)])
                    .collect();
                orders.take(members.clone(), columns.len());
                let (mut below, mut above) = (Sorted::default(), Sorted::default());
                orders.deal(2, &columns, &tags, &mut below, &mut above);
                prop_assert_eq!((below.x, below.place), plain(&members, &columns, &tags, true));
                prop_assert_eq!((above.x, above.place), plain(&members, &columns, &tags, false));
            }
        }
    }
}
