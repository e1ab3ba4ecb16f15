//! Mixed problems: whole numbers, steps, scales and choices side by side.

use tunesmith_core::{Domain, Params, Scale, Space, Value};

use super::rugged::ackley;
use super::{Problem, choice, float, int, log, log_int, read, reverse_log, square, word};

/// One dimension of each kind, each with its own best place.
pub(super) const MIXED: Problem = Problem::new("mixed", mixed_space, mixed, 0.0);

/// A bowl over three real and three whole numbers, and three choices of five that cost one each unless they are right.
pub(super) const SPHERE_MIXED: Problem = Problem::new("sphere_mixed", sphere_mixed_space, sphere_mixed, 0.0);

/// Ackley over ten switches and three numbers, the switches' best pattern without order (after AckleyMixed of Wan et al.
/// 2021, "Think global and act local", which has fifty).
pub(super) const ACKLEY_MIXED: Problem = Problem::new("ackley_mixed", ackley_mixed_space, ackley_mixed, 0.0);

/// Boosted trees: how deep is best depends on how trees grow, and how many on the rate.
pub(super) const BOOSTING: Problem = Problem::new("boosting", boosting_space, boosting, 0.0);

fn mixed_space() -> Space {
    Space::new()
        .with("rate", log(1e-5, 1.0))
        .with("beta", reverse_log(0.5, 0.999))
        .with("units", log_int(16, 256))
        .with("layers", int(1, 5))
        .with("share", Domain::float(0.0, 0.5, Scale::Linear, Some(0.1)).expect("a range"))
        .with("kind", choice(["a", "b", "c", "d"]))
}

fn mixed(params: &Params) -> f64 {
    let kind = match word(params, "kind") {
        "c" => 0.0,
        "b" => 0.5,
        _ => 1.0,
    };
    square((read(params, "rate") / 1e-3).log10())
        + square(((1.0 - read(params, "beta")) / 0.01).log10())
        + square((read(params, "units") / 64.0).log2())
        + square(read(params, "layers") - 3.0) / 4.0
        + 10.0 * square(read(params, "share") - 0.2)
        + kind
}

fn sphere_mixed_space() -> Space {
    let numbers = (0..3).fold(Space::new(), |space, i| {
        space.with(&format!("x{i}"), float(-3.0, 7.0)).with(&format!("z{i}"), int(-4, 10))
    });
    (0..3).fold(numbers, |space, i| space.with(&format!("c{i}"), choice(["a", "b", "c", "d", "e"])))
}

fn sphere_mixed(params: &Params) -> f64 {
    const RIGHT: [&str; 3] = ["d", "a", "b"];
    (0..3)
        .map(|i| {
            let wrong = word(params, &format!("c{i}")) != RIGHT[i];
            square(read(params, &format!("x{i}")))
                + square(read(params, &format!("z{i}")))
                + f64::from(u8::from(wrong))
        })
        .sum()
}

fn ackley_mixed_space() -> Space {
    let switches = (0..10).fold(Space::new(), |space, i| space.with(&format!("s{i}"), Domain::switch()));
    (0..3).fold(switches, |space, i| space.with(&format!("x{i}"), float(-0.6, 1.4)))
}

fn ackley_mixed(params: &Params) -> f64 {
    const RIGHT: [bool; 10] = [true, false, false, true, true, true, false, true, false, false];
    let switches = (0..10).map(|i| {
        let wrong = params.get(&format!("s{i}")).and_then(Value::as_bool) != Some(RIGHT[i]);
        f64::from(u8::from(wrong))
    });
    let numbers = (0..3).map(|i| read(params, &format!("x{i}")));
    ackley(&switches.chain(numbers).collect::<Vec<f64>>())
}

fn boosting_space() -> Space {
    Space::new()
        .with("grow", choice(["depth", "leaf", "symmetric"]))
        .with("depth", int(2, 16))
        .with("rate", log(1e-3, 1.0))
        .with("rounds", Domain::int(50, 1000, Scale::Linear, 50).expect("a range"))
        .with("rows", Domain::float(0.5, 1.0, Scale::Linear, Some(0.05)).expect("a range"))
        .with("lambda", log(1e-4, 100.0))
        .with("columns", Domain::choice([0.3, 0.5, 0.7, 1.0]).expect("options"))
}

fn boosting(params: &Params) -> f64 {
    let (best_depth, penalty) = match word(params, "grow") {
        "leaf" => (11.0, 0.0),
        "depth" => (6.0, 0.05),
        _ => (8.0, 0.2),
    };
    let learned = read(params, "rate") * read(params, "rounds") / 20.0;
    let columns = read(params, "columns");
    // Deeper trees want more shrinkage of their leaves.
    let lambda = (read(params, "lambda") / 3.0).log10() - (read(params, "depth") - best_depth) / 6.0;
    penalty
        + square((read(params, "depth") - best_depth) / 5.0)
        + square(learned.log10())
        + 0.1 * square((read(params, "rate") / 0.05).log10())
        + 4.0 * square(read(params, "rows") - 0.8)
        + 0.1 * square(lambda)
        + square(columns - 0.7)
}
