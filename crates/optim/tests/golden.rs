//! Golden vectors: three parameters, six given gradients, what each rule makes of them.
//!
//! The expected numbers of rules that PyTorch or Keras have, and of those with a reference implementation, were
//! computed once by a program that shares no code with this crate: plain loops in double precision over the formulas of
//! the papers, the first steps of which were compared with the libraries. All are given to twelve decimals.

use tunesmith_core::{Plug, Value};
use tunesmith_optim::{Layout, Optimizer, OptimizerEntry, Pace};
use tunesmith_tensor::{DType, Par};

const START: [f64; 3] = [1.0, -2.0, 0.5];
const GRADIENTS: [[f64; 3]; 6] = [
    [0.1, -0.2, 0.3],
    [0.3, 0.05, -0.1],
    [-0.4, 0.7, 0.0],
    [0.2, -0.1, 0.25],
    [0.05, 0.4, -0.3],
    [-0.15, 0.1, 0.2],
];
const TOLERANCE: f64 = 1.5e-12;

/// A rule with a setting that is read from JSON; the steps it takes; where it ends.
type Golden = (&'static str, &'static str, usize, [f64; 3]);

#[rustfmt::skip]
const GOLDEN: &[Golden] = &[
    ("sgd", r#"{"lr": 0.01}"#, 3, [1.0, -2.0055, 0.498]),
    ("sgd", r#"{"lr": 0.01, "momentum": 0.9}"#, 3, [0.99559, -2.00253, 0.49377]),
    ("sgd", r#"{"lr": 0.01, "momentum": 0.9, "dampening": 0.1}"#, 3, [0.99576, -2.001735, 0.49358]),
    ("sgd", r#"{"lr": 0.01, "momentum": 0.9, "nesterov": true}"#, 3, [0.996031, -2.007777, 0.492393]),
    ("sgd", r#"{"lr": 0.01, "momentum": 0.9, "weight_decay": 0.1}"#, 3,
        [0.989991598, -1.991326696, 0.4909777965]),
    ("adagrad", r#"{"lr": 0.01}"#, 3, [0.988357812436, -2.002017998190, 0.493162277663]),
    ("adadelta", "{}", 3, [0.997462117886, -2.002331257076, 0.498320274017]),
    ("adadelta", r#"{"lr": 0.001, "rho": 0.95, "eps": 1e-7}"#, 3,
        [0.999998857733, -2.000001043545, 0.499999232977]),
    ("rmsprop", r#"{"lr": 0.01}"#, 3, [0.883697090079, -2.020368987806, 0.431766070142]),
    ("rmsprop", r#"{"lr": 0.01, "centered": true, "momentum": 0.9}"#, 3,
        [0.624453503696, -1.870334158535, 0.288108841850]),
    ("adam", r#"{"lr": 0.01}"#, 3, [0.981436200194, -1.990409387916, 0.482904113802]),
    ("adam", r#"{"lr": 0.01, "weight_decay": 0.1}"#, 3, [0.977746685991, -1.981547320794, 0.479319558768]),
    ("adam", r#"{"lr": 0.01, "amsgrad": true}"#, 3, [0.981436200194, -1.990409387916, 0.482905661039]),
    ("adamw", r#"{"lr": 0.01, "weight_decay": 0.1}"#, 3, [0.978468367003, -1.984440070596, 0.481429605486]),
    ("adamax", r#"{"lr": 0.01}"#, 3, [0.983609925474, -1.989648797109, 0.485128870604]),
    ("adamax", r#"{"lr": 0.01, "eps": 1e-7, "dialect": "keras"}"#, 3,
        [0.983609936425, -1.989648802756, 0.485128875067]),
    ("nadam", r#"{"lr": 0.01}"#, 3, [0.987617636722, -2.002055930697, 0.491749481179]),
    ("nadam", r#"{"lr": 0.01, "momentum_decay": 1.0, "eps": 1e-7}"#, 3,
        [0.987179596688, -2.001249942189, 0.491458959249]),
    ("radam", r#"{"lr": 0.01}"#, 6, [0.996205084959, -2.002740775209, 0.494232934766]),
    ("adafactor", r#"{"lr": 0.01}"#, 3, [0.984738078721, -2.008974130228, 0.493018562552]),
];

/// The rule as a recipe would make it.
fn made(rule: &str, settings: &str) -> Box<dyn Optimizer> {
    let settings: Value = serde_json::from_str(settings).unwrap();
    let Value::Table(config) = settings else { panic!("{rule}: settings are a table") };
    let plug = Plug { name: rule.to_owned(), config };
    let mut optimizer = OptimizerEntry::make(&plug, "optimizer").unwrap();
    optimizer.init(&Layout::packed([("x", vec![3])]), DType::F64);
    optimizer
}

fn walk(optimizer: &mut dyn Optimizer, steps: usize) -> [f64; 3] {
    let mut values = START;
    for gradient in &GRADIENTS[..steps] {
        optimizer.step(&mut values, &[gradient], Pace::default(), Par::Seq).unwrap();
    }
    values
}

fn assert_close(what: &str, ours: &[f64], expected: &[f64]) {
    let close = ours.iter().zip(expected).all(|(a, b)| (a - b).abs() <= TOLERANCE);
    assert!(close, "{what}: {ours:.12?}, expected {expected:.12?}");
}

#[test]
fn every_rule_reproduces_its_golden_vector() {
    for (rule, settings, steps, expected) in GOLDEN {
        let mut optimizer = made(rule, settings);
        assert_close(&format!("{rule} {settings}"), &walk(&mut *optimizer, *steps), expected);
    }
}

#[test]
fn muon_orthogonalises_as_newton_and_schulz_in_double_precision() {
    let config = [("lr", 1.0), ("momentum", 0.0), ("weight_decay", 0.0)];
    let config = config.map(|(name, value)| (name.to_owned(), Value::Float(value)));
    let plug = Plug { name: "muon".to_owned(), config: config.into() };
    for transposed in [false, true] {
        let mut optimizer = OptimizerEntry::make(&plug, "optimizer").unwrap();
        let (gradient, shape) = if transposed {
            ([0.1, 0.3, -0.2, 0.05, 0.3, -0.1], vec![3, 2])
        } else {
            ([0.1, -0.2, 0.3, 0.3, 0.05, -0.1], vec![2, 3])
        };
        optimizer.init(&Layout::packed([("x", shape)]), DType::F64);
        let mut values = [0.0; 6];
        optimizer.step(&mut values, &[&gradient], Pace::default(), Par::Seq).unwrap();
        let expected = [0.3069406469, -0.5602773026, 0.8383542619, 0.9476239364, 0.1400693256, -0.2883854192];
        for (i, &ours) in values.iter().enumerate() {
            let (row, column, lengthened) =
                if transposed { (i % 2, i / 2, 1.5_f64.sqrt()) } else { (i / 3, i % 3, 1.0) };
            let theirs = -expected[3 * row + column] * lengthened;
            assert!((ours - theirs).abs() < 2e-10, "{ours} {theirs}");
        }
    }
}
