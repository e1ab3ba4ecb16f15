//! Where curves are going: how near and how honest extrapolation is, and what is saved by it.

mod simulator;

use proptest::prelude::*;
use tunesmith_core::{Generator, Seed};
use tunesmith_tuner::analysis::{Extrapolation, extrapolate};
use tunesmith_tuner::pruners::{Asha, Extrapolate, FreezeThaw, NoPruning};

use simulator::{WHOLE, median, search};

/// A random curve of 100 steps: of one of the families, or of none of them (two speeds, a late start).
fn curve(kind: usize, generator: &mut Generator) -> Vec<(u64, f64)> {
    let (limit, height) = (generator.uniform_in(0.0, 0.5), generator.uniform_in(0.2, 1.0));
    let (power, speed) = (generator.uniform_in(0.4, 2.0), generator.uniform_in(0.02, 0.3));
    let (shape, share) = (generator.uniform_in(0.6, 2.0), generator.uniform());
    let noise = 10_f64.powf(generator.uniform_in(-3.0, -1.5));
    let at = |t: f64| match kind {
        0 => t.powf(-power),
        1 => (-speed * t).exp(),
        2 => 0.7 / (t + 1.0).ln(),
        3 => (-(speed * t).powf(shape)).exp(),
        4 => 1.0 / (1.0 + (speed * t).powf(shape)),
        5 => share * (-speed * t).exp() + (1.0 - share) * (-speed / 8.0 * t).exp(),
        _ => 1.0 / (1.0 + (speed * (t - 20.0 * share)).exp()),
    };
    let mut value = |step: u64| limit + height * at(step as f64 + 1.0) + noise * generator.normal();
    (0..100).map(|step| (step, value(step))).collect()
}

/// What is foretold, and the first, the last seen and the final value.
type Case = (Extrapolation, f64, f64, f64);

#[test]
fn what_is_foretold_is_near_and_as_sure_as_it_says() {
    let mut generator = Seed::new(1).generator();
    // Of the families themselves, then of curves with two speeds; 90 % are promised.
    for (kinds, least) in [(0..5, [0.83, 0.87, 0.87]), (5..6, [0.4, 0.75, 0.75])] {
        for (seen, least) in [8, 20, 50].into_iter().zip(least) {
            let curves: Vec<_> =
                kinds.clone().flat_map(|kind| [kind; 80]).map(|kind| curve(kind, &mut generator)).collect();
            let foretold = curves.iter().map(|curve| extrapolate(&curve[..seen], 99).unwrap());
            let cases: Vec<_> =
                foretold.zip(&curves).map(|(f, c)| (f, c[0].1, c[seen - 1].1, c[99].1)).collect();
            let share = |right: &dyn Fn(&Case) -> bool| {
                cases.iter().filter(|case| right(case)).count() as f64 / cases.len() as f64
            };
            let within = share(&|(foretold, .., end)| (0.05..=0.95).contains(&foretold.below(*end)));
            let nearer =
                share(&|(foretold, _, last, end)| (foretold.mean() - end).abs() < (last - end).abs());
            assert!(
                within >= least,
                "{kinds:?}, {seen} seen: {within} of the ends lie within the central 90 %"
            );
            assert!(
                nearer >= 0.65,
                "{kinds:?}, {seen} seen: nearer than the last value in {nearer} of the cases"
            );
            let sharp = |(f, first, _, end): &Case| f.standard_deviation() / (first - end).abs();
            let sharp = median(cases.iter().map(sharp).collect());
            assert!(sharp < 0.25, "{kinds:?}, {seen} seen: the deviation is {sharp} of the fall");
        }
    }
}

proptest! {
    #[test]
    fn units_do_not_matter(
        values in prop::collection::vec(-1.0..1.0_f64, 3..40), shift in -5.0..5.0_f64, scale in prop::num::f64::NORMAL
    ) {
        let scale = scale.signum() * (scale.abs().log10().rem_euclid(6.0) - 3.0).exp();
        let curve: Vec<(u64, f64)> = values.iter().enumerate().map(|(i, v)| (2 * i as u64, *v)).collect();
        let moved: Vec<(u64, f64)> = curve.iter().map(|&(step, v)| (step, shift + scale * v)).collect();
        let (plain, moved) = (extrapolate(&curve, 200).unwrap(), extrapolate(&moved, 200).unwrap());
        prop_assert!((shift + scale * plain.mean() - moved.mean()).abs() < 1e-6 * scale.abs().max(1.0));
        let ratio = moved.standard_deviation() / (scale.abs() * plain.standard_deviation());
        prop_assert!((ratio - 1.0).abs() < 1e-6);
        let below = plain.below(0.3);
        let there = moved.below(shift + scale * 0.3);
        let there = if scale > 0.0 { there } else { 1.0 - there };
        prop_assert!((below - there).abs() < 1e-6);
    }

    #[test]
    fn any_curve_gives_a_distribution(
        values in prop::collection::vec(prop_oneof![4 => -10.0..10.0_f64, 1 => prop::num::f64::ANY], 0..40),
        to in 0..300_u64
    ) {
        let curve: Vec<(u64, f64)> = values.iter().enumerate().map(|(i, v)| (i as u64, *v)).collect();
        if let Some(foretold) = extrapolate(&curve, to) {
            prop_assert!(foretold.mean().is_finite() && foretold.standard_deviation() >= 0.0);
            let (low, high) = (foretold.below(-1.0), foretold.below(1.0));
            prop_assert!((0.0..=1.0 + 1e-9).contains(&low) && low <= high + 1e-9);
        } else {
            let finite = values.iter().filter(|v| v.is_finite()).count();
            prop_assert!(finite < 3 || to < values.len() as u64 || values.iter().any(|v| v.abs() > 1e149));
        }
    }
}

#[test]
fn a_constant_curve_stays_what_it_is() {
    let foretold = extrapolate(&[(0, 0.3), (1, 0.3), (2, 0.3)], 9).unwrap();
    assert_eq!((foretold.mean(), foretold.standard_deviation()), (0.3, 0.0));
    assert_eq!([0.2, 0.3, 0.4].map(|value| foretold.below(value)), [0.0, 0.0, 1.0]);
}

/// The median over seeds of the regret after a number of steps.
fn after(steps: u64, scheduler: impl Fn() -> Box<dyn tunesmith_tuner::Scheduler>) -> f64 {
    median((0..12).map(|seed| search(scheduler(), 0.003, steps, seed)[steps as usize - 1]).collect())
}

#[test]
fn promotion_needs_a_fraction_of_the_steps_of_full_trainings() {
    let promoting = after(4 * WHOLE, || Box::new(Asha::promoting(WHOLE as usize)));
    let full = after(16 * WHOLE, || Box::new(NoPruning));
    assert!(promoting < full, "{promoting} by promotion after a quarter of the steps, {full} without");
}

#[test]
fn extrapolation_saves_steps_and_keeps_the_winner() {
    let rule = || Box::new(Extrapolate { max_resource: WHOLE as usize, ..Extrapolate::default() });
    let pruned = after(10 * WHOLE, || rule());
    let full = after(20 * WHOLE, || Box::new(NoPruning));
    assert!(pruned <= full, "{pruned} by extrapolation after half of the steps, {full} without");
}

#[test]
fn freeze_thaw_is_far_ahead_of_full_trainings_early() {
    let rule = || Box::new(FreezeThaw { max_resource: WHOLE as usize, ..FreezeThaw::default() });
    let thawed = after(4 * WHOLE, || rule());
    let full = after(12 * WHOLE, || Box::new(NoPruning));
    assert!(thawed < full, "{thawed} by freeze-thaw after a third of the steps, {full} without");
}
