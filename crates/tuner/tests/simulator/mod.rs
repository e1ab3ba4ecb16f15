//! A simulated training to measure schedulers by: what is fast early is not best at the end (short-horizon bias).
//!
//! y(x, t) = y_end(x) + (0.9 - y_end(x)) (1 + t / tau(x))^-1.5 with noise at each step; high rates have a small tau.

use std::sync::Mutex;

use tunesmith_core::{Domain, Flow, Params, Reporter, Scale, Space, Value};
use tunesmith_tuner::samplers::Random;
use tunesmith_tuner::{Budget, Outcome, Resumable, Scheduler, Stop, Study, TrialRun};

/// Steps of a whole training.
pub(crate) const WHOLE: u64 = 81;

pub(crate) fn space() -> Space {
    Space::new()
        .with("lr", Domain::float(1e-4, 1.0, Scale::Log, None).unwrap())
        .with("weight_decay", Domain::float(1e-6, 1e-1, Scale::Log, None).unwrap())
        .with("width", Domain::int(8, 512, Scale::Log, 1).unwrap())
        .with("dropout", Domain::float(0.0, 0.8, Scale::Linear, None).unwrap())
}

/// The value after so many steps, without noise.
pub(crate) fn value(params: &Params, steps: u64) -> f64 {
    let read = |key: &str| params.get(key).and_then(Value::as_f64).unwrap();
    let rate = read("lr").log10() + 2.0;
    let cost = 0.5 * rate.powi(2)
        + 0.06 * (read("weight_decay").log10() + 4.0).powi(2)
        + 0.03 * (read("width") / 128.0).log2().powi(2)
        + (read("dropout") - 0.2).powi(2);
    let end = 0.05 + 0.85 * (1.0 - (-cost).exp());
    let tau = 4.0 * 10_f64.powf(-0.6 * rate);
    end + (0.9 - end) * (1.0 + steps as f64 / tau).powf(-1.5)
}

/// How much worse a setting is than the best one, when trained to the end.
pub(crate) fn regret(params: &Params) -> f64 {
    // The best rate lies above the middle, since the middle is not done after so many steps.
    let best = (0..=200).map(|i| {
        let lr = 10_f64.powf(-2.5 + f64::from(i) / 200.0);
        let rest = [("weight_decay", 1e-4), ("width", 128.0), ("dropout", 0.2)];
        let mut params: Params = rest.map(|(key, x)| (key.to_owned(), x.into())).into();
        params.insert("lr".to_owned(), lr.into());
        value(&params, WHOLE)
    });
    value(params, WHOLE) - best.fold(f64::INFINITY, f64::min)
}

struct Training {
    noise: f64,
    budget: u64,
    stop: Stop,
    /// The steps of all trials in order: the lowest report so far, and the regret of its settings.
    track: Mutex<Vec<(f64, f64)>>,
}

impl Resumable for Training {
    type State = u64;

    fn begin(&self, _: &mut TrialRun<'_>) -> Result<u64, Outcome> {
        Ok(0)
    }

    fn run(&self, done: &mut u64, trial: &mut TrialRun<'_>) -> Outcome {
        let regret = regret(trial.params());
        let mut last = f64::NAN;
        while *done < WHOLE {
            *done += 1;
            let noise = trial.seed().at(*done).generator().normal();
            last = value(trial.params(), *done) + self.noise * noise;
            {
                let mut track = self.track.lock().unwrap();
                let before = track.last().copied().unwrap_or((f64::INFINITY, f64::NAN));
                track.push(if last < before.0 { (last, regret) } else { before });
                if track.len() as u64 >= self.budget {
                    self.stop.stop();
                }
            }
            if trial.report(*done - 1, last) != Flow::Continue {
                break;
            }
        }
        Outcome::Complete(last)
    }

    fn fork(&self, state: &mut u64, _: &TrialRun<'_>) -> Option<u64> {
        Some(*state)
    }
}

/// The regret of what has the lowest report, after each of so many steps, with random settings under a scheduler.
pub(crate) fn search(scheduler: Box<dyn Scheduler>, noise: f64, budget: u64, seed: u64) -> Vec<f64> {
    let study = Study::minimize(space()).sampler(Random).pruner(scheduler).seed(seed).open().unwrap();
    let stop = Stop::new();
    let training = Training { noise, budget, stop: stop.clone(), track: Mutex::new(Vec::new()) };
    study.optimize_resumable(&training, &Budget::unlimited().stop(&stop)).unwrap();
    training.track.into_inner().unwrap().into_iter().map(|(_, regret)| regret).collect()
}

/// The middle one, or the mean of the two in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    (values[(n - 1) / 2] + values[n / 2]) / 2.0
}
