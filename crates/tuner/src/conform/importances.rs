//! What every way to say what matters promises.

use tunesmith_core::{Entry, Seed, Table, all};

use super::{random_history, random_space};
use crate::Direction;
use crate::analysis::{Importance, ImportanceEntry};

/// Checks every linked importance on random studies: no panic on infinite values and values that are not numbers; one
/// finite number per dimension, none below zero; shares that add up to one; nothing for a dimension with a single value;
/// the same question gets the same answer.
///
/// ```
/// assert_eq!(tunesmith_tuner::conform::check_importances(20), Vec::<String>::new());
/// ```
#[must_use]
pub fn check_importances(histories: u64) -> Vec<String> {
    let mut wrong = Vec::new();
    for entry in all::<ImportanceEntry>() {
        let name = entry.meta().name;
        match entry.build(&Table::new(), name) {
            Err(error) => wrong.push(format!("{name}: its defaults are refused: {error}")),
            Ok(importance) => wrong.extend((0..histories).flat_map(|seed| {
                let found = check(&*importance, Seed::new(seed));
                found.into_iter().map(move |what| format!("{name}, history {seed}: {what}"))
            })),
        }
    }
    wrong
}

fn check(importance: &dyn Importance, seed: Seed) -> Vec<String> {
    let mut generator = seed.generator();
    let space = random_space(&mut generator);
    let n = [0, 1, 2, 5, 40, 120][generator.below(6)];
    let history = random_history(&space, Direction::Maximize, n, &mut generator);
    let found = importance.evaluate(&history);
    let mut wrong = Vec::new();
    let keys = space.dimensions().iter().map(|dimension| &dimension.key);
    if !keys.eq(found.iter().map(|dimension| &dimension.key)) {
        wrong.push("the dimensions are not those of the space, in its order".to_owned());
    }
    let sum: f64 = found.iter().map(|dimension| dimension.share).sum();
    if (sum - 1.0).abs() > 1e-9 {
        wrong.push(format!("the shares add up to {sum}"));
    }
    for (dimension, found) in space.dimensions().iter().zip(&found) {
        if !found.importance.is_finite() || found.importance < 0.0 {
            wrong.push(format!("`{}` has importance {}", found.key, found.importance));
        }
        if dimension.domain.size() == Some(1) && found.importance != 0.0 {
            wrong.push(format!("`{}` has a single value and matters by {}", found.key, found.importance));
        }
    }
    if found != importance.evaluate(&history) {
        wrong.push("the same question gets two answers".to_owned());
    }
    wrong
}
