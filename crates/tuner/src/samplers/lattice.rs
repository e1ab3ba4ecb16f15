//! `Lattice`: every combination of a discrete space by number, with its conditions, without writing them down.

use std::collections::BTreeMap;

use tunesmith_core::{Condition, Dimension, Domain, Params, Space, Value};

/// A dimension that conditions name is looked at value by value; one with more values is too much for that.
const MOST_VALUES: u64 = 1 << 16;
/// So many different situations (dimension, conditions that hold) are counted at most.
const MOST_SITUATIONS: usize = 1 << 16;

/// The combinations of a space, numbered in order of its dimensions, the last one fastest.
///
/// Combinations are counted as a tree: what exists below a dimension depends only on the conditions that hold and that
/// a later dimension asks for, so equal situations are counted once.
#[derive(Debug)]
pub(super) struct Lattice<'a> {
    dimensions: Vec<Level<'a>>,
    /// How many combinations the dimensions from one on have, by dimension and conditions that hold.
    counts: BTreeMap<(usize, u128), u64>,
}

/// One dimension of a lattice.
#[derive(Debug)]
struct Level<'a> {
    dimension: &'a Dimension,
    values: Values,
    /// The conditions it exists under, as bits.
    when: u128,
    /// The conditions that are asked of this or a later dimension.
    asked: u128,
    /// Which conditions each of its values fulfils; empty when none is about this dimension.
    fulfils: Vec<u128>,
}

/// The values a dimension has on the lattice.
#[derive(Clone, Copy, Debug)]
enum Values {
    /// All of a discrete domain.
    All(u64),
    /// So many of a continuous range, evenly from end to end.
    Even(u64),
    /// Whatever the caller likes: a continuous range that is left out.
    Free,
}

impl Values {
    fn count(self) -> u64 {
        match self {
            Self::All(n) | Self::Even(n) => n,
            Self::Free => 1,
        }
    }
}

impl<'a> Lattice<'a> {
    /// The lattice of a space; a continuous range has so many values, or is left to whoever takes a combination.
    /// `None` when there are more combinations than a number tells apart, or conditions hang together in too many ways.
    pub(super) fn new(space: &'a Space, points: Option<u64>) -> Option<Self> {
        let mut conditions: Vec<&Condition> = Vec::new();
        for condition in space.dimensions().iter().flat_map(|dimension| &dimension.when) {
            if !conditions.contains(&condition) {
                conditions.push(condition);
            }
        }
        if conditions.len() > u128::BITS as usize {
            return None;
        }
        let bits = |holds: &dyn Fn(&Condition) -> bool| {
            let holding = conditions.iter().enumerate().filter(|(_, condition)| holds(condition));
            holding.fold(0_u128, |bits, (place, _)| bits | 1 << place)
        };
        let mut dimensions = Vec::with_capacity(space.len());
        for dimension in space.dimensions() {
            let values = match (dimension.domain.size(), points) {
                (Some(n), _) => Values::All(n),
                (None, Some(points)) => Values::Even(points),
                (None, None) => Values::Free,
            };
            let mut fulfils = Vec::new();
            if conditions.iter().any(|condition| condition.key == dimension.key) {
                if values.count() > MOST_VALUES || matches!(values, Values::Free) {
                    return None;
                }
                let mut params = Params::new();
                for place in 0..values.count() {
                    params.insert(dimension.key.clone(), value(&dimension.domain, values, place));
                    fulfils.push(bits(&|condition| condition.holds(&params)));
                }
            }
            let when = bits(&|condition| dimension.when.contains(condition));
            dimensions.push(Level { dimension, values, when, asked: 0, fulfils });
        }
        let mut asked = 0;
        for level in dimensions.iter_mut().rev() {
            asked |= level.when;
            level.asked = asked;
        }
        let mut lattice = Self { dimensions, counts: BTreeMap::new() };
        let mut counts = BTreeMap::new();
        lattice.count(0, 0, &mut counts)?;
        lattice.counts = counts;
        Some(lattice)
    }

    /// How many combinations there are, at least one.
    pub(super) fn size(&self) -> u64 {
        self.below(0, 0)
    }

    /// The combination of that number; `free` chooses what the lattice leaves open.
    pub(super) fn at(&self, mut number: u64, mut free: impl FnMut(&Dimension) -> Value) -> Params {
        let mut params = Params::new();
        let mut holding = 0_u128;
        for (i, level) in self.dimensions.iter().enumerate() {
            if level.when & holding != level.when {
                continue;
            }
            let mut place = 0;
            if level.fulfils.is_empty() {
                let each = self.below(i + 1, holding);
                (place, number) = (number / each, number % each);
            } else {
                loop {
                    let below = self.below(i + 1, holding | level.fulfils[place as usize]);
                    if number < below {
                        break;
                    }
                    number -= below;
                    place += 1;
                }
                holding |= level.fulfils[place as usize];
            }
            let domain = &level.dimension.domain;
            let value = match level.values {
                Values::Free => free(level.dimension),
                values => value(domain, values, place),
            };
            params.insert(level.dimension.key.clone(), value);
        }
        params
    }

    /// The number of a combination; `None` for settings that are not on the lattice, and where it leaves one open.
    pub(super) fn number(&self, params: &Params) -> Option<u64> {
        let mut number = 0;
        let mut holding = 0_u128;
        let mut found = 0;
        for (i, level) in self.dimensions.iter().enumerate() {
            if level.when & holding != level.when {
                continue;
            }
            let place = place(&level.dimension.domain, level.values, params.get(&level.dimension.key)?)?;
            found += 1;
            if level.fulfils.is_empty() {
                number += place * self.below(i + 1, holding);
            } else {
                let before = &level.fulfils[..place as usize];
                number += before.iter().map(|fulfils| self.below(i + 1, holding | fulfils)).sum::<u64>();
                holding |= level.fulfils[place as usize];
            }
        }
        (found == params.len()).then_some(number)
    }

    /// The combinations of the dimensions from `i` on.
    fn below(&self, i: usize, holding: u128) -> u64 {
        let asked = self.dimensions.get(i).map_or(0, |level| level.asked);
        self.counts[&(i, holding & asked)]
    }

    fn count(&self, i: usize, holding: u128, counts: &mut BTreeMap<(usize, u128), u64>) -> Option<u64> {
        let Some(level) = self.dimensions.get(i) else {
            counts.insert((i, 0), 1);
            return Some(1);
        };
        let holding = holding & level.asked;
        if let Some(known) = counts.get(&(i, holding)) {
            return Some(*known);
        }
        if counts.len() > MOST_SITUATIONS {
            return None;
        }
        let count = if level.when & holding != level.when {
            self.count(i + 1, holding, counts)?
        } else if level.fulfils.is_empty() {
            level.values.count().checked_mul(self.count(i + 1, holding, counts)?)?
        } else {
            let mut sum = 0_u64;
            for fulfils in &level.fulfils {
                sum = sum.checked_add(self.count(i + 1, holding | fulfils, counts)?)?;
            }
            sum
        };
        counts.insert((i, holding), count);
        Some(count)
    }
}

/// The value at a place of a dimension.
fn value(domain: &Domain, values: Values, place: u64) -> Value {
    match (domain, values) {
        (Domain::Int { low, step, .. }, _) => Value::Int(low + place as i64 * step),
        (Domain::Choice { options }, _) => options[place as usize].clone(),
        (Domain::Float { low, step: Some(step), .. }, _) => domain.at_coordinate(low + place as f64 * step),
        (_, Values::Even(n)) if n > 1 => {
            let (low, high) = domain.bounds();
            domain.at_coordinate(low + (high - low) * (place as f64 / (n - 1) as f64))
        }
        _ => domain.place(0.5),
    }
}

/// The place of a value; `None` when it is none of the lattice's.
fn place(domain: &Domain, values: Values, found: &Value) -> Option<u64> {
    let place = match (domain, values) {
        (_, Values::Free) => return None,
        (Domain::Int { low, step, .. }, _) => {
            u64::try_from(found.as_i64()?.checked_sub(*low)? / step).ok()?
        }
        (Domain::Choice { options }, _) => options.iter().position(|option| option.same(found))? as u64,
        (Domain::Float { low, step: Some(step), .. }, _) => ((found.as_f64()? - low) / step).round() as u64,
        (_, Values::Even(n)) => {
            let (low, high) = domain.bounds();
            ((domain.coordinate(found)? - low) / (high - low) * (n - 1) as f64).round() as u64
        }
        _ => 0,
    };
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(b.abs());
    let known = (place < values.count()).then(|| value(domain, values, place))?;
    let same = match (known.as_f64(), found.as_f64()) {
        (Some(known), Some(found)) if matches!(domain, Domain::Float { .. }) => near(known, found),
        _ => known.same(found),
    };
    same.then_some(place)
}

#[cfg(test)]
mod tests {
    use super::Lattice;
    use crate::conform::random_space;
    use proptest::prelude::*;
    use tunesmith_core::{Condition, Dimension, Domain, Params, Scale, Seed, Space, Test, Value};

    /// A number in the middle, for what a lattice leaves open.
    fn middle(dimension: &Dimension) -> Value {
        dimension.domain.place(0.5)
    }

    proptest! {
        #[test]
        fn numbers_and_combinations_are_one_to_one(seed in any::<u64>(), points in 1_u64..5, share in 0.0..1.0) {
            let space = random_space(&mut Seed::new(seed).generator());
            let Some(lattice) = Lattice::new(&space, Some(points)) else { return Ok(()) };
            let number = ((lattice.size() as f64 * share) as u64).min(lattice.size() - 1);
            let params = lattice.at(number, middle);
            prop_assert_eq!(space.check(&params), Ok(()));
            prop_assert_eq!(lattice.number(&params), Some(number));
        }

        #[test]
        fn small_spaces_are_walked_whole(seed in any::<u64>()) {
            let space = random_space(&mut Seed::new(seed).generator());
            let Some(lattice) = Lattice::new(&space, Some(2)).filter(|lattice| lattice.size() < 3000) else {
                return Ok(());
            };
            let mut all: Vec<String> = (0..lattice.size()).map(|i| format!("{:?}", lattice.at(i, middle))).collect();
            all.sort();
            all.dedup();
            prop_assert_eq!(all.len() as u64, lattice.size());
        }
    }

    #[test]
    fn copies_under_a_count_are_counted_by_branch() {
        let mut space = Space::new().with("layers", Domain::int(1, 3, Scale::Linear, 1).unwrap());
        for copy in 1..=3 {
            space.push(Dimension {
                key: format!("units{copy}"),
                domain: Domain::int(1, 10, Scale::Linear, 1).unwrap(),
                when: vec![Condition { key: "layers".into(), test: Test::AtLeast(copy) }],
            });
        }
        assert_eq!(Lattice::new(&space, None).unwrap().size(), 10 + 100 + 1000);
    }

    #[test]
    fn a_continuous_range_is_even_from_end_to_end_or_left_open() {
        let space = Space::new()
            .with("lr", Domain::float(1e-4, 1.0, Scale::Log, None).unwrap())
            .with("nesterov", Domain::switch());
        let lattice = Lattice::new(&space, Some(3)).unwrap();
        let rates: Vec<f64> =
            (0..6).step_by(2).map(|i| lattice.at(i, middle)["lr"].as_f64().unwrap()).collect();
        assert_eq!((rates[0], rates[2]), (1e-4, 1.0));
        assert!((rates[1] - 1e-2).abs() < 1e-12);
        let open = Lattice::new(&space, None).unwrap();
        assert_eq!(open.size(), 2);
        let params: Params = [("lr".to_owned(), 0.5.into()), ("nesterov".to_owned(), true.into())].into();
        assert_eq!(open.number(&params), None);
    }

    #[test]
    fn too_many_combinations_are_not_counted() {
        let wide = |space: Space, i| {
            space.with(&format!("x{i}"), Domain::int(0, 1 << 40, Scale::Linear, 1).unwrap())
        };
        assert!(Lattice::new(&(0..2).fold(Space::new(), wide), None).is_none());
        // Forty switches with a child each, all switches first: 2^40 situations.
        let mut space = (0..40).fold(Space::new(), |space, i| space.with(&format!("s{i}"), Domain::switch()));
        for i in 0..40 {
            space = space.with_child(&format!("child{i}"), Domain::switch(), &format!("s{i}"), true);
        }
        assert!(Lattice::new(&space, None).is_none());
    }
}
