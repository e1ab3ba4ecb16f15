//! Schedules compose and mean what they say.

use proptest::prelude::*;
use tunesmith_core::{Plug, Value};
use tunesmith_optim::{Cosine, OneCycle, Point, Schedule, ScheduleEntry, StepDecay, Warmup};

#[test]
fn a_recipe_nests_schedules() {
    let json = r#"{"warmup": {"steps": 10, "then": {"step": {"step_size": 2, "gamma": 0.5}}}}"#;
    let value: Value = serde_json::from_str(json).unwrap();
    let plug = Plug::parse(&value, "schedule", "training.schedule").unwrap();
    let schedule = ScheduleEntry::make(&plug, "training.schedule").unwrap();
    let at = |step| schedule.at(Point::new(step, 110, 11.0));
    assert_eq!((at(0), at(10), at(29), at(30), at(50)), (0.01, 1.0, 1.0, 0.5, 0.25));
}

#[test]
fn an_unknown_schedule_after_a_warmup_is_refused_when_it_is_read() {
    let json = r#"{"warmup": {"then": "cosin"}}"#;
    let value: Value = serde_json::from_str(json).unwrap();
    let plug = Plug::parse(&value, "schedule", "schedule").unwrap();
    let error = ScheduleEntry::make(&plug, "schedule").unwrap_err();
    assert_eq!(error.to_string(), "schedule.then: no schedule is called `cosin`, did you mean `cosine`?");
}

proptest! {
    #[test]
    fn a_drop_happens_in_the_first_step_of_its_epoch(steps_per_epoch in 1_usize..200, epochs in 1_usize..60,
                                                      step_size in 1_usize..9) {
        let schedule = StepDecay { step_size, gamma: 0.5 };
        for epoch in 0..epochs {
            let first = Point::new(epoch * steps_per_epoch, epochs * steps_per_epoch, epochs as f64);
            prop_assert_eq!(schedule.at(first), 0.5_f64.powi((epoch / step_size) as i32));
            let last = Point::new((epoch + 1) * steps_per_epoch - 1, epochs * steps_per_epoch, epochs as f64);
            prop_assert_eq!(schedule.at(last), 0.5_f64.powi((epoch / step_size) as i32));
        }
    }

    #[test]
    fn a_warmup_rises_evenly_and_hands_over_what_is_left(steps in 1_usize..50, rest in 1_usize..100, start in 0.0..1.0) {
        let schedule = Warmup::over_steps(steps).from_factor(start).then(Plug::new("cosine"));
        let total = steps + rest;
        let at = |step| schedule.at(Point::new(step, total, 3.0));
        for step in 0..steps {
            prop_assert!((at(step) - (start + (1.0 - start) * step as f64 / steps as f64)).abs() < 1e-12);
        }
        for step in 0..=rest {
            let alone = Cosine::default().at(Point::new(step, rest, 3.0));
            prop_assert!((at(steps + step) - alone).abs() < 1e-12);
        }
    }

    #[test]
    fn one_cycle_has_one_peak_and_ends_where_it_says(total in 10_usize..500, pct_start in 0.1..0.9, linear: bool) {
        let anneal_strategy = if linear { "linear" } else { "cos" }.to_owned();
        let schedule = OneCycle { pct_start, anneal_strategy, ..OneCycle::default() };
        let at = |step| schedule.at(Point::new(step, total, 5.0));
        prop_assert!((at(total - 1) - 4e-6).abs() < 1e-12);
        let factors: Vec<f64> = (0..total).map(at).collect();
        let peak = (0..total).max_by(|&a, &b| factors[a].total_cmp(&factors[b])).unwrap();
        prop_assert!(factors[..=peak].is_sorted() && factors[peak..].iter().rev().is_sorted());
        prop_assert!(factors.iter().all(|factor| *factor <= 1.0));
    }
}
