//! Test problems with known optima, for comparing samplers: all are minimised.
//!
//! No optimum lies at the centre of its box, where a sampler might begin.

mod conditional;
mod fronts;
mod mixed;
mod rugged;
mod smooth;
mod training;

pub use fronts::{FrontProblem, fronts};
use tunesmith_core::{Domain, Generator, Params, Scale, Space, Value};

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
#[non_exhaustive]
pub struct Problem {
    /// Its name.
    pub name: &'static str,
    /// Its settings.
    pub space: fn() -> Space,
    /// Its value; not a number where a training would diverge.
    pub value: fn(&Params) -> f64,
    /// The least value.
    pub optimum: f64,
    /// The standard deviation of the normal noise on what is observed of the value; 0 for most.
    pub noise: f64,
    /// Whether it is kept for a last check: not to be looked at while constants of samplers are chosen.
    pub held_out: bool,
}

impl Problem {
    const fn new(name: &'static str, space: fn() -> Space, value: fn(&Params) -> f64, optimum: f64) -> Self {
        Self { name, space, value, optimum, noise: 0.0, held_out: false }
    }

    /// The same under another name, observed through normal noise of that standard deviation.
    const fn noisy(self, name: &'static str, noise: f64) -> Self {
        Self { name, noise, ..self }
    }

    const fn held_out(self) -> Self {
        Self { held_out: true, ..self }
    }

    /// The value as a trial sees it, with noise where the problem has any.
    ///
    /// ```
    /// use tunesmith_core::Seed;
    /// use tunesmith_tuner::problems;
    /// let noisy = problems::all().iter().find(|problem| problem.noise > 0.0).unwrap();
    /// let params = (noisy.space)().complete(|d| d.domain.place(0.5));
    /// let mut generator = Seed::new(0).generator();
    /// assert_ne!(noisy.observe(&params, &mut generator), noisy.observe(&params, &mut generator));
    /// ```
    #[must_use]
    pub fn observe(&self, params: &Params, generator: &mut Generator) -> f64 {
        let value = (self.value)(params);
        if self.noise > 0.0 { value + self.noise * generator.normal() } else { value }
    }
}

const ALL: [Problem; 25] = [
    smooth::SPHERE,
    smooth::BRANIN,
    smooth::HARTMANN6,
    mixed::MIXED,
    conditional::CONDITIONAL,
    smooth::HARTMANN3,
    smooth::ROSENBROCK5,
    rugged::ACKLEY5,
    rugged::LEVY8,
    rugged::LEVY20,
    rugged::SHEKEL7,
    rugged::EGGHOLDER,
    mixed::ACKLEY_MIXED,
    training::TRAINING6,
    smooth::BRANIN.noisy("branin_noisy", 5.0),
    mixed::MIXED.noisy("mixed_noisy", 0.3),
    rugged::STYBLINSKI_TANG5.held_out(),
    rugged::MICHALEWICZ5.held_out(),
    rugged::RASTRIGIN6.held_out(),
    mixed::SPHERE_MIXED.held_out(),
    mixed::BOOSTING.held_out(),
    conditional::NETWORK.held_out(),
    training::CLIFF3.held_out(),
    smooth::HARTMANN6_IN_40.held_out(),
    smooth::HARTMANN6.noisy("hartmann6_noisy", 0.2).held_out(),
];

/// All problems; the first five are those of [`basic`].
#[must_use]
pub fn all() -> &'static [Problem] {
    &ALL
}

/// One problem of each kind, from easy to hard: what suites walk that have no time for all.
///
/// ```
/// use tunesmith_tuner::problems;
/// assert_eq!(problems::basic().map(|problem| problem.name), ["sphere", "branin", "hartmann6", "mixed", "conditional"]);
/// ```
#[must_use]
pub fn basic() -> [Problem; 5] {
    std::array::from_fn(|i| ALL[i])
}

fn float(low: f64, high: f64) -> Domain {
    Domain::float(low, high, Scale::Linear, None).expect("the problems' ranges are not empty")
}

fn log(low: f64, high: f64) -> Domain {
    Domain::float(low, high, Scale::Log, None).expect("the problems' ranges are positive")
}

fn reverse_log(low: f64, high: f64) -> Domain {
    Domain::float(low, high, Scale::ReverseLog, None).expect("the problems' ranges lie below one")
}

fn int(low: i64, high: i64) -> Domain {
    Domain::int(low, high, Scale::Linear, 1).expect("the problems' ranges are not empty")
}

fn log_int(low: i64, high: i64) -> Domain {
    Domain::int(low, high, Scale::Log, 1).expect("the problems' ranges are positive")
}

fn choice<const N: usize>(options: [&str; N]) -> Domain {
    Domain::choice(options).expect("the problems' options differ")
}

/// A box of `n` real numbers, `x0` and so on.
fn cube(n: usize, low: f64, high: f64) -> Space {
    (0..n).fold(Space::new(), |space, i| space.with(&format!("x{i}"), float(low, high)))
}

fn read(params: &Params, key: &str) -> f64 {
    params.get(key).and_then(Value::as_f64).unwrap_or(f64::NAN)
}

fn word<'a>(params: &'a Params, key: &str) -> &'a str {
    params.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The numbers `x0`, `x1` and so on of a [`cube`], however many there are.
fn vector(params: &Params) -> Vec<f64> {
    (0..).map_while(|i| params.get(&format!("x{i}")).and_then(Value::as_f64)).collect()
}

fn square(x: f64) -> f64 {
    x * x
}

#[cfg(test)]
mod tests;
