//! Smooth problems: bowls and valleys with few minima.

use std::f64::consts::PI;

use tunesmith_core::{Params, Space};

use super::{Problem, cube, float, read, square, vector};

/// The optimum lies off the centre of the box: a sampler must not find it by starting in the middle.
pub(super) const SPHERE: Problem = Problem::new("sphere", || cube(5, -3.0, 7.0), sphere, 0.0);

/// Branin (1972); optimum as in Dixon & Szegő (1978).
pub(super) const BRANIN: Problem = Problem::new("branin", branin_space, branin, 0.397_887_357_729_738_16);

/// Hartmann (1973) in three dimensions; constants of Dixon & Szegő (1978).
pub(super) const HARTMANN3: Problem = Problem::new(
    "hartmann3",
    || cube(3, 0.0, 1.0),
    |params| hartmann3(&vector(params)),
    -3.862_779_787_332_663,
);

/// Hartmann (1973) in six dimensions; constants of Dixon & Szegő (1978).
pub(super) const HARTMANN6: Problem = Problem::new(
    "hartmann6",
    || cube(6, 0.0, 1.0),
    |params| hartmann6(&vector(params)),
    -3.322_368_011_415_515,
);

/// Six dimensions of forty matter: every seventh from the third on (after Wang et al. 2016, "Bayesian optimization in a
/// billion dimensions via random embeddings", JAIR 55).
pub(super) const HARTMANN6_IN_40: Problem =
    Problem::new("hartmann6_in_40", || cube(40, 0.0, 1.0), hartmann6_in_40, HARTMANN6.optimum);

/// Rosenbrock (1960): a curved valley.
pub(super) const ROSENBROCK5: Problem = Problem::new("rosenbrock5", || cube(5, -5.0, 10.0), rosenbrock, 0.0);

fn sphere(params: &Params) -> f64 {
    vector(params).into_iter().map(square).sum()
}

fn branin_space() -> Space {
    Space::new().with("x", float(-5.0, 10.0)).with("y", float(0.0, 15.0))
}

fn branin(params: &Params) -> f64 {
    let (x, y) = (read(params, "x"), read(params, "y"));
    let parabola = y - 5.1 / (4.0 * PI * PI) * x * x + 5.0 / PI * x - 6.0;
    parabola * parabola + 10.0 * (1.0 - 1.0 / (8.0 * PI)) * x.cos() + 10.0
}

const WEIGHTS: [f64; 4] = [1.0, 1.2, 3.0, 3.2];

/// Four wells: their sharpness along each axis, and where they lie.
fn wells<const N: usize>(x: &[f64], sharpness: &[[f64; N]; 4], centers: &[[f64; N]; 4]) -> f64 {
    let well = |k: usize| {
        let distance: f64 = (0..N).map(|i| sharpness[k][i] * square(x[i] - centers[k][i])).sum();
        WEIGHTS[k] * (-distance).exp()
    };
    -(0..4).map(well).sum::<f64>()
}

fn hartmann3(x: &[f64]) -> f64 {
    const SHARPNESS: [[f64; 3]; 4] =
        [[3.0, 10.0, 30.0], [0.1, 10.0, 35.0], [3.0, 10.0, 30.0], [0.1, 10.0, 35.0]];
    const CENTERS: [[f64; 3]; 4] = [
        [0.3689, 0.1170, 0.2673],
        [0.4699, 0.4387, 0.7470],
        [0.1091, 0.8732, 0.5547],
        [0.0381, 0.5743, 0.8828],
    ];
    wells(x, &SHARPNESS, &CENTERS)
}

fn hartmann6(x: &[f64]) -> f64 {
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
    wells(x, &SHARPNESS, &CENTERS)
}

fn hartmann6_in_40(params: &Params) -> f64 {
    let x = vector(params);
    let seen: Vec<f64> = (0..6).map(|i| x[2 + 7 * i]).collect();
    hartmann6(&seen)
}

fn rosenbrock(params: &Params) -> f64 {
    vector(params).windows(2).map(|x| 100.0 * square(x[1] - x[0] * x[0]) + square(1.0 - x[0])).sum()
}
