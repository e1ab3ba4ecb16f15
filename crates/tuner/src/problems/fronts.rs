//! Test problems with several losses whose best volume is known.

use std::f64::consts::PI;

use tunesmith_core::{Params, Space};

use super::{cube, vector};

/// A function of settings with several losses, all to be made small.
///
/// ```
/// use tunesmith_tuner::problems;
/// for problem in problems::fronts() {
///     let params = (problem.space)().complete(|d| d.domain.place(0.5));
///     assert_eq!((problem.losses)(&params).len(), problem.objectives);
/// }
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct FrontProblem {
    /// Its name.
    pub name: &'static str,
    /// Its settings.
    pub space: fn() -> Space,
    /// Its losses.
    pub losses: fn(&Params) -> Vec<f64>,
    /// How many losses it has.
    pub objectives: usize,
    /// The volume between the best front and the point at 1.1 in every loss.
    pub volume: f64,
}

/// The problems with several losses: ZDT1 to 3 in 30 dimensions (Zitzler, Deb & Thiele 2000, Evolutionary Computation
/// 8), and DTLZ2 with three losses in 12 dimensions (Deb et al. 2002).
#[must_use]
pub fn fronts() -> [FrontProblem; 4] {
    let problem = |name, losses, objectives, volume| FrontProblem {
        name,
        space: if objectives == 2 { zdt_space } else { dtlz_space },
        losses,
        objectives,
        volume,
    };
    [
        // 0.1 + the integral of the root of x, and 0.11 beside it.
        problem("zdt1", |p| zdt(p, |f, g| 1.0 - (f / g).sqrt()), 2, 0.1 + 2.0 / 3.0 + 0.11),
        problem("zdt2", |p| zdt(p, |f, g| 1.0 - (f / g).powi(2)), 2, 0.1 + 1.0 / 3.0 + 0.11),
        // Swept over ten million points of the curve.
        problem(
            "zdt3",
            |p| zdt(p, |f, g| 1.0 - (f / g).sqrt() - f / g * (10.0 * PI * f).sin()),
            2,
            1.331_763,
        ),
        // The cube without an eighth of the unit ball.
        problem("dtlz2", dtlz2, 3, 1.331 - PI / 6.0),
    ]
}

fn zdt_space() -> Space {
    cube(30, 0.0, 1.0)
}

fn zdt(params: &Params, h: fn(f64, f64) -> f64) -> Vec<f64> {
    let x = vector(params);
    let g = 1.0 + 9.0 * x[1..].iter().sum::<f64>() / (x.len() - 1) as f64;
    vec![x[0], g * h(x[0], g)]
}

fn dtlz_space() -> Space {
    cube(12, 0.0, 1.0)
}

fn dtlz2(params: &Params) -> Vec<f64> {
    let x = vector(params);
    let g: f64 = x[2..].iter().map(|x| (x - 0.5).powi(2)).sum();
    let (a, b) = (x[0] * PI / 2.0, x[1] * PI / 2.0);
    vec![(1.0 + g) * a.cos() * b.cos(), (1.0 + g) * a.cos() * b.sin(), (1.0 + g) * a.sin()]
}

#[cfg(test)]
mod tests {
    use super::fronts;
    use crate::pareto::hypervolume;
    use tunesmith_core::{Params, Value};

    #[test]
    fn volumes_are_those_of_the_best_fronts() {
        for problem in fronts() {
            let steps: usize = if problem.objectives == 2 { 100_000 } else { 60 };
            let at = |x: f64, y: f64| -> Params {
                let fixed = if problem.objectives == 2 { 0.0 } else { 0.5 };
                let value = |i| match (i, problem.objectives) {
                    (0, _) => x,
                    (1, 3) => y,
                    _ => fixed,
                };
                (problem.space)()
                    .dimensions()
                    .iter()
                    .enumerate()
                    .map(|(i, d)| (d.key.clone(), Value::Float(value(i))))
                    .collect()
            };
            let share = |i: usize| i as f64 / steps as f64;
            let points: Vec<Vec<f64>> = if problem.objectives == 2 {
                (0..=steps).map(|i| (problem.losses)(&at(share(i), 0.0))).collect()
            } else {
                let cells = (0..=steps).flat_map(|i| (0..=steps).map(move |j| (i, j)));
                cells.map(|(i, j)| (problem.losses)(&at(share(i), share(j)))).collect()
            };
            let volume = hypervolume(&points, &vec![1.1; problem.objectives]);
            // A finite set covers a little less: of a surface a coarser grid misses more.
            let missed = problem.volume - volume;
            let most = if problem.objectives == 2 { 3e-5 } else { 0.02 };
            assert!((-1e-6..most).contains(&missed), "{}: {volume}", problem.name);
        }
    }
}
