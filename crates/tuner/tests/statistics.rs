//! Statistics against scipy's numbers (tests/fixtures/statistics.py makes them), and what must hold of them anyway.

use proptest::prelude::*;
use serde_json::Value as Json;
use tunesmith_core::Seed;
use tunesmith_tuner::analysis::statistics::{
    Alternative, Estimate, bootstrap_interval, holm, kendall_tau, mann_kendall, mean, paired_t, quantile,
    standard_deviation, student_t, wilcoxon,
};

fn fixture() -> Json {
    serde_json::from_str(include_str!("fixtures/statistics.json")).unwrap()
}

fn numbers(json: &Json) -> Vec<f64> {
    json.as_array().unwrap().iter().map(number).collect()
}

fn number(json: &Json) -> f64 {
    json.as_f64().unwrap()
}

#[track_caller]
fn assert_near(what: &str, ours: f64, theirs: f64) {
    assert!((ours - theirs).abs() <= 1e-10 * theirs.abs().max(1e-3), "{what}: ours {ours}, scipy's {theirs}");
}

const SIDES: [(&str, Alternative); 3] =
    [("less", Alternative::Less), ("greater", Alternative::Greater), ("two_sided", Alternative::TwoSided)];

#[test]
fn tests_on_pairs_are_scipys() {
    for case in fixture()["pairs"].as_array().unwrap() {
        let (a, b) = (numbers(&case["a"]), numbers(&case["b"]));
        for (name, side) in SIDES {
            assert_near(
                &format!("t {name} of {}", a.len()),
                paired_t(&a, &b, side),
                number(&case["t"][name]),
            );
            let theirs = number(&case["wilcoxon"][name]);
            assert_near(&format!("wilcoxon {name} of {}", a.len()), wilcoxon(&a, &b, side), theirs);
        }
    }
}

#[test]
fn trends_are_scipys() {
    for case in fixture()["trends"].as_array().unwrap() {
        let (x, y) = (numbers(&case["x"]), numbers(&case["y"]));
        let ours = kendall_tau(&x, &y);
        assert_near(&format!("tau of {}", x.len()), ours.tau, number(&case["tau"]));
        assert_near(&format!("p of tau of {}", x.len()), ours.p_value, number(&case["p_value"]));
        let ours = mann_kendall(&y);
        assert_near("tau with time", ours.tau, number(&case["time_tau"]));
        assert_near("Mann-Kendall", ours.p_value, number(&case["mann_kendall"]));
    }
}

#[test]
fn intervals_and_quantiles_are_scipys() {
    for case in fixture()["intervals"].as_array().unwrap() {
        let values = numbers(&case["values"]);
        let ours = Estimate::of(&values, number(&case["level"]));
        assert_near("mean", ours.mean, number(&case["mean"]));
        assert_near("sd", standard_deviation(&values), number(&case["sd"]));
        assert_near("low", ours.low, number(&case["low"]));
        assert_near("high", ours.high, number(&case["high"]));
        assert_near("quartile", quantile(&values, 0.25), number(&case["quartile"]));
    }
    for case in fixture()["student"].as_array().unwrap() {
        let ours = student_t(number(&case["level"]), number(&case["freedom"]));
        assert_near(&format!("{case}"), ours, number(&case["t"]));
    }
}

#[test]
fn the_bootstrap_of_a_mean_is_scipys_but_for_chance() {
    let case = &fixture()["bootstrap"];
    let values = numbers(&case["values"]);
    let ask = |seed| bootstrap_interval(&values, mean, 0.95, 20_000, &mut Seed::new(seed).generator());
    let (low, high) = ask(0);
    let allowed = 0.05 * number(&case["error"]);
    assert!((low - number(&case["low"])).abs() < allowed && (high - number(&case["high"])).abs() < allowed);
    assert_eq!(ask(3), ask(3));
}

#[test]
fn nothing_to_tell_apart_is_no_evidence() {
    for (_, side) in SIDES {
        assert_eq!(paired_t(&[1.0, 2.0], &[1.0, 2.0], side), 1.0);
        assert_eq!(paired_t(&[1.0], &[2.0], side), 1.0);
        assert_eq!(wilcoxon(&[], &[], side), 1.0);
    }
    // A run that diverged in both is a pair without a difference.
    let infinite = f64::INFINITY;
    assert_eq!(wilcoxon(&[infinite, 1.0], &[infinite, 1.0], Alternative::Less), 1.0);
    assert_eq!(wilcoxon(&[1.0; 4], &[infinite; 4], Alternative::Less), 1.0 / 16.0);
    assert_eq!(mann_kendall(&[2.0; 9]).p_value, 1.0);
    assert_eq!(kendall_tau(&[], &[]).p_value, 1.0);
}

fn values() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec((-20_i32..20).prop_map(|i| f64::from(i) / 4.0), 2..40)
}

proptest! {
    #[test]
    fn sides_of_a_test_mirror_each_other(a in values(), shift in -2.0..2.0_f64) {
        let b: Vec<f64> = a.iter().rev().map(|x| x + shift).collect();
        for test in [paired_t, wilcoxon] {
            let (less, greater) = (test(&a, &b, Alternative::Less), test(&b, &a, Alternative::Greater));
            prop_assert!((less - greater).abs() < 1e-12);
            prop_assert!((0.0..=1.0).contains(&less));
        }
    }

    #[test]
    fn tau_knows_no_order_of_its_arguments_and_no_scale(a in values(), seed in 0_u64..99) {
        let mut b = a.clone();
        Seed::new(seed).generator().shuffle(&mut b);
        let tau = kendall_tau(&a, &b);
        let stretched: Vec<f64> = a.iter().map(|x| x.exp()).collect();
        prop_assert_eq!(&tau, &kendall_tau(&b, &a));
        prop_assert_eq!(&tau, &kendall_tau(&stretched, &b));
        // By the definition.
        let sign = |x: f64| if x == 0.0 { 0.0 } else { x.signum() };
        let n = a.len();
        let pairs = |x: &[f64], y: &[f64]| -> f64 {
            (0..n).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| sign(x[i] - x[j]) * sign(y[i] - y[j])).sum()
        };
        let scale = (pairs(&a, &a) * pairs(&b, &b)).sqrt();
        let expected = if scale == 0.0 { 0.0 } else { pairs(&a, &b) / scale };
        prop_assert!((tau.tau - expected).abs() < 1e-12, "{} {}", tau.tau, expected);
    }

    #[test]
    fn holm_only_raises_and_keeps_the_order(p in prop::collection::vec(0.0..=1.0_f64, 1..10)) {
        let corrected = holm(&p);
        for i in 0..p.len() {
            prop_assert!(corrected[i] >= p[i] && corrected[i] <= 1.0);
            for j in 0..p.len() {
                prop_assert!(p[i] > p[j] || corrected[i] <= corrected[j]);
            }
        }
    }
}
