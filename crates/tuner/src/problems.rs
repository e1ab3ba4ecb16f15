//! Test problems with known optima, for comparing samplers: all are minimised.

use std::f64::consts::PI;

use tunesmith_core::{Domain, Params, Scale, Space, Value};

/// A function of settings whose least value is known.
///
/// ```
/// use tunesmith_core::Seed;
/// use tunesmith_tuner::problems;
/// let branin = &problems::all()[1];
/// let params = (branin.space)().complete(|d| d.domain.place(0.5));
/// assert!((branin.value)(&params) > branin.optimum);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Problem {
    /// Its name.
    pub name: &'static str,
    /// Its settings.
    pub space: fn() -> Space,
    /// Its value.
    pub value: fn(&Params) -> f64,
    /// The least value.
    pub optimum: f64,
}

/// The problems, from easy to hard.
#[must_use]
pub fn all() -> [Problem; 5] {
    [
        Problem { name: "sphere", space: sphere_space, value: sphere, optimum: 0.0 },
        Problem { name: "branin", space: branin_space, value: branin, optimum: 0.397_887_357_73 },
        Problem { name: "hartmann6", space: hartmann6_space, value: hartmann6, optimum: -3.322_368_011_42 },
        Problem { name: "mixed", space: mixed_space, value: mixed, optimum: 0.0 },
        Problem { name: "conditional", space: conditional_space, value: conditional, optimum: 0.0 },
    ]
}

fn float(low: f64, high: f64) -> Domain {
    Domain::float(low, high, Scale::Linear, None).expect("the problems' ranges are not empty")
}

fn read(params: &Params, key: &str) -> f64 {
    params.get(key).and_then(Value::as_f64).unwrap_or(f64::NAN)
}

/// The optimum lies off the centre of the box: a sampler must not find it by starting in the middle.
fn sphere_space() -> Space {
    (0..5).fold(Space::new(), |space, i| space.with(&format!("x{i}"), float(-3.0, 7.0)))
}

fn sphere(params: &Params) -> f64 {
    params.values().filter_map(Value::as_f64).map(|x| x * x).sum()
}

fn branin_space() -> Space {
    Space::new().with("x", float(-5.0, 10.0)).with("y", float(0.0, 15.0))
}

/// Branin (1972); optimum as in Dixon & Szegő (1978).
fn branin(params: &Params) -> f64 {
    let (x, y) = (read(params, "x"), read(params, "y"));
    let parabola = y - 5.1 / (4.0 * PI * PI) * x * x + 5.0 / PI * x - 6.0;
    parabola * parabola + 10.0 * (1.0 - 1.0 / (8.0 * PI)) * x.cos() + 10.0
}

fn hartmann6_space() -> Space {
    (0..6).fold(Space::new(), |space, i| space.with(&format!("x{i}"), float(0.0, 1.0)))
}

/// Hartmann (1973) in six dimensions; constants of Dixon & Szegő (1978).
fn hartmann6(params: &Params) -> f64 {
    const WEIGHTS: [f64; 4] = [1.0, 1.2, 3.0, 3.2];
    const SHARPNESS: [[f64; 6]; 4] = [
        [10.0, 3.0, 17.0, 3.5, 1.7, 8.0],
        [0.05, 10.0, 17.0, 0.1, 8.0, 14.0],
        [3.0, 3.5, 1.7, 10.0, 17.0, 8.0],
        [17.0, 8.0, 0.05, 10.0, 0.1, 14.0],
    ];
    const CENTERS: [[f64; 6]; 4] = [
        [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
        [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
        [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
        [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
    ];
    let x: Vec<f64> = (0..6).map(|i| read(params, &format!("x{i}"))).collect();
    let bump = |k: usize| {
        let distance: f64 = (0..6).map(|i| SHARPNESS[k][i] * (x[i] - CENTERS[k][i]).powi(2)).sum();
        WEIGHTS[k] * (-distance).exp()
    };
    -(0..4).map(bump).sum::<f64>()
}

fn mixed_space() -> Space {
    Space::new()
        .with("rate", Domain::float(1e-5, 1.0, Scale::Log, None).expect("a range"))
        .with("beta", Domain::float(0.5, 0.999, Scale::ReverseLog, None).expect("a range"))
        .with("units", Domain::int(16, 256, Scale::Log, 1).expect("a range"))
        .with("layers", Domain::int(1, 5, Scale::Linear, 1).expect("a range"))
        .with("share", Domain::float(0.0, 0.5, Scale::Linear, Some(0.1)).expect("a range"))
        .with("kind", Domain::choice(["a", "b", "c", "d"]).expect("options"))
}

/// One dimension of each kind, each with its own best place.
fn mixed(params: &Params) -> f64 {
    let kind = match params.get("kind").and_then(Value::as_str) {
        Some("c") => 0.0,
        Some("b") => 0.5,
        _ => 1.0,
    };
    (read(params, "rate") / 1e-3).log10().powi(2)
        + ((1.0 - read(params, "beta")) / 0.01).log10().powi(2)
        + (read(params, "units") / 64.0).log2().powi(2)
        + (read(params, "layers") - 3.0).powi(2) / 4.0
        + 10.0 * (read(params, "share") - 0.2).powi(2)
        + kind
}

fn conditional_space() -> Space {
    Space::new()
        .with("optimizer", Domain::choice(["adam", "sgd"]).expect("options"))
        .with_child("adam.rate", float(0.0, 1.0), "optimizer", "adam")
        .with_child("sgd.rate", float(0.0, 1.0), "optimizer", "sgd")
        .with_child("sgd.momentum", float(0.0, 1.0), "optimizer", "sgd")
}

/// The better branch has more dimensions, so its average is worse: a sampler that averages branches is misled.
fn conditional(params: &Params) -> f64 {
    match params.get("optimizer").and_then(Value::as_str) {
        Some("adam") => (read(params, "adam.rate") - 0.3).powi(2) + 0.1,
        _ => (read(params, "sgd.rate") - 0.7).powi(2) + (read(params, "sgd.momentum") - 0.9).powi(2),
    }
}

#[cfg(test)]
mod tests {
    use super::all;
    use tunesmith_core::{Params, Seed, Value};

    #[test]
    fn optima_are_where_the_literature_puts_them() {
        let params = |pairs: &[(&str, f64)]| -> Params {
            pairs.iter().map(|&(key, x)| (key.to_owned(), Value::Float(x))).collect()
        };
        let [_, branin, hartmann, ..] = all();
        let at = (branin.value)(&params(&[("x", PI_), ("y", 2.275)]));
        assert!((at - branin.optimum).abs() < 1e-6, "{at}");
        let x = [0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573];
        let keys = ["x0", "x1", "x2", "x3", "x4", "x5"];
        let at = (hartmann.value)(&params(&keys.into_iter().zip(x).collect::<Vec<_>>()));
        assert!((at - hartmann.optimum).abs() < 1e-6, "{at}");
    }
    const PI_: f64 = std::f64::consts::PI;

    #[test]
    fn nothing_is_below_an_optimum() {
        for problem in all() {
            let mut generator = Seed::new(4).generator();
            for _ in 0..2000 {
                let params = (problem.space)().complete(|d| d.domain.place(generator.uniform()));
                assert!((problem.value)(&params) >= problem.optimum, "{} at {params:?}", problem.name);
            }
        }
    }
}
