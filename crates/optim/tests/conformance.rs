//! Everything that is linked here passes the public suites, and the suites notice what is wrong.

use tunesmith_core::all;
use tunesmith_optim::plugin::*;
use tunesmith_optim::{OptimizerEntry, ScheduleEntry, conform};

/// Rules that break a promise each; they are not registered.
macro_rules! bad_rule {
    ($Rule:ident, $name:literal, |$chunk:ident| $update:expr) => {
        #[derive(Clone, Debug, Default)]
        struct $Rule;
        impl Describe for $Rule {
            const NAME: &'static str = $name;
            const ABOUT: &'static str = "breaks a promise";
        }
        impl Transform for $Rule {
            fn update<T: Real>(&self, _: &Step, $chunk: Chunk<'_, T>) {
                $update
            }
        }
        impl Rule for $Rule {
            fn lr(&self) -> f64 {
                0.01
            }
            fn transform(self) -> impl Into<Chain> {
                chain!(Self, ScaleByLearningRate::new(0.01))
            }
        }
    };
}
bad_rule!(Drifting, "drifting", |chunk| chunk.each(|update, _, []| (update + T::ONE, [])));
bad_rule!(Climbing, "climbing", |chunk| chunk.each(|update, _, []| (-update, [])));
bad_rule!(Unequal, "unequal", |chunk| {
    chunk.each_where(|segment| segment.range.start > 0, |update, _, []| (update + update, []))
});

#[test]
fn everything_linked_conforms() {
    assert_eq!(conform::check_all(), Vec::<String>::new());
}

#[test]
fn the_rules_and_schedules_of_this_crate_are_linked() {
    let names: Vec<_> =
        all::<OptimizerEntry>().iter().map(|entry| tunesmith_core::Entry::meta(*entry).name).collect();
    assert_eq!(
        names,
        [
            "adabelief",
            "adadelta",
            "adafactor",
            "adagrad",
            "adam",
            "adam_mini",
            "adamax",
            "adamw",
            "adan",
            "ademamix",
            "asgd",
            "cautious",
            "dadapt_adam",
            "ema",
            "ftrl",
            "gradient_centralization",
            "gradient_descent",
            "lamb",
            "lars",
            "lbfgs",
            "lion",
            "lookahead",
            "mars",
            "muon",
            "nadam",
            "prodigy",
            "radam",
            "rmsprop",
            "rprop",
            "sam",
            "schedule_free_adamw",
            "schedule_free_sgd",
            "sgd",
            "shampoo",
            "soap",
            "sophia_g",
            "sophia_h",
            "swa",
            "yogi"
        ]
    );
    let names: Vec<_> =
        all::<ScheduleEntry>().iter().map(|entry| tunesmith_core::Entry::meta(*entry).name).collect();
    assert_eq!(
        names,
        [
            "constant",
            "cosine",
            "cosine_restarts",
            "cyclic",
            "exponential",
            "inverse_sqrt",
            "linear",
            "multi_step",
            "noam",
            "one_cycle",
            "polynomial",
            "sequence",
            "step",
            "warmup",
            "warmup_stable_decay"
        ]
    );
}

fn complaints<R: Rule>() -> String {
    let place = tunesmith_core::Place { origin: "test", file: file!(), line: line!() };
    conform::check_optimizer(&OptimizerEntry::of::<R>(place)).join("\n")
}

#[test]
fn the_suite_notices_movement_without_a_gradient() {
    assert!(complaints::<Drifting>().contains("a zero gradient"));
}

/// Says it has a momentum and takes no notice of its schedule.
#[derive(Clone, Debug)]
struct Deaf {
    momentum: f64,
}
impl Default for Deaf {
    fn default() -> Self {
        Self { momentum: 0.9 }
    }
}
impl Describe for Deaf {
    const NAME: &'static str = "deaf";
    const ABOUT: &'static str = "breaks a promise";
    const PARAMS: &'static [Param<Self>] =
        &[Param::float("momentum", 0.5, 0.99, |s: &mut Self| &mut s.momentum, "share of the past")];
}
impl Transform for Deaf {
    fn states(&self) -> Vec<StateSpec> {
        vec![StateSpec::per_element("sum")]
    }
    fn update<T: Real>(&self, _: &Step, chunk: Chunk<'_, T>) {
        let momentum = T::from_f64(self.momentum);
        chunk.each(|update, _, [sum]| (momentum * sum + update, [momentum * sum + update]));
    }
}
impl Rule for Deaf {
    fn lr(&self) -> f64 {
        0.01
    }
    fn transform(self) -> impl Into<Chain> {
        chain!(self, ScaleByLearningRate::new(0.01))
    }
}

#[test]
fn the_suite_notices_that_a_rule_does_not_hear_the_schedule_of_its_momentum() {
    assert!(complaints::<Deaf>().contains("a schedule of the momentum"));
}

#[test]
fn the_suite_notices_that_a_rule_climbs() {
    assert!(complaints::<Climbing>().contains("on the parabola"));
}

#[test]
fn the_suite_notices_that_the_order_of_parameters_matters() {
    assert!(complaints::<Unequal>().contains("order of parameters"));
}
