//! The search distribution after some generations, and how one more changes it.

use std::collections::VecDeque;

use tunesmith_core::{Generator, Seed};

use super::axes::Axes;
use super::categorical::Categorical;
use super::gaussian::Gaussian;
use super::margin::{center, correct, least_mutation};
use super::redraw::Redraw;
use super::warm;
use super::weights::Weights;
use super::{DEVIATION, Observed, Settings};

/// Steps are 6/5 as long on whole numbers, as the paper of the margin advises.
const GRID_FACTOR: f64 = 1.2;
/// So many deviations the mean may lie outside of a range.
const BEYOND: f64 = 2.0;
/// A descent ends when all losses of its last generations lie this near to each other.
const FLAT: f64 = 1e-12;

/// The distribution one generation is drawn from.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// How many trials the next generation has.
    pub(super) population: usize,
    gaussian: Option<Gaussian>,
    categorical: Categorical,
    start_sigma: f64,
    /// Best and worst loss of the last generations.
    losses: VecDeque<(f64, f64)>,
    restarts: u32,
}

/// A point of the search distribution, by kind of axis.
#[derive(Debug)]
pub(super) struct Point {
    pub(super) numbers: Vec<f64>,
    pub(super) choices: Vec<usize>,
}

impl State {
    /// The middle of the space, six deviations wide.
    pub(super) fn cold(settings: Settings, axes: &Axes) -> Self {
        Self::begin(settings, axes, vec![0.5; axes.numbers.len()], 0)
    }

    fn begin(settings: Settings, axes: &Axes, mean: Vec<f64>, restarts: u32) -> Self {
        let n = axes.numbers.len();
        let mut covariance = vec![0.0; n * n];
        for (j, number) in axes.numbers.iter().enumerate() {
            covariance[j * n + j] = if number.grid.is_some() { GRID_FACTOR * GRID_FACTOR } else { 1.0 };
        }
        let usual = 4 + (3.0 * (axes.len().max(1) as f64).ln()) as usize;
        Self {
            population: settings.population.unwrap_or(usual).max(2) << restarts.min(16),
            gaussian: if n == 0 { None } else { Gaussian::new(mean, DEVIATION, covariance) },
            categorical: Categorical::new(&axes.choices, least_mutation(axes.discrete())),
            start_sigma: DEVIATION,
            losses: VecDeque::new(),
            restarts,
        }
    }

    /// The distribution of the best of some trials.
    pub(super) fn warm(settings: Settings, axes: &Axes, mut source: Vec<Observed>) -> Self {
        let mut state = Self::cold(settings, axes);
        if source.is_empty() {
            return state;
        }
        sort(&mut source);
        let good = warm::good(&source);
        if let Some(gaussian) = warm::gaussian(good, axes.numbers.len()).filter(|_| state.gaussian.is_some())
        {
            state.start_sigma = gaussian.sigma;
            state.gaussian = Some(gaussian);
        }
        let options: Vec<Vec<Option<usize>>> = good.iter().map(|trial| trial.options.clone()).collect();
        state.categorical.fit(&options);
        state
    }

    /// A draw.
    pub(super) fn draw(&self, generator: &mut Generator) -> Point {
        let numbers = self.gaussian.as_ref().map_or_else(Vec::new, |gaussian| gaussian.draw(generator));
        Point { numbers, choices: self.categorical.draw(generator) }
    }

    /// The distribution after a generation; `seed` names it.
    pub(super) fn after(
        &self,
        settings: Settings,
        axes: &Axes,
        mut generation: Vec<Observed>,
        seed: Seed,
    ) -> Self {
        let mut next = self.clone();
        if generation.len() < 2 {
            return next;
        }
        sort(&mut generation);
        let weights = Weights::new(axes.numbers.len(), generation.len());
        if !axes.choices.is_empty() {
            let options: Vec<_> =
                generation[..weights.parents].iter().map(|trial| trial.options.clone()).collect();
            next.categorical.update(&weights.all, &options);
        }
        let mut is_sound = true;
        if let Some(gaussian) = &mut next.gaussian {
            let mut points = points(gaussian, axes, &generation);
            let left = if settings.margin {
                center(&axes.numbers, &gaussian.mean, &mut points[..weights.parents])
            } else {
                Vec::new()
            };
            is_sound = gaussian.update(&weights, &points);
            keep_near(gaussian, axes);
            if is_sound && settings.margin {
                correct(gaussian, &axes.numbers, least_mutation(axes.discrete()), &left);
            }
        }
        let (best, worst) = (&generation[0], &generation[generation.len() - 1]);
        next.losses.push_back((best.standing.loss(), worst.standing.loss()));
        let window = 10 + (30.0 * axes.len() as f64 / self.population as f64).ceil() as usize;
        while next.losses.len() > window {
            next.losses.pop_front();
        }
        if is_sound && !(settings.restart && next.is_spent(axes, window)) {
            return next;
        }
        let mut generator = seed.named("restart").generator();
        let mean = axes.numbers.iter().map(|_| generator.uniform()).collect();
        Self::begin(settings, axes, mean, self.restarts + 1)
    }

    fn is_spent(&self, axes: &Axes, window: usize) -> bool {
        let (best, worst) = self
            .losses
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(b, w), loss| (b.min(loss.0), w.max(loss.1)));
        let is_flat = self.losses.len() == window && worst - best < FLAT.max(f64::EPSILON * best.abs());
        let continuous = |j: usize| axes.numbers[j].grid.is_none();
        is_flat || self.gaussian.as_ref().is_some_and(|g| g.is_spent(self.start_sigma, continuous))
    }
}

/// The points of trials, none of them farther out than a draw is likely to be (Hansen 2011, Injecting External Solutions
/// Into CMA-ES, arXiv 1110.4181): trials may come from elsewhere, or from a distribution that is past.
fn points(gaussian: &Gaussian, axes: &Axes, generation: &[Observed]) -> Vec<Vec<f64>> {
    let n = gaussian.len() as f64;
    let longest = n.sqrt() + 2.0 * n / (n + 2.0);
    let mut redraw = Redraw::new(gaussian, &axes.numbers);
    let mut points: Vec<Vec<f64>> =
        generation.iter().map(|trial| redraw.point(&trial.places, trial.seed)).collect();
    for point in &mut points {
        let length = gaussian.length(&gaussian.standardize(point));
        if length > longest {
            let share = longest / length;
            point.iter_mut().zip(&gaussian.mean).for_each(|(v, m)| *v = m + share * (*v - m));
        }
    }
    points
}

/// Keeps the mean so near to every range that draws inside it go on.
fn keep_near(gaussian: &mut Gaussian, axes: &Axes) {
    for (j, _) in axes.numbers.iter().enumerate().filter(|(_, number)| number.grid.is_none()) {
        let beyond = BEYOND * gaussian.deviation(j);
        gaussian.mean[j] = gaussian.mean[j].clamp(-beyond, 1.0 + beyond);
    }
}

/// Best first, the earliest of equals first.
fn sort(trials: &mut [Observed]) {
    trials.sort_by(|a, b| a.standing.order(&b.standing));
}
