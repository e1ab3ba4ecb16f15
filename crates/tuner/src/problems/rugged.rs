//! Rugged problems: many minima, of which one is the least.

use std::f64::consts::{E, PI, TAU};

use tunesmith_core::Params;

use super::{Problem, cube, square, vector};

/// Ackley (1987): a funnel full of dents.
pub(super) const ACKLEY5: Problem =
    Problem::new("ackley5", || cube(5, -15.0, 30.0), |params| ackley(&vector(params)), 0.0);

/// Levy and Montalvo (1985).
pub(super) const LEVY8: Problem = Problem::new("levy8", || cube(8, -7.0, 13.0), levy, 0.0);

/// Levy and Montalvo (1985), in more dimensions.
pub(super) const LEVY20: Problem = Problem::new("levy20", || cube(20, -7.0, 13.0), levy, 0.0);

/// Rastrigin (1974): a bowl under a grid of dents.
pub(super) const RASTRIGIN6: Problem = Problem::new("rastrigin6", || cube(6, -3.2, 5.12), rastrigin, 0.0);

/// Styblinski and Tang (1990): two wells along each axis.
pub(super) const STYBLINSKI_TANG5: Problem =
    Problem::new("styblinski_tang5", || cube(5, -5.0, 5.0), styblinski_tang, -39.166_165_703_771_42 * 5.0);

/// Michalewicz (1992) with m = 10: narrow valleys between plains.
pub(super) const MICHALEWICZ5: Problem =
    Problem::new("michalewicz5", || cube(5, 0.0, PI), michalewicz, -4.687_658_179_088_149);

/// Shekel (1971) with seven wells; constants of Dixon & Szegő (1978).
pub(super) const SHEKEL7: Problem =
    Problem::new("shekel7", || cube(4, 0.0, 10.0), shekel7, -10.402_940_566_818_664);

/// Eggholder (Whitley et al. 1996): the least value lies on the edge, at (512, 404.2319).
pub(super) const EGGHOLDER: Problem =
    Problem::new("eggholder", || cube(2, -512.0, 512.0), eggholder, -959.640_662_720_851);

/// Of numbers whose best is zero; also used for mixed spaces.
pub(super) fn ackley(x: &[f64]) -> f64 {
    let mean = |f: fn(f64) -> f64| x.iter().copied().map(f).sum::<f64>() / x.len() as f64;
    let funnel = -20.0 * (-0.2 * mean(square).sqrt()).exp();
    let dents = -mean(|x| (TAU * x).cos()).exp();
    // At the optimum the four terms cancel up to rounding.
    (funnel + dents + 20.0 + E).max(0.0)
}

fn levy(params: &Params) -> f64 {
    let w: Vec<f64> = vector(params).into_iter().map(|x| 1.0 + (x - 1.0) / 4.0).collect();
    let last = w[w.len() - 1];
    let between: f64 =
        w[..w.len() - 1].iter().map(|w| square(w - 1.0) * (1.0 + 10.0 * square((PI * w + 1.0).sin()))).sum();
    square((PI * w[0]).sin()) + between + square(last - 1.0) * (1.0 + square((TAU * last).sin()))
}

fn rastrigin(params: &Params) -> f64 {
    vector(params).into_iter().map(|x| x * x - 10.0 * (TAU * x).cos() + 10.0).sum()
}

fn styblinski_tang(params: &Params) -> f64 {
    vector(params).into_iter().map(|x| (x.powi(4) - 16.0 * x * x + 5.0 * x) / 2.0).sum()
}

fn michalewicz(params: &Params) -> f64 {
    let terms = vector(params).into_iter().zip(1..);
    -terms.map(|(x, i)| x.sin() * (f64::from(i) * x * x / PI).sin().powi(20)).sum::<f64>()
}

fn shekel7(params: &Params) -> f64 {
    const CENTERS: [[f64; 4]; 7] = [
        [4.0, 4.0, 4.0, 4.0],
        [1.0, 1.0, 1.0, 1.0],
        [8.0, 8.0, 8.0, 8.0],
        [6.0, 6.0, 6.0, 6.0],
        [3.0, 7.0, 3.0, 7.0],
        [2.0, 9.0, 2.0, 9.0],
        [5.0, 5.0, 3.0, 3.0],
    ];
    const WIDTHS: [f64; 7] = [0.1, 0.2, 0.2, 0.4, 0.4, 0.6, 0.3];
    let x = vector(params);
    let well = |center: &[f64; 4]| x.iter().zip(center).map(|(x, c)| square(x - c)).sum::<f64>();
    -CENTERS.iter().zip(WIDTHS).map(|(center, width)| 1.0 / (well(center) + width)).sum::<f64>()
}

fn eggholder(params: &Params) -> f64 {
    let x = vector(params);
    let (x, y) = (x[0], x[1] + 47.0);
    -y * (x / 2.0 + y).abs().sqrt().sin() - x * (x - y).abs().sqrt().sin()
}
