//! `Timetable`: how many rows a step of each epoch has, and how far the training is before each step.

use tunesmith_core::{Error, Why};
use tunesmith_optim::{Optimizer, Point, ScheduleEntry};

use crate::settings::Training;

/// How many rows a step of each epoch has, and how far the training is before each step.
#[derive(Clone, Debug)]
pub(crate) struct Timetable {
    /// At least one.
    epochs: Vec<Epoch>,
    total_steps: usize,
    total_epochs: usize,
}

/// The steps of one epoch.
#[derive(Clone, Copy, Debug)]
struct Epoch {
    sizes: Sizes,
    first_step: usize,
    steps: usize,
}

/// The rows of a step, and how many of them go through the model at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sizes {
    pub(crate) batch: usize,
    pub(crate) part: usize,
}

impl Timetable {
    /// The timetable of a training on so many rows.
    pub(crate) fn new(training: &Training, optimizer: &dyn Optimizer, rows: usize) -> Result<Self, Error> {
        const AT: &str = "training.batch_size_schedule";
        let schedule = training.batch_size_schedule.as_ref();
        let schedule = schedule.map(|plug| ScheduleEntry::make(plug, AT)).transpose()?;
        if schedule.is_some() && optimizer.full_batch() {
            let because =
                format!("{} takes all rows at once, whatever a batch has: leave it out", optimizer.name());
            return Err(Error::new(AT, Why::Conflict { because }));
        }
        let accumulate = training.accumulate.max(1);
        let all = rows.max(1);
        let mut epochs = Vec::new();
        let mut first_step = 0;
        for epoch in 0..training.epochs.max(1) {
            // To this schedule an epoch is a step: how many steps there are follows from what it says.
            let point = Point::new(epoch, training.epochs, training.epochs as f64);
            let part = match &schedule {
                None => training.batch_size.max(1),
                Some(schedule) => (training.batch_size as f64 * schedule.at(point)).round().max(1.0) as usize,
            };
            let sizes = if optimizer.full_batch() {
                Sizes { batch: all, part: all.div_ceil(accumulate) }
            } else {
                Sizes { batch: part.saturating_mul(accumulate), part }
            };
            let steps = rows.div_ceil(sizes.batch.min(all));
            epochs.push(Epoch { sizes, first_step, steps });
            first_step += steps;
        }
        let total_steps = if training.epochs == 0 { 0 } else { first_step };
        Ok(Self { epochs, total_steps, total_epochs: training.epochs })
    }

    /// The sizes of an epoch's steps; past the end those of the last.
    pub(crate) fn sizes(&self, epoch: usize) -> Sizes {
        self.epoch(epoch).sizes
    }

    /// The sizes there are, in the order in which they come.
    pub(crate) fn all_sizes(&self) -> Vec<Sizes> {
        let mut all: Vec<Sizes> = Vec::new();
        for Epoch { sizes, .. } in &self.epochs {
            if !all.contains(sizes) {
                all.push(*sizes);
            }
        }
        all
    }

    pub(crate) fn total_steps(&self) -> usize {
        self.total_steps
    }

    /// How many steps are taken before an epoch.
    pub(crate) fn first_step(&self, epoch: usize) -> usize {
        let Epoch { first_step, steps, .. } = *self.epoch(epoch);
        first_step + (epoch - epoch.min(self.epochs.len() - 1)) * steps
    }

    /// How far the training is before step number `index` of an epoch.
    pub(crate) fn point(&self, epoch: usize, index: usize) -> Point {
        let steps = self.epoch(epoch).steps;
        Point {
            step: self.first_step(epoch) + index,
            total_steps: self.total_steps,
            epoch: (epoch * steps + index) as f64 / steps.max(1) as f64,
            total_epochs: self.total_epochs as f64,
        }
    }

    /// The share of the training that so many epochs are.
    pub(crate) fn share(&self, epochs: usize) -> f64 {
        if epochs >= self.total_epochs { 1.0 } else { self.point(epochs, 0).progress() }
    }

    fn epoch(&self, epoch: usize) -> &Epoch {
        &self.epochs[epoch.min(self.epochs.len() - 1)]
    }
}
