//! Charts draw whatever they are given: every coordinate is a number inside the picture, every tag is closed.

mod markup;

use proptest::prelude::*;
use tunesmith_core::{Domain, Scale, Space, Value};
use tunesmith_report::chart::{
    Axis, STYLE, Size, confusion, curves, focus, history, parallel, scatter, slice, strip, thin, training,
};
use tunesmith_report::{Confusion, EpochRow, Prediction};
use tunesmith_tuner::{Direction, TrialRecord, TrialState};

/// Any number at all, the awkward ones often.
fn any_value() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => 0.0..1.0_f64,
        2 => -1e3..1e3_f64,
        2 => any::<f64>(),
        1 => prop::sample::select(vec![
            0.0, -0.0, 1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, 1e-300,
        ]),
    ]
}

fn any_state() -> impl Strategy<Value = TrialState> {
    prop::sample::select(vec![
        TrialState::Waiting,
        TrialState::Running,
        TrialState::Complete,
        TrialState::Complete,
        TrialState::Pruned,
        TrialState::Diverged,
        TrialState::Failed,
    ])
}

fn space() -> Space {
    Space::new()
        .with("choice", Domain::choice(["one", "two <b>", "three"]).unwrap())
        .with("lr", Domain::float(1e-5, 1.0, Scale::Log, None).unwrap())
        .with("beta", Domain::float(0.5, 0.999, Scale::ReverseLog, None).unwrap())
        .with("fixed", Domain::float(3.0, 3.0, Scale::Linear, None).unwrap())
        .with("units", Domain::int(16, 256, Scale::Log, 1).unwrap())
        .with_child("rate", Domain::float(0.0, 0.5, Scale::Linear, None).unwrap(), "choice", "one")
}

/// A trial with settings that may lie outside the space: reports outlive recipes.
fn any_trial() -> impl Strategy<Value = TrialRecord> {
    let reports = prop::collection::vec(any_value(), 0..8);
    let odd = prop_oneof![8 => Just(None), 1 => any_value().prop_map(|x| Some(Value::Float(x)))];
    (any_state(), prop::option::of(any_value()), reports, prop::collection::vec(0.0..1.0_f64, 6), odd)
        .prop_map(|(state, value, reports, places, odd)| {
            let mut trial = TrialRecord::new(0);
            (trial.state, trial.value) = (state, value);
            let mut places = places.into_iter();
            trial.params = space().complete(|dimension| dimension.domain.place(places.next().unwrap()));
            if let Some(odd) = odd {
                trial.params.insert("lr".into(), odd);
            }
            for (step, value) in reports.into_iter().enumerate() {
                trial.report(step as u64 * 3, value);
            }
            trial
        })
}

fn any_trials() -> impl Strategy<Value = Vec<TrialRecord>> {
    prop::collection::vec(any_trial(), 0..30).prop_map(|mut trials| {
        (0..).zip(&mut trials).for_each(|(number, trial)| trial.number = number);
        trials
    })
}

fn draw_all(trials: &[TrialRecord], direction: Direction, size: Size) -> Vec<String> {
    let space = space();
    let keys: Vec<&str> = space.dimensions().iter().map(|dimension| dimension.key.as_str()).collect();
    let slices = space.dimensions().iter().map(|dimension| slice(dimension, trials, direction, "m", size));
    let mut all: Vec<String> = slices.collect();
    all.push(history(trials, direction, "accuracy <b>", size));
    all.push(curves(trials, direction, "accuracy <b>", "epoch", size));
    all.push(parallel(&space, trials, &keys, direction, "accuracy <b>", size));
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn charts_of_studies_stay_inside_whatever_the_values(
        trials in any_trials(),
        maximize in any::<bool>(),
        size in prop::sample::select(vec![Size::WIDE, Size::HALF, Size::NARROW, Size::SMALL, Size { width: 40.0, height: 30.0 }]),
    ) {
        let direction = if maximize { Direction::Maximize } else { Direction::Minimize };
        for svg in draw_all(&trials, direction, size) {
            markup::check_coordinates(&svg);
            prop_assert!(!svg.contains("NaN") && !svg.contains("inf\""));
            prop_assert!(svg.contains("<title>") && svg.contains("<desc>"));
        }
    }

    #[test]
    fn charts_of_runs_stay_inside_whatever_the_values(
        values in prop::collection::vec((any_value(), any_value()), 0..40),
        kept in prop::option::of(0..50_u64),
    ) {
        let rows: Vec<EpochRow> = (1..)
            .zip(&values)
            .map(|(epoch, (a, b))| EpochRow {
                epoch,
                values: [("train_loss".to_owned(), *a), ("validation_loss".to_owned(), *b)].into(),
            })
            .collect();
        markup::check_coordinates(&training(&rows, "loss", kept, Size::HALF));
        let points: Vec<Prediction> =
            values.iter().map(|(truth, predicted)| Prediction { truth: *truth, predicted: *predicted }).collect();
        markup::check_coordinates(&scatter(&points, Size::HALF));
    }

    #[test]
    fn confusion_matrices_of_any_size_and_shape_are_drawn(
        matrix in prop::collection::vec(prop::collection::vec(0_u64..1000, 0..40), 0..40),
    ) {
        let counted = Confusion { labels: vec!["only one name".into()], matrix, part: "test".into() };
        markup::check_coordinates(&confusion(&counted));
    }

    #[test]
    fn ticks_are_round_ordered_and_cover_the_range(
        low in any_value(),
        high in any_value(),
        about in 2..9_usize,
        scale in prop::sample::select(vec![Scale::Linear, Scale::Log, Scale::ReverseLog]),
    ) {
        let axis = Axis::new(scale, (low, high), (0.0, 100.0), about);
        let places: Vec<f64> = axis.ticks().iter().map(|tick| tick.place).collect();
        prop_assert!(places.len() >= 2, "{:?}", axis.ticks());
        prop_assert!(places.len() <= 3 * about + 3, "{:?}", axis.ticks());
        prop_assert!(places.windows(2).all(|pair| pair[0] <= pair[1]), "{places:?}");
        prop_assert!(places.iter().all(|place| (0.0..=100.0).contains(place)), "{places:?}");
    }

    #[test]
    fn linear_ticks_leave_less_than_a_step_at_each_end(low in -1e6..1e6_f64, width in 1e-3..1e6_f64, about in 3..9_usize) {
        let axis = Axis::new(Scale::Linear, (low, low + width), (0.0, 100.0), about);
        let places: Vec<f64> = axis.ticks().iter().map(|tick| tick.place).collect();
        let step = places[1] - places[0];
        prop_assert!(places[0] < step * 1.001 && 100.0 - places[places.len() - 1] < step * 1.001, "{places:?}");
    }

    #[test]
    fn an_axis_keeps_the_order_of_values(mut values in prop::collection::vec(any_value(), 2..20)) {
        values.retain(|value| value.is_finite());
        values.sort_by(f64::total_cmp);
        let (scale, range) = focus(&values, Direction::Minimize, 2.5);
        let axis = Axis::new(scale, range, (0.0, 100.0), 5);
        let places: Vec<f64> = values.iter().map(|value| axis.place(*value)).collect();
        prop_assert!(places.windows(2).all(|pair| pair[0] <= pair[1]), "{values:?} {places:?}");
    }

    #[test]
    fn the_best_value_is_never_beyond_the_scale(values in prop::collection::vec(any_value(), 1..20), maximize in any::<bool>()) {
        let direction = if maximize { Direction::Maximize } else { Direction::Minimize };
        let finite = values.iter().copied().filter(|value| value.is_finite() && value.abs() < 1e300);
        if let Some(best) = finite.min_by(|a, b| direction.loss(*a).total_cmp(&direction.loss(*b)))
            && values.iter().all(|value| !value.is_finite() || value.abs() < 1e300)
        {
            let (scale, range) = focus(&values, direction, 2.5);
            prop_assert!(!Axis::new(scale, range, (0.0, 100.0), 5).is_beyond(best), "{best} {range:?}");
        }
    }
}

#[test]
fn ten_thousand_trials_are_thinned_and_keep_the_best() {
    let space = space();
    let trials: Vec<TrialRecord> = (0..10_000)
        .map(|number| {
            let mut trial = TrialRecord::new(number);
            trial.params = space.complete(|dimension| dimension.domain.place((number % 97) as f64 / 97.0));
            let value = ((number * 7919) % 10_000) as f64 / 1e4;
            (trial.state, trial.value) = (TrialState::Complete, Some(value));
            (0..3).for_each(|step| assert!(trial.report(step, value)));
            trial
        })
        .collect();
    let best = trials.iter().max_by(|a, b| a.value.unwrap().total_cmp(&b.value.unwrap())).unwrap().number;
    let shown = thin(&trials, Direction::Maximize, 2_000);
    assert!(shown.len() > 1_500 && shown.len() <= 2_000);
    assert!(shown.iter().any(|trial| trial.number == best));
    for svg in draw_all(&trials, Direction::Maximize, Size::WIDE) {
        markup::check_coordinates(&svg);
        assert!(svg.matches("data-t=").count() <= 2_400, "{}", svg.matches("data-t=").count());
        assert!(svg.len() < 500_000);
    }
}

#[test]
fn no_trial_one_and_two_are_drawn() {
    for count in 0..3 {
        let trials: Vec<TrialRecord> = (0..count).map(TrialRecord::new).collect();
        draw_all(&trials, Direction::Minimize, Size::WIDE)
            .iter()
            .for_each(|svg| markup::check_coordinates(svg));
    }
    for domain in space().dimensions().iter().map(|dimension| &dimension.domain) {
        let svg = strip(domain, &domain.place(0.3), &[domain.place(0.9), Value::from("odd")], "name");
        markup::check_coordinates(&svg);
    }
}

#[test]
fn no_line_passes_where_unused_settings_are_labelled() {
    let mut trials: Vec<TrialRecord> = (0..12).map(TrialRecord::new).collect();
    for (i, trial) in trials.iter_mut().enumerate() {
        trial.params = space().complete(|dimension| dimension.domain.place((i % 4) as f64 / 4.0));
        (trial.state, trial.value) = (TrialState::Complete, (i > 2).then_some(0.1 * i as f64));
    }
    for (size, axis, place) in [(Size::WIDE, "y", 1), (Size { height: 500.0, ..Size::NARROW }, "x", 0)] {
        let svg = parallel(&space(), &trials, &["lr", "rate", "units"], Direction::Maximize, "m", size);
        let tags = markup::tags(&svg);
        let number = |text: &str| text.parse::<f64>().unwrap();
        let unused = tags.iter().filter(|tag| tag.attribute("class") == Some("tick unused"));
        let labels: Vec<f64> = unused.map(|tag| number(tag.attribute(axis).unwrap())).collect();
        assert_eq!(labels.len(), 2, "the rate of some, the value of some");
        let lines = tags.iter().filter(|tag| tag.name == "polyline");
        let points = lines.flat_map(|tag| tag.attribute("points").unwrap().split(' '));
        let at: Vec<f64> = points.map(|point| number(point.split(',').nth(place).unwrap())).collect();
        let (low, high) = at.iter().fold((f64::MAX, f64::MIN), |(l, h), x| (l.min(*x), h.max(*x)));
        for label in labels {
            // Upright, the words stand below all lines by the height of letters; lying, they end left of all lines.
            let clear = if axis == "y" { label - high >= 12.0 } else { low - label >= 6.0 };
            assert!(clear, "{axis} {label} against lines from {low} to {high}");
        }
    }
}

#[test]
fn pruned_curves_end_in_a_ring_and_diverged_ones_in_a_cross() {
    let trial = |number, state| {
        let mut trial = TrialRecord::new(number);
        trial.state = state;
        (0..5).for_each(|step| assert!(trial.report(step, 0.5 + 0.1 * step as f64)));
        trial
    };
    let trials =
        [trial(0, TrialState::Pruned), trial(1, TrialState::Diverged), trial(2, TrialState::Complete)];
    let svg = curves(&trials, Direction::Maximize, "accuracy", "epoch", Size::WIDE);
    assert!(svg.contains("<circle class=\"m pruned end\" data-t=\"0\""));
    assert!(svg.contains("<path class=\"m diverged end\" data-t=\"1\""));
    assert!(!svg.contains("data-t=\"2\" cx"));
}

#[test]
fn the_style_knows_every_class_the_charts_use() {
    let trials: Vec<TrialRecord> =
        [TrialState::Complete, TrialState::Pruned, TrialState::Diverged, TrialState::Failed]
            .into_iter()
            .zip(0..)
            .map(|(state, number)| {
                let mut trial = TrialRecord::new(number);
                trial.params = space().complete(|dimension| dimension.domain.place(0.2));
                (trial.state, trial.value) = (state, (number < 2).then_some(0.5));
                (0..4).for_each(|step| assert!(trial.report(step, 0.5)));
                trial
            })
            .collect();
    let plain = [
        "chart",
        "tick",
        "cell",
        "axis-title",
        "end",
        "history",
        "curves",
        "parallel",
        "slice",
        "value",
        "unused",
    ];
    for tag in draw_all(&trials, Direction::Maximize, Size::WIDE).iter().flat_map(|svg| markup::tags(svg)) {
        for class in tag.attribute("class").unwrap_or_default().split(' ').filter(|class| !class.is_empty()) {
            assert!(plain.contains(&class) || STYLE.contains(&format!(".{class}")), "no style for {class}");
        }
    }
}
