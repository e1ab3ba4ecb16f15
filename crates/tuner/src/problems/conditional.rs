//! Conditional problems: dimensions that exist only under conditions.

use tunesmith_core::{Condition, Dimension, Params, Space, Test};

use super::{Problem, choice, float, int, log, log_int, read, reverse_log, square, word};

/// The better branch has more dimensions, so its average is worse: a sampler that averages branches is misled.
pub(super) const CONDITIONAL: Problem = Problem::new("conditional", conditional_space, conditional, 0.0);

/// A net of one to four layers, each with a width of its own, and two optimizers with rates of their own: the better one
/// wants rate and momentum to fit each other.
pub(super) const NETWORK: Problem = Problem::new("network", network_space, network, 0.0);

fn conditional_space() -> Space {
    Space::new()
        .with("optimizer", choice(["adam", "sgd"]))
        .with_child("adam.rate", float(0.0, 1.0), "optimizer", "adam")
        .with_child("sgd.rate", float(0.0, 1.0), "optimizer", "sgd")
        .with_child("sgd.momentum", float(0.0, 1.0), "optimizer", "sgd")
}

fn conditional(params: &Params) -> f64 {
    match word(params, "optimizer") {
        "adam" => square(read(params, "adam.rate") - 0.3) + 0.1,
        _ => square(read(params, "sgd.rate") - 0.7) + square(read(params, "sgd.momentum") - 0.9),
    }
}

fn network_space() -> Space {
    let mut space = Space::new()
        .with("layers", int(1, 4))
        .with("activation", choice(["relu", "tanh", "gelu"]))
        .with("optimizer", choice(["adam", "sgd"]))
        .with_child("adam.lr", log(1e-6, 1e-1), "optimizer", "adam")
        .with_child("sgd.lr", log(1e-4, 10.0), "optimizer", "sgd")
        .with_child("sgd.momentum", reverse_log(0.5, 0.999), "optimizer", "sgd");
    for layer in 1..=4 {
        let when = vec![Condition { key: "layers".to_owned(), test: Test::AtLeast(layer) }];
        space.push(Dimension { key: format!("units{layer}"), domain: log_int(8, 512), when });
    }
    space
}

fn network(params: &Params) -> f64 {
    const SHALLOW: [f64; 4] = [0.5, 0.15, 0.0, 0.05];
    const WIDTHS: [f64; 4] = [256.0, 128.0, 32.0, 16.0];
    let layers = read(params, "layers") as usize;
    let widths: f64 = (0..layers)
        .map(|layer| square((read(params, &format!("units{}", layer + 1)) / WIDTHS[layer]).log2() / 3.0))
        .sum();
    let activation = match word(params, "activation") {
        "relu" => 0.04,
        "tanh" => 0.12,
        _ => 0.0,
    };
    let optimizer = match word(params, "optimizer") {
        "adam" => 0.03 + 0.2 * square((read(params, "adam.lr") / 1e-3).log10()),
        _ => {
            let rest = 1.0 - read(params, "sgd.momentum");
            let step = read(params, "sgd.lr") / rest;
            0.3 * square((step / 0.5).log10()) + 0.1 * square((rest / 0.05).log10())
        }
    };
    SHALLOW[layers - 1] + widths / layers as f64 + activation + optimizer
}
