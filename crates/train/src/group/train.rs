//! The loop for several trials at once: epochs of steps on shared rows, a measurement of each trial after each epoch.

use std::time::Instant;

use tunesmith_core::{Error, Seed, Why};
use tunesmith_data::{Batches, Dataset};
use tunesmith_nn::Sequential;
use tunesmith_optim::{OptimizerEntry, Pace};
use tunesmith_tensor::Par;

use super::step::{GroupStepper, Member, Turn};
use crate::around::before_the_rule;
use crate::evaluate::Evaluator;
use crate::history::{History, Values};
use crate::measured::{Settings, measured_values};
use crate::outcome::{Fitted, Outcome};
use crate::pacing::Pacing;
use crate::settings::Training;
use crate::timetable::Timetable;

/// Trains several models of one shape at once: [`Trainer`](crate::Trainer) for a group.
///
/// Optimizer, schedule, penalties, clipping, dropout and seed are each trial's own. Loss, metrics, epochs and batch size are
/// one for all, and so is the order of the rows, which has a seed of the group. A trial becomes what a [`Trainer`](crate::Trainer)
/// makes of it that has its rows in this order, up to rounding.
///
/// ```
/// use tunesmith_core::Seed;
/// use tunesmith_data::{Dataset, Targets};
/// use tunesmith_nn::{Sequential, layers::Dense};
/// use tunesmith_train::{GroupTrainer, Outcome, Training};
///
/// let x: Vec<f32> = (0..64).map(|i| i as f32 / 32.0 - 1.0).collect();
/// let y = x.iter().map(|x| 3.0 * x * x).collect();
/// let data = Dataset::new(x, &["x"], Targets::Numbers { values: y, outputs: 1 });
/// let model = Sequential::new([1]).with(Dense::new(16).activation("tanh")).with(Dense::new(1));
/// let trial = |lr| (model.clone(), Training::new("mse").optimizer("adam", lr).epochs(100).batch_size(16));
///
/// let mut group = GroupTrainer::new(&[trial(0.02), trial(1e-5), trial(0.01)], &data, None, Seed::new(0)).unwrap();
/// for _ in 0..10 {
///     group.epoch();
/// }
/// group.keep(&[0, 2]); // the rate of trial 1 is too small
/// while !group.epoch().is_empty() {}
/// let fitted = group.finish();
/// assert_eq!(fitted[1].outcome, Outcome::Stopped);
/// assert_eq!(fitted[2].outcome, Outcome::Finished);
/// assert!(fitted[0].history.curve("loss")[99] < 0.1);
/// ```
#[derive(Debug)]
pub struct GroupTrainer {
    train: Dataset,
    validation: Option<Dataset>,
    /// What the trials have in common.
    shared: Training,
    evaluator: Evaluator,
    batches: Batches,
    timetable: Timetable,
    /// `None` once no trial runs any more.
    stepper: Option<GroupStepper>,
    /// The trials that run, in the stepper's order.
    running: Vec<Running>,
    /// The trials that ended, by number.
    ended: Vec<Option<Fitted>>,
    epoch: usize,
    step: usize,
}

/// A trial on its way.
#[derive(Debug)]
struct Running {
    number: usize,
    settings: Training,
    pacing: Pacing,
    /// That of the last step.
    pace: Pace,
    seed: Seed,
    history: History,
    /// How it ended, though the group still has it.
    outcome: Option<Outcome>,
    sum: f64,
    seconds: f64,
    averaged: Vec<f32>,
}

impl GroupTrainer {
    /// Makes everything ready, as [`Trainer::new`](crate::Trainer::new) does for each trial.
    ///
    /// # Errors
    /// What does not fit: data and models, layers that a group must have in common, settings that are one for all, callbacks
    /// and rules that take the whole data at once, which a group does not have.
    ///
    /// # Panics
    /// When there is no trial.
    #[track_caller]
    pub fn new(
        trials: &[(Sequential, Training)],
        train: &Dataset,
        validation: Option<&Dataset>,
        order: Seed,
    ) -> Result<Self, Error> {
        let (model, shared) = trials.first().expect("a group has at least one trial");
        let mut members = Vec::new();
        let mut running = Vec::new();
        let mut timetable = None;
        for (number, (model, training)) in trials.iter().enumerate() {
            check(shared, training)?;
            let mut optimizer = OptimizerEntry::make(&training.optimizer, "training.optimizer")?;
            if optimizer.full_batch() {
                let because = format!("{} takes the whole data at once, train it alone", optimizer.name());
                return Err(Error::new("training.optimizer", Why::Conflict { because }));
            }
            let table = Timetable::new(training, &*optimizer, train.rows())?;
            let pacing = Pacing::new(training, &*optimizer, &table)?;
            timetable.get_or_insert(table);
            optimizer.prepend(before_the_rule(training));
            let params: Vec<f32> =
                model.initial_params(training.seed as u64).into_iter().map(|p| p as f32).collect();
            running.push(Running {
                number,
                settings: training.clone(),
                pacing,
                pace: Pace::default(),
                seed: Seed::new(training.seed as u64).named("noise"),
                history: History::default(),
                outcome: None,
                sum: 0.0,
                seconds: 0.0,
                averaged: vec![0.0; params.len()],
            });
            members.push(Member::new(model, params, optimizer));
        }
        Ok(Self {
            evaluator: Evaluator::new(model, &shared.loss, &shared.metrics, train, Par::Seq)?,
            batches: Batches::new(train.rows(), shared.batch_size, order.named("order")),
            timetable: timetable.expect("a group has at least one trial"),
            stepper: Some(GroupStepper::new(members, &shared.loss)?),
            train: train.clone(),
            validation: validation.cloned(),
            shared: shared.clone(),
            running,
            ended: vec![None; trials.len()],
            epoch: 0,
            step: 0,
        })
    }

    /// The numbers of the trials that run, counted from 0 as they were given.
    #[must_use]
    pub fn running(&self) -> Vec<usize> {
        self.running.iter().map(|trial| trial.number).collect()
    }

    /// Runs an epoch and returns what was measured of each trial after it, by its number; nothing when all epochs were run.
    ///
    /// A trial that diverges ends.
    pub fn epoch(&mut self) -> Vec<(usize, Values)> {
        let Self { stepper: Some(stepper), running, batches, timetable, .. } = self else {
            return Vec::new();
        };
        if self.epoch == self.shared.epochs {
            return Vec::new();
        }
        let began = Instant::now();
        running.iter_mut().for_each(|trial| trial.sum = 0.0);
        let mut turns = vec![None; running.len()];
        for (index, batch) in batches.epoch(self.epoch as u64).enumerate() {
            let point = timetable.point(self.epoch, index);
            for (turn, trial) in turns.iter_mut().zip(running.iter_mut()) {
                trial.pace = trial.pacing.at(point);
                let turn_of = || Turn { pace: trial.pace, noise: trial.seed.at(self.step as u64) };
                *turn = trial.outcome.is_none().then(turn_of);
            }
            let losses = stepper.step(&self.train, batch, &turns);
            for (trial, loss) in running.iter_mut().zip(losses).filter(|(trial, _)| trial.outcome.is_none()) {
                let reason = match loss {
                    Ok(loss) if loss.is_finite() => {
                        trial.sum += loss * batch.len() as f64;
                        continue;
                    }
                    Ok(loss) => format!("the loss is {loss}; lower the learning rate or clip gradients"),
                    Err(error) => error.to_string(),
                };
                trial.outcome = Some(Outcome::Diverged { epoch: self.epoch, step: self.step, reason });
            }
            self.step += 1;
        }
        let measured = self.measure();
        let share = began.elapsed().as_secs_f64() / self.running.len() as f64;
        self.running.iter_mut().for_each(|trial| trial.seconds += share);
        self.epoch += 1;
        self.end(|trial| trial.outcome.is_some());
        if self.epoch == self.shared.epochs {
            self.running.iter_mut().for_each(|trial| trial.outcome = Some(Outcome::Finished));
            self.end(|_| true);
        }
        measured
    }

    /// Ends all trials but those of these numbers: at a rung. A number of a trial that has ended already says nothing.
    pub fn keep(&mut self, numbers: &[usize]) {
        self.end(|trial| !numbers.contains(&trial.number));
    }

    /// The trials in the order given, those that were not run to their end as stopped.
    ///
    /// The seconds of a trial are its share of the group's.
    #[must_use]
    pub fn finish(mut self) -> Vec<Fitted> {
        self.end(|_| true);
        self.ended.into_iter().flatten().collect()
    }

    /// What is measured after an epoch, of each trial that has not diverged.
    fn measure(&mut self) -> Vec<(usize, Values)> {
        let Some(stepper) = &mut self.stepper else { return Vec::new() };
        let mut measured = Vec::new();
        for (position, trial) in self.running.iter_mut().enumerate().filter(|(_, t)| t.outcome.is_none()) {
            let Member { params, optimizer, .. } = stepper.member(position);
            let settings = Settings {
                lr: optimizer.lr() * trial.pace.scale,
                momentum: optimizer.momentum().map(|momentum| momentum * trial.pace.momentum),
                batch_size: self.shared.batch_size,
            };
            let averaged = optimizer.average(params, &mut trial.averaged);
            let values = measured_values(
                &mut self.evaluator,
                if averaged { &trial.averaged } else { params },
                [Some(&self.train).filter(|_| self.shared.measure_training), self.validation.as_ref()],
                trial.sum / self.train.rows().max(1) as f64,
                settings.scheduled(&trial.settings),
            );
            trial.history.push(values.clone());
            measured.push((trial.number, values));
        }
        measured
    }

    /// Takes out the trials of which that is so.
    fn end(&mut self, ends: impl Fn(&Running) -> bool) {
        let stay: Vec<usize> = (0..self.running.len()).filter(|&i| !ends(&self.running[i])).collect();
        if stay.len() == self.running.len() {
            return;
        }
        let Some(mut stepper) = self.stepper.take() else { return };
        let members = if stay.is_empty() {
            stepper.into_members()
        } else {
            let members = stepper.keep(&stay);
            self.stepper = Some(stepper);
            members
        };
        let (gone, stayed) = std::mem::take(&mut self.running).into_iter().partition(|trial| ends(trial));
        self.running = stayed;
        let gone: Vec<Running> = gone;
        for (mut trial, mut member) in gone.into_iter().zip(members) {
            let averaged = member.optimizer.average(&member.params, &mut trial.averaged);
            self.ended[trial.number] = Some(Fitted {
                model: member.model,
                params: if averaged { trial.averaged } else { member.params },
                kept_epoch: trial.history.epochs().len().saturating_sub(1),
                history: trial.history,
                outcome: trial.outcome.unwrap_or(Outcome::Stopped),
                seconds: trial.seconds,
            });
        }
    }
}

/// Whether a trial's settings can be trained beside those of the group's first.
fn check(first: &Training, training: &Training) -> Result<(), Error> {
    training.check()?;
    let one_for_all = [
        ("training.loss", training.loss == first.loss),
        ("training.epochs", training.epochs == first.epochs),
        ("training.batch_size", training.batch_size == first.batch_size),
        ("training.metrics", training.metrics == first.metrics),
        ("training.measure_training", training.measure_training == first.measure_training),
    ];
    let conflict = |at: &str, because: &str| Err(Error::new(at, Why::Conflict { because: because.into() }));
    if let Some((at, _)) = one_for_all.iter().find(|(_, same)| !same) {
        return conflict(at, "is one for all trials of a group");
    }
    let plain = Training::default();
    let only_alone = [
        ("training.callbacks", training.callbacks.is_empty()),
        ("training.groups", training.groups.is_empty()),
        ("training.layer_decay", training.layer_decay == plain.layer_decay),
        ("training.constrain", training.max_norm.is_none() && !training.unit_norm),
        ("training.width_transfer", training.base_width.is_none()),
        ("training.accumulate", training.accumulate == plain.accumulate),
        ("training.recompute", !training.recompute),
        ("training.batch_size_schedule", training.batch_size_schedule.is_none()),
        ("training.gradual_unfreezing", training.gradual_unfreezing.is_none()),
        ("training.regularize.mixup", training.mixup.is_none()),
        ("training.regularize.cutmix", training.cutmix.is_none()),
        ("training.precision", training.precision == plain.precision),
    ];
    match only_alone.iter().find(|(_, unused)| !unused) {
        Some((at, _)) => conflict(at, "a group does not do this: train its trials one by one"),
        None => Ok(()),
    }
}
