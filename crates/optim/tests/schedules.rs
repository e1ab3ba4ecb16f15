//! Schedules compose and mean what they say.

use proptest::prelude::*;
use tunesmith_core::{Plug, Value};
use tunesmith_optim::{
    Cosine, CosineRestarts, Cyclic, OneCycle, Point, Schedule, ScheduleEntry, Sequence, StepDecay, Warmup,
};

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

#[test]
fn a_sequence_wants_one_milestone_between_every_two_schedules() {
    let json = r#"{"sequence": {"schedules": ["cosine", "linear"], "milestones": [3, 5]}}"#;
    let value: Value = serde_json::from_str(json).unwrap();
    let plug = Plug::parse(&value, "schedule", "schedule").unwrap();
    let error = ScheduleEntry::make(&plug, "schedule").unwrap_err();
    assert!(error.to_string().contains("2 schedules need 1 milestones, not 2"), "{error}");
}

/// A schedule of the momentum is one of the rate upside down: where the rate is highest, the momentum is what the rule says,
/// elsewhere it is more. Numbers of PyTorch 2.15: `OneCycleLR(max_lr=0.1, total_steps=12, base_momentum=0.85,
/// max_momentum=0.95)` and `CyclicLR(base_lr=0.01, max_lr=0.1, step_size_up=3, step_size_down=2, mode="triangular2",
/// base_momentum=0.8, max_momentum=0.9)`, the momentum before each of twelve steps.
#[test]
fn a_momentum_cycles_as_in_pytorch() {
    let one_cycle = [
        0.95,
        0.9177302443521267,
        0.8625744625914449,
        0.8505584586887436,
        0.856698729810778,
        0.8688255099070633,
        0.8852622412794547,
        0.9037365046793212,
        0.9216941869558779,
        0.9366525935914912,
        0.9465436874322102,
        0.95,
    ];
    let cyclic = [
        0.9,
        0.8666666666666667,
        0.8333333333333334,
        0.8,
        0.85,
        0.9,
        0.8833333333333333,
        0.8666666666666667,
        0.85,
        0.875,
        0.9,
        0.8916666666666667,
    ];
    let read = |json: &str| {
        let plug = Plug::parse(&serde_json::from_str(json).unwrap(), "schedule", "s").unwrap();
        ScheduleEntry::make(&plug, "s").unwrap()
    };
    let cases = [
        (
            read(r#"{"one_cycle": {"div_factor": 0.8947368421052632, "final_div_factor": 1}}"#),
            0.85,
            one_cycle,
        ),
        (
            read(
                r#"{"cyclic": {"base_factor": 1.125, "step_size_up": 3, "step_size_down": 2, "mode": "triangular2"}}"#,
            ),
            0.8,
            cyclic,
        ),
    ];
    for (schedule, momentum, wanted) in cases {
        for (step, wanted) in wanted.into_iter().enumerate() {
            let found = momentum * schedule.at(Point::new(step, 12, 1.0));
            assert!((found - wanted).abs() < 1e-12, "{schedule:?}, step {step}: {found}, not {wanted}");
        }
    }
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

    #[test]
    fn the_parts_of_a_sequence_are_trainings_of_their_own(steps_per_epoch in 1_usize..50, first in 1_usize..9,
                                                          second in 1_usize..9) {
        let schedule = Sequence::new([Plug::new("cosine"), Plug::new("one_cycle")], [first as f64]);
        let epochs = first + second;
        let at = |step| schedule.at(Point::new(step, epochs * steps_per_epoch, epochs as f64));
        let alone = |schedule: &dyn Schedule, step, epochs: usize| {
            schedule.at(Point::new(step, epochs * steps_per_epoch, epochs as f64))
        };
        for step in 0..first * steps_per_epoch {
            prop_assert!((at(step) - alone(&Cosine::default(), step, first)).abs() < 1e-9);
        }
        for step in 0..second * steps_per_epoch {
            let ours = at(first * steps_per_epoch + step);
            prop_assert!((ours - alone(&OneCycle::default(), step, second)).abs() < 1e-9);
        }
    }

    #[test]
    fn a_cosine_restarts_in_the_first_step_of_its_epoch(steps_per_epoch in 1_usize..100, t_0 in 1_usize..6,
                                                        t_mult in 1_usize..4) {
        let schedule = CosineRestarts { t_0: t_0 as f64, t_mult, eta_min: 0.0 };
        let (mut epoch, mut length) = (0, t_0);
        while epoch < 100 {
            let point = |step| Point::new(step, 1000 * steps_per_epoch, 1000.0);
            prop_assert!((schedule.at(point(epoch * steps_per_epoch)) - 1.0).abs() < 1e-12);
            let last = schedule.at(point((epoch + length) * steps_per_epoch - 1));
            prop_assert!(last <= 0.5 || length * steps_per_epoch < 3);
            epoch += length;
            length *= t_mult;
        }
    }

    #[test]
    fn a_cycle_peaks_where_its_rise_ends(up in 1_usize..50, down in 1_usize..50, cycle in 0_usize..5) {
        let schedule = |mode: &str| Cyclic {
            base_factor: 0.1, step_size_up: up, step_size_down: Some(down), mode: mode.into(), gamma: 0.99,
        };
        let at = |mode: &str, step| schedule(mode).at(Point::new(step, 1000, 1.0));
        let (start, peak) = (cycle * (up + down), cycle * (up + down) + up);
        for mode in ["triangular", "triangular2", "exp_range"] {
            prop_assert!((at(mode, start) - 0.1).abs() < 1e-12);
        }
        prop_assert!((at("triangular", peak) - 1.0).abs() < 1e-12);
        prop_assert!((at("triangular2", peak) - (0.1 + 0.9 / 2f64.powi(cycle as i32))).abs() < 1e-12);
        prop_assert!((at("exp_range", peak) - (0.1 + 0.9 * 0.99f64.powi(peak as i32))).abs() < 1e-12);
    }
}
