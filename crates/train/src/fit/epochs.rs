//! The loop: epochs of steps, a measurement after each, callbacks, and an outcome.

use std::time::Instant;

use tunesmith_core::{Flow, Reporter};
use tunesmith_optim::{Pace, StepError};

use super::Trainer;
use crate::callback::{Callback, EpochEnd};
use crate::history::{History, Values};
use crate::measured::{Settings, measured_values};
use crate::outcome::{Fitted, Outcome};

impl Trainer {
    /// Runs the epochs that are left, and hands the model over.
    ///
    /// A reporter that says [`Flow::Pause`] between steps is heard after the running epoch, one that says
    /// [`Flow::Stop`] at once; either way the training has ended.
    pub fn fit(mut self, reporter: &mut dyn Reporter) -> Fitted {
        self.advance(reporter);
        self.finish()
    }

    /// Runs on until the training has ended, or until a report after an epoch is answered by [`Flow::Pause`]; then it
    /// can go on as if it had not stopped. Says whether it has ended.
    ///
    /// ```
    /// use tunesmith_core::{Flow, Reporter};
    /// use tunesmith_data::{Dataset, Targets};
    /// use tunesmith_nn::{Sequential, layers::Dense};
    /// use tunesmith_train::{Trainer, Training};
    ///
    /// /// Asks for a break after every second epoch.
    /// struct Breaks;
    /// impl Reporter for Breaks {
    ///     fn report(&mut self, epoch: u64, _: f64) -> Flow {
    ///         if epoch % 2 == 1 { Flow::Pause } else { Flow::Continue }
    ///     }
    /// }
    /// let y = Targets::Numbers { values: vec![0.0, 1.0, 2.0], outputs: 1 };
    /// let data = Dataset::new(vec![0.0, 1.0, 2.0], &["x"], y);
    /// let model = Sequential::new([1]).with(Dense::new(1));
    /// let training = Training::new("mse").optimizer("sgd", 0.1).epochs(6);
    /// let trainer = || Trainer::new(&model, &training, &data, None).unwrap().reporting("loss");
    ///
    /// let (mut paused, mut breaks) = (trainer(), 0);
    /// while !paused.advance(&mut Breaks) {
    ///     breaks += 1;
    /// }
    /// assert_eq!(breaks, 2);
    /// assert_eq!(paused.finish().params, trainer().fit(&mut ()).params);
    /// ```
    pub fn advance(&mut self, reporter: &mut dyn Reporter) -> bool {
        let began = Instant::now();
        while self.outcome.is_none() {
            let epoch = self.history.epochs().len();
            if epoch == self.training.epochs {
                self.outcome = Some(Outcome::Finished);
                break;
            }
            match self.one_epoch(epoch, reporter) {
                Ok(Flow::Continue) => {}
                Ok(Flow::Pause) if epoch + 1 < self.training.epochs => break,
                Ok(Flow::Stop) if epoch + 1 < self.training.epochs => self.outcome = Some(Outcome::Stopped),
                Ok(_) => {}
                Err(ended) => self.outcome = Some(ended),
            }
        }
        self.seconds += began.elapsed().as_secs_f64();
        self.outcome.is_some()
    }

    /// Hands the model over as it is now; a training that has not ended counts as stopped.
    #[must_use]
    pub fn finish(mut self) -> Fitted {
        let mut kept_epoch = self.history.epochs().len().saturating_sub(1);
        if self.average() {
            std::mem::swap(&mut self.params, &mut self.averaged);
        }
        for callback in &mut self.callbacks {
            if let Some(kept) = callback.train_end() {
                kept_epoch = kept.epoch;
                self.params = kept.params;
            }
        }
        let outcome = self.outcome.unwrap_or(Outcome::Stopped);
        let Self { model, params, history, seconds, .. } = self;
        Fitted { model, params, history, kept_epoch, outcome, seconds }
    }

    /// What was measured after each epoch so far.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Trains for an epoch, measures, and asks callbacks and the reporter whether to go on.
    fn one_epoch(&mut self, epoch: usize, reporter: &mut dyn Reporter) -> Result<Flow, Outcome> {
        let Some(loss) = self.epoch(epoch, reporter)? else { return Err(Outcome::Stopped) };
        let averaged = self.average();
        let values = self.measure(loss, averaged);
        let mut flow = Flow::Continue;
        for callback in &mut self.callbacks {
            let mut end = EpochEnd {
                epoch,
                epochs: self.training.epochs,
                values: &values,
                params: if averaged { &self.averaged } else { &self.params },
                lr_factor: &mut self.lr_factor,
            };
            if callback.epoch_end(&mut end) != Flow::Continue {
                flow = Flow::Stop;
            }
        }
        let reported = self.reported.as_ref().and_then(|name| values.get(name)).copied();
        self.history.push(values);
        let answer = reported.map_or(Flow::Continue, |value| reporter.report(epoch as u64, value));
        Ok(match (flow, answer) {
            (Flow::Stop, _) | (_, Flow::Stop) => Flow::Stop,
            (_, Flow::Pause) => Flow::Pause,
            // A pause that is asked for between reports is somebody's wish to end.
            _ if reporter.interrupted() != Flow::Continue => Flow::Stop,
            _ => Flow::Continue,
        })
    }

    /// Asks the rule for averaged parameters; statistics of the layers' inputs are run anew for them.
    pub(super) fn average(&mut self) -> bool {
        let (learnt, buffers) = self.params.split_at(self.learnt);
        let (averaged, kept) = self.averaged.split_at_mut(self.learnt);
        kept.copy_from_slice(buffers);
        let averages = self.optimizer.average(learnt, averaged);
        if averages && !buffers.is_empty() {
            self.statistics.run(&self.train, &mut self.averaged);
        }
        averages
    }

    /// One pass over the rows: the mean loss, or `None` when the reporter wants to end.
    pub(super) fn epoch(
        &mut self,
        epoch: usize,
        reporter: &mut dyn Reporter,
    ) -> Result<Option<f64>, Outcome> {
        self.resize(self.timetable.sizes(epoch));
        let (mut sum, mut rows) = (0.0, 0);
        for (index, batch) in self.batches.epoch(epoch as u64).enumerate() {
            if reporter.interrupted() == Flow::Stop {
                return Ok(None);
            }
            // The rate falls along a line, whose last step is not at nothing yet.
            let cooling =
                self.cooling.map_or(1.0, |(from, steps)| 1.0 - (self.step - from) as f64 / steps as f64);
            self.pace = self.pacing.at(self.timetable.point(epoch, index));
            let pace = Pace { scale: self.pace.scale * self.lr_factor * cooling, ..self.pace };
            let noise = self.seed.named("noise").at(self.step as u64);
            let diverged = |reason: String| Outcome::Diverged { epoch, step: self.step, reason };
            let loss = self
                .stepper
                .step(&self.train, batch, &mut self.params, &mut *self.optimizer, pace, noise)
                .map_err(|error: StepError| diverged(error.to_string()))?;
            if !loss.is_finite() {
                return Err(diverged(format!(
                    "the loss is {loss}; lower the learning rate or clip gradients"
                )));
            }
            sum += loss * batch.len() as f64;
            rows += batch.len();
            self.step += 1;
        }
        Ok(Some(sum / rows.max(1) as f64))
    }

    pub(super) fn measure(&mut self, loss: f64, averaged: bool) -> Values {
        let settings = Settings {
            lr: self.optimizer.lr() * self.pace.scale * self.lr_factor,
            momentum: self.optimizer.momentum().map(|momentum| momentum * self.pace.momentum),
            batch_size: self.sizes.part,
        };
        measured_values(
            &mut self.evaluator,
            if averaged { &self.averaged } else { &self.params },
            [Some(&self.train).filter(|_| self.training.measure_training), self.validation.as_ref()],
            loss,
            settings.scheduled(&self.training),
        )
    }
}
