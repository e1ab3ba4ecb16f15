//! `Pacing`: what the schedules of rate and momentum make of a step.

use tunesmith_core::{Error, Plug, Why};
use tunesmith_optim::{Guard, Optimizer, Pace, Point, Schedule, ScheduleEntry};

use crate::settings::Training;
use crate::timetable::Timetable;

/// What the schedules of rate and momentum make of a step.
#[derive(Debug)]
pub(crate) struct Pacing {
    rate: Option<Box<dyn Schedule>>,
    momentum: Option<Box<dyn Schedule>>,
}

const MOMENTUM: &str = "training.momentum_schedule";

impl Pacing {
    /// The schedules of a training, whose momentum is looked at in every step.
    pub(crate) fn new(
        training: &Training,
        optimizer: &dyn Optimizer,
        timetable: &Timetable,
    ) -> Result<Self, Error> {
        let make = |plug: &Option<Plug>, at| plug.as_ref().map(|p| ScheduleEntry::make(p, at)).transpose();
        let rate = make(&training.schedule, "training.schedule")?;
        let momentum = make(&training.momentum_schedule, MOMENTUM)?;
        if let Some(schedule) = &momentum {
            check(&**schedule, optimizer, timetable, training.epochs)
                .map_err(|because| Error::new(MOMENTUM, Why::Conflict { because }))?;
        }
        Ok(Self { rate, momentum })
    }

    /// The pace so far into the training.
    pub(crate) fn at(&self, point: Point) -> Pace {
        let factor = |schedule: &Option<Box<dyn Schedule>>| {
            schedule.as_ref().map_or(1.0, |schedule| schedule.at(point))
        };
        // A training whose gradients are no longer finite ends, whatever the step has changed by then.
        let guard = Guard::Along;
        Pace {
            scale: factor(&self.rate),
            momentum: factor(&self.momentum),
            progress: point.progress(),
            guard,
        }
    }
}

/// Looks whether a rule has a momentum, and whether it stays below 1: a sum that forgets nothing grows without end.
fn check(
    schedule: &dyn Schedule,
    optimizer: &dyn Optimizer,
    timetable: &Timetable,
    epochs: usize,
) -> Result<(), String> {
    let name = optimizer.name();
    let Some(momentum) = optimizer.momentum() else {
        return Err(format!(
            "{name} has no momentum to schedule: leave it out, or take a rule with a setting `momentum` or `beta1`, such as sgd or adam"
        ));
    };
    if momentum == 0.0 {
        return Err(format!(
            "the momentum of {name} is 0, and so is every part of it: write one, such as training.optimizer = {{ {name} = {{ momentum = 0.9 }} }}"
        ));
    }
    let points = (0..epochs).flat_map(|epoch| {
        let steps = timetable.first_step(epoch + 1) - timetable.first_step(epoch);
        (0..steps).map(move |index| timetable.point(epoch, index))
    });
    let above =
        points.map(|point| (point.step, momentum * schedule.at(point))).find(|(_, found)| *found >= 1.0);
    match above {
        None => Ok(()),
        Some((step, found)) => Err(format!(
            "the momentum {momentum} of {name} becomes {found:.4} in step {step}, it must stay below 1: lower it, or the schedule's factors"
        )),
    }
}
