//! Four small problems every rule should make headway on, with their gradients.

use tunesmith_core::Generator;

/// A function to be minimised.
#[derive(Clone, Copy, Debug)]
pub struct Problem {
    /// Its name.
    pub name: &'static str,
    /// Where to start.
    pub start: &'static [f64],
    /// The value there must be at most this, after `steps` steps, for a rule to have passed.
    pub goal: f64,
    /// How many steps a rule has.
    pub steps: usize,
    /// The function.
    pub value: fn(&[f64]) -> f64,
    /// Writes the gradient; the generator is for noise.
    pub gradient: fn(&[f64], &mut [f64], &mut Generator),
    /// Whether there is noise on the gradient.
    pub noisy: bool,
}

/// The four problems.
///
/// ```
/// use tunesmith_optim::problems::all;
/// let parabola = &all()[0];
/// let (mut x, mut gradient) = (parabola.start.to_vec(), vec![0.0; parabola.start.len()]);
/// let mut generator = tunesmith_core::Seed::new(0).generator();
/// for _ in 0..1000 {
///     (parabola.gradient)(&x, &mut gradient, &mut generator);
///     x.iter_mut().zip(&gradient).for_each(|(x, g)| *x -= 0.01 * g);
/// }
/// assert!((parabola.value)(&x) < parabola.goal);
/// ```
#[must_use]
pub fn all() -> [Problem; 4] {
    [PARABOLA, ROSENBROCK, SADDLE, NOISY_VALLEY]
}

/// A parabola whose axes differ by a factor of 100; at first its value is 56.
pub const PARABOLA: Problem = Problem {
    name: "parabola",
    start: &[1.0, -1.0, 1.0],
    goal: 0.5,
    steps: 1000,
    value: |x| CURVATURES.iter().zip(x).map(|(c, x)| c * x * x / 2.0).sum(),
    gradient: |x, gradient, _| {
        for i in 0..3 {
            gradient[i] = CURVATURES[i] * x[i];
        }
    },
    noisy: false,
};
const CURVATURES: [f64; 3] = [1.0, 10.0, 100.0];

/// The banana-shaped valley of Rosenbrock (1960), a hundredth of it; at first its value is 0.24.
pub const ROSENBROCK: Problem = Problem {
    name: "rosenbrock",
    start: &[-1.2, 1.0],
    goal: 0.03,
    steps: 3000,
    value: |x| 0.01 * ((1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0] * x[0]).powi(2)),
    gradient: |x, gradient, _| {
        let off = x[1] - x[0] * x[0];
        gradient[0] = 0.01 * (-2.0 * (1.0 - x[0]) - 400.0 * x[0] * off);
        gradient[1] = 0.01 * 200.0 * off;
    },
    noisy: false,
};

/// A saddle of value 0 between two minima of value -0.5; it starts a hair beside the ridge.
pub const SADDLE: Problem = Problem {
    name: "saddle",
    start: &[1.0, 1e-3],
    goal: -0.4,
    steps: 1000,
    value: |x| x[0] * x[0] - x[1] * x[1] + x[1].powi(4) / 2.0,
    gradient: |x, gradient, _| {
        gradient[0] = 2.0 * x[0];
        gradient[1] = -2.0 * x[1] + 2.0 * x[1].powi(3);
    },
    noisy: false,
};

/// A valley 30 times as steep as it is long, with normal noise of deviation 1 on the gradient; at first its value is
/// 15.5.
pub const NOISY_VALLEY: Problem = Problem {
    name: "noisy valley",
    start: &[1.0, 1.0],
    goal: 0.5,
    steps: 2000,
    value: |x| (x[0] * x[0] + 30.0 * x[1] * x[1]) / 2.0,
    gradient: |x, gradient, generator| {
        gradient[0] = x[0] + generator.normal();
        gradient[1] = 30.0 * x[1] + generator.normal();
    },
    noisy: true,
};
