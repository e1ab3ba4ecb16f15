//! `template_schedule`: how the factor runs, in one line.

use tunesmith_optim::plugin::*;

/// The factor of the learning rate falls from 1 along a power of what is left of the training.
#[derive(Clone, Debug)]
pub struct TemplateSchedule {
    /// The power.
    pub power: f64,
}

impl Default for TemplateSchedule {
    fn default() -> Self {
        Self { power: 2.0 }
    }
}

impl Describe for TemplateSchedule {
    const NAME: &'static str = "template_schedule";
    const ABOUT: &'static str = "falls along a power of what is left";
    const PARAMS: &'static [Param<Self>] =
        &[Param::float("power", 0.5, 3.0, |s: &mut Self| &mut s.power, "the power").valid(0.0, 100.0)];
}

impl Schedule for TemplateSchedule {
    fn at(&self, point: Point) -> f64 {
        (1.0 - point.progress()).powf(self.power)
    }
}

register!(ScheduleEntry, TemplateSchedule);

#[cfg(test)]
mod tests {
    use tunesmith_optim::{ScheduleEntry, conform};

    #[test]
    fn template_schedule_conforms() {
        let entry = tunesmith_core::find::<ScheduleEntry>("template_schedule", "test").unwrap();
        assert_eq!(conform::check_schedule(entry), Vec::<String>::new());
    }
}
