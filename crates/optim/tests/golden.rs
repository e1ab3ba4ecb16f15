//! Golden vectors: three parameters, six given gradients, what each rule makes of them.
//!
//! The expected numbers come from programs that share no code with this crate, plain loops in double precision over the
//! formulas of papers and libraries: the last rows of the table from `golden.py` beside this file. All are given to
//! twelve decimals.

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
    ("lion", r#"{"lr": 0.01, "weight_decay": 0.1}"#, 3, [0.987032989000, -2.004015988000, 0.488511489500]),
    ("lamb", r#"{"lr": 0.01, "weight_decay": 0.01}"#, 3, [0.970047262509, -1.995673840388, 0.466577299786]),
    ("lamb", r#"{"lr": 0.01, "eps": 1e-7, "dialect": "keras"}"#, 3,
        [0.970227918517, -1.996293523299, 0.466936161770]),
    ("lars", r#"{"lr": 0.01, "scale_vectors": true}"#, 3, [0.999953982236, -1.999993445696, 0.499963816139]),
    ("schedule_free_adamw", "{}", 3, [0.996510939078, -1.999761169849, 0.498282780491]),
    ("prodigy", "{}", 6, [0.999991127217, -2.000005163489, 0.499988824610]),
    ("dadapt_adam", "{}", 6, [1.000019093634, -2.000068864538, 0.499976752608]),
    ("ademamix", r#"{"lr": 0.01}"#, 3, [0.981430623630, -1.990407939735, 0.482898133529]),
    ("mars", r#"{"lr": 0.01, "optimize_1d": true}"#, 3, [0.981472790626, -1.992464046746, 0.486350871667]),
    ("adam_mini", r#"{"lr": 0.01}"#, 3, [0.985734397747, -1.994167847957, 0.479869644694]),
    ("sophia_g", r#"{"lr": 0.01, "update_interval": 1, "weight_decay": 0.0}"#, 3, [0.99, -1.99, 0.47]),
    ("cautious", r#"{"inner": {"adam": {"lr": 0.01}}}"#, 3, [0.963387583622, -1.997656103708, 0.490000000333]),
    ("sgd", r#"{"lr": 0.01, "momentum": 0.9, "nesterov": true, "dialect": "keras"}"#, 3,
        [0.996031, -2.007777, 0.492393]),
    ("adagrad", r#"{"lr": 0.01, "eps": 1e-7, "initial_accumulator_value": 0.1, "dialect": "keras"}"#, 3,
        [0.996943351410, -2.004781032856, 0.495353597214]),
    ("rmsprop", r#"{"lr": 0.001, "alpha": 0.9, "eps": 1e-7, "dialect": "keras"}"#, 3,
        [0.996357165277, -2.000699640777, 0.497886018985]),
    ("adam", r#"{"lr": 0.01, "eps": 1e-7, "dialect": "keras"}"#, 3,
        [0.981436602995, -1.990409595252, 0.482904289533]),
    // From `golden.py`.
    ("lookahead", r#"{"inner": {"adam": {"lr": 0.01}}, "k": 2, "alpha": 0.3}"#, 6,
        [0.993308900434, -2.001151088719, 0.492325888215]),
    ("adabelief", r#"{"lr": 0.01, "weight_decay": 0.1}"#, 6, [0.969168797769, -1.992264908123, 0.469061830059]),
    ("yogi", r#"{"lr": 0.01}"#, 6, [0.978358831386, -2.004018959711, 0.474652613468]),
    ("adan", r#"{"lr": 0.01, "weight_decay": 0.1}"#, 6, [0.976903152317, -1.993735932679, 0.487923207264]),
    ("ftrl", r#"{"lr": 0.1, "beta": 0.5, "l1": 0.15, "l2": 0.2}"#, 6,
        [0.984069722383, -2.064144389414, 0.464230358408]),
    ("schedule_free_sgd", r#"{"lr": 0.1, "weight_decay": 0.1, "warmup_steps": 3, "r": 1.0}"#, 6,
        [0.964352401959, -2.008714155232, 0.469018690142]),
    ("sophia_g", r#"{"lr": 0.01, "rho": 20.0, "batch_size": 2, "update_interval": 2, "weight_decay": 0.1}"#, 6,
        [0.972981486767, -1.984420629123, 0.484242602895]),
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
    walk_from(START, optimizer, steps)
}

fn walk_from(mut values: [f64; 3], optimizer: &mut dyn Optimizer, steps: usize) -> [f64; 3] {
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
fn prodigys_estimate_grows_while_gradients_agree() {
    let mut optimizer = made("prodigy", r#"{"weight_decay": 0.01}"#);
    let mut values = START;
    for gradient in GRADIENTS {
        let sizes = gradient.map(f64::abs);
        optimizer.step(&mut values, &[&sizes], Pace::default(), Par::Seq).unwrap();
    }
    assert_close("prodigy", &values, &[0.999777969973314, -2.000215676525175, 0.499788826156585]);
    optimizer.visit(&mut |state| {
        if let ("d", tunesmith_optim::StateData::F64(d)) = (state.name, state.data) {
            assert!((d[0] / 7.082238248935e-5 - 1.0).abs() < 1e-10, "{}", d[0]);
        }
    });
}

#[test]
fn ftrl_reaches_and_leaves_zero_as_the_papers_linear_term_does() {
    let starts_and_ends = [
        ([0.0; 3], [0.0, -0.058111295367, -0.020077457703]),
        ([0.01, -0.02, 0.03], [0.0, -0.084153162004, 0.0]),
    ];
    for (start, end) in starts_and_ends {
        let mut optimizer = made("ftrl", r#"{"lr": 0.1, "beta": 0.5, "l1": 0.15, "l2": 0.2}"#);
        assert_close("ftrl", &walk_from(start, &mut *optimizer, 6), &end);
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

#[test]
fn schedule_free_adamw_evaluates_its_average() {
    let mut optimizer = made("schedule_free_adamw", "{}");
    let values = walk(&mut *optimizer, 3);
    let mut average = [0.0; 3];
    assert!(optimizer.average(&values, &mut average));
    assert_close("x", &average, &[0.996396330035, -1.999455781743, 0.498245505233]);
    optimizer.visit(&mut |state| {
        if let ("z", tunesmith_optim::StateData::F64(z)) = (state.name, state.data) {
            assert_close("z", z, &[0.997542420465, -2.002509662801, 0.498618257808]);
        }
    });
}

#[test]
fn the_estimates_of_the_distance_are_the_references() {
    for (rule, expected) in [
        ("prodigy", [1e-6; 6]),
        ("dadapt_adam", [1e-6, 6.327055e-6, 6.327055e-6, 6.327055e-6, 6.327055e-6, 6.327055e-6]),
    ] {
        for steps in 1..=6 {
            let mut optimizer = made(rule, "{}");
            walk(&mut *optimizer, steps);
            optimizer.visit(&mut |state| {
                if let ("d", tunesmith_optim::StateData::F64(d)) = (state.name, state.data) {
                    assert!(
                        (d[0] / expected[steps - 1] - 1.0).abs() < 1e-6,
                        "{rule} after {steps}: {}",
                        d[0]
                    );
                }
            });
        }
    }
}
