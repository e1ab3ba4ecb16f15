//! Exploring from given settings: a step up, a step down, or a new draw.

use tunesmith_core::{Dimension, Domain, Generator, Params, Scale, Space, Value};

/// How a step changes a number, up or down.
const UP: f64 = 1.2;
const DOWN: f64 = 0.8;

/// Settings near those given: each is drawn anew with probability `resample`; else a number is multiplied by 1.2 or 0.8
/// (its distance to one, where the range walks that by ratios) and a choice stays. Settings that are not `free` stay.
pub(super) fn explore(
    space: &Space,
    settings: &Params,
    resample: f64,
    free: impl Fn(&str) -> bool,
    generator: &mut Generator,
) -> Params {
    space.complete(|dimension| {
        // As many draws for each dimension, so that what one becomes does not hang on the others.
        let (anew, place, up) = (generator.chance(resample), generator.uniform(), generator.chance(0.5));
        let old = settings.get(&dimension.key).filter(|old| dimension.domain.contains(old));
        match old {
            Some(old) if !free(&dimension.key) => old.clone(),
            Some(old) if !anew => step(dimension, old.as_f64(), up).unwrap_or_else(|| old.clone()),
            _ => dimension.domain.place(place),
        }
    })
}

/// The number one step away, within its range; nothing for choices.
fn step(dimension: &Dimension, old: Option<f64>, up: bool) -> Option<Value> {
    let (low, high, scale, grid) = match &dimension.domain {
        Domain::Float { low, high, scale, step } => (*low, *high, *scale, step.unwrap_or(0.0)),
        Domain::Int { low, high, scale, step } => (*low as f64, *high as f64, *scale, *step as f64),
        _ => return None,
    };
    let (old, factor) = (old?, if up { UP } else { DOWN });
    let product = match scale {
        Scale::ReverseLog => 1.0 - (1.0 - old) * factor,
        _ => old * factor,
    };
    // On a grid at least to the next place.
    let new = if (product - old).abs() < grid { old + grid * (product - old).signum() } else { product };
    Some(dimension.domain.at_coordinate(scale.warp(new.clamp(low, high))))
}

#[cfg(test)]
mod tests {
    use super::explore;
    use crate::conform::random_space;
    use proptest::prelude::*;
    use tunesmith_core::{Domain, Scale, Seed, Space};

    proptest! {
        #[test]
        fn what_is_explored_lies_in_the_space(seed in any::<u64>(), resample in 0.0..1.0) {
            let mut generator = Seed::new(seed).generator();
            let space = random_space(&mut generator);
            let from = space.complete(|dimension| dimension.domain.place(generator.uniform()));
            let to = explore(&space, &from, resample, |_| true, &mut generator);
            prop_assert!(space.check(&to).is_ok());
            prop_assert_eq!(explore(&space, &from, 1.0, |_| false, &mut generator), from);
        }
    }

    #[test]
    fn numbers_go_a_step_up_or_down() {
        let space = Space::new()
            .with("lr", Domain::float(1e-5, 1.0, Scale::Log, None).unwrap())
            .with("beta", Domain::float(0.5, 0.999, Scale::ReverseLog, None).unwrap())
            .with("depth", Domain::int(1, 10, Scale::Linear, 1).unwrap());
        let from = [
            ("lr".into(), 0.1.into()),
            ("beta".into(), 0.9.into()),
            ("depth".into(), tunesmith_core::Value::Int(2)),
        ]
        .into();
        for seed in 0..20 {
            let to = explore(&space, &from, 0.0, |_| true, &mut Seed::new(seed).generator());
            let near = |key: &str, ends: [f64; 2]| {
                let x = to[key].as_f64().unwrap();
                assert!(ends.iter().any(|end| (x - end).abs() < 1e-12), "{key} = {x}");
            };
            near("lr", [0.08, 0.12]);
            near("beta", [0.88, 0.92]);
            near("depth", [1.0, 3.0]);
        }
    }
}
