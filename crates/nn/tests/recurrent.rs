//! The recurrent layers: PyTorch's numbers, directions, joins, how they start, what they refuse.

use tunesmith_core::{Plug, Value};
use tunesmith_nn::layers::{Bidirectional, Gru, Lstm, SimpleRnn};
use tunesmith_nn::parity::{Parity, run_case};
use tunesmith_nn::{Mode, Sequential};

const TIME: usize = 4;
const FEATURES: usize = 2;

fn numbers(len: usize) -> Vec<f64> {
    (0..len).map(|i| (i as f64 * 0.7).sin() * 0.5).collect()
}

/// The steps of a sequence in reverse order.
fn reversed(sequence: &[f64], width: usize) -> Vec<f64> {
    sequence.chunks(width).rev().flatten().copied().collect()
}

fn near(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12)
}

#[test]
fn all_four_are_pytorchs() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/layers.json");
    let fixture: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let Some(Value::List(cases)) = fixture.at("cases") else { panic!("no cases") };
    for name in ["lstm", "gru", "rnn_tanh", "lstm_bidirectional"] {
        let case = cases.iter().find(|case| case.at("layer").and_then(Value::as_str) == Some(name)).unwrap();
        let parity = run_case("layers", case);
        assert!(matches!(parity, Parity::Error(error) if error < 1e-12), "{name}: {parity:?}");
    }
}

#[test]
fn going_backwards_is_going_along_the_reversed_sequence() {
    let x = numbers(TIME * FEATURES);
    let model = || Sequential::new([TIME, FEATURES]);
    for (there, back) in [
        (model().with(Lstm::new(3)), model().with(Lstm::new(3).go_backwards())),
        (
            model().with(Gru::new(3).return_sequences()),
            model().with(Gru::new(3).return_sequences().go_backwards()),
        ),
        (
            model().with(SimpleRnn::new(3).return_sequences()),
            model().with(SimpleRnn::new(3).return_sequences().go_backwards()),
        ),
    ] {
        let params = numbers(there.param_count());
        let wanted = there.predict(&params, &reversed(&x, FEATURES));
        assert!(near(&back.predict(&params, &x), &wanted));
    }
}

#[test]
fn both_directions_are_two_layers_and_joined_as_asked() {
    let x = numbers(TIME * FEATURES);
    for every in [false, true] {
        let layer = if every { Gru::new(3).return_sequences() } else { Gru::new(3) };
        let one = Sequential::new([TIME, FEATURES]).with(layer);
        let count = one.param_count();
        let params = numbers(2 * count);
        let along = one.predict(&params[..count], &x);
        let back = reversed(&one.predict(&params[count..], &reversed(&x, FEATURES)), 3);
        let plug = Plug::new("gru").with("units", 3_usize).with("return_sequences", every);
        let pairs = || along.iter().zip(&back);
        let joined = |merge: &str| -> Vec<f64> {
            match merge {
                "sum" => pairs().map(|(a, b)| a + b).collect(),
                "average" => pairs().map(|(a, b)| (a + b) / 2.0).collect(),
                "multiply" => pairs().map(|(a, b)| a * b).collect(),
                _ => along.chunks(3).zip(back.chunks(3)).flat_map(|(a, b)| [a, b].concat()).collect(),
            }
        };
        for merge in ["concat", "sum", "average", "multiply"] {
            let both = Bidirectional::new(plug.clone()).merge(merge);
            let both = Sequential::new([TIME, FEATURES]).with(both);
            assert!(near(&both.predict(&params, &x), &joined(merge)), "{merge}, all steps: {every}");
        }
    }
}

#[test]
fn layers_start_as_pytorchs_or_kerass() {
    let units = 16;
    let pytorch = Sequential::new([TIME, FEATURES]).with(Lstm::new(units));
    let params = pytorch.initial_params(0);
    let largest = params.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
    assert!((0.24..0.25).contains(&largest), "{largest} of 1 / sqrt({units})");

    let keras =
        Lstm::new(units).init(Plug::new("glorot_uniform"), Plug::new("orthogonal")).unit_forget_bias();
    let keras = Sequential::new([TIME, FEATURES]).with(keras);
    let params = keras.initial_params(0);
    let recurrent = &params[4 * units * FEATURES..][..4 * units * units];
    let column = |j: usize| (0..4 * units).map(move |i| recurrent[i * units + j]);
    for (a, b) in [(0, 0), (0, 1), (3, 3), (3, 9)] {
        let product: f64 = column(a).zip(column(b)).map(|(a, b)| a * b).sum();
        assert!((product - f64::from(u8::from(a == b))).abs() < 1e-12);
    }
    let biases = &params[params.len() - 8 * units..];
    assert!(
        biases.iter().enumerate().all(|(i, &b)| b == f64::from(u8::from((units..2 * units).contains(&i))))
    );

    let both = Plug::new("lstm").with("unit_forget_bias", true).with("bias_init", "zeros");
    let why = Sequential::from_plugs(&[both], [TIME, FEATURES], None).unwrap_err().to_string();
    assert!(why.contains("bias_init"), "{why}");
}

#[test]
fn a_layer_without_biases_has_weights_alone() {
    let plug = Plug::new("gru").with("units", 3_usize).with("bias", false);
    let model = Sequential::from_plugs(&[plug], [TIME, FEATURES], None).unwrap();
    let names: Vec<String> = model.params().into_iter().map(|param| param.name).collect();
    assert_eq!(names, ["0.weight_ih_l0", "0.weight_hh_l0"]);
    let traced = model.trace(2, Mode::Training);
    let loss = traced.output.square().sum();
    assert_eq!(traced.graph.gradient(&loss, &traced.graph.param_vars().iter().collect::<Vec<_>>()).len(), 2);
}

#[test]
fn dropout_takes_an_input_from_all_steps_while_training() {
    use tunesmith_autodiff::{Feed, Runner};
    // One unit that adds up its inputs along the steps: each feature counts TIME times or not at all.
    let model = Sequential::new([TIME, FEATURES]).with(SimpleRnn::new(1).activation("relu").dropout(0.5));
    let params = [1.0, 10.0, 1.0, 0.0, 0.0];
    let traced = model.trace(64, Mode::Training);
    let mut runner = Runner::<f64>::new(traced.graph.plan(&[&traced.output]));
    let x = vec![0.5; 64 * TIME * FEATURES];
    runner.run(Feed { params: &params, inputs: &[&x], noise: 1, ..Feed::default() });
    let time = TIME as f64;
    let possible = [0.0, time, 10.0 * time, 11.0 * time];
    let found: Vec<usize> = runner
        .output(0)
        .iter()
        .map(|out| possible.iter().position(|p| (p - out).abs() < 1e-9).expect("features are dropped whole"))
        .collect();
    assert!((0..4).all(|case| found.contains(&case)), "{found:?}");
    assert_eq!(model.predict::<f64>(&params, &x[..TIME * FEATURES]), [5.5 * time]);
}

#[test]
fn what_is_no_sequence_is_refused_with_a_way_out() {
    let refused =
        |plug: Plug, sample: &[usize]| Sequential::from_plugs(&[plug], sample, None).unwrap_err().to_string();
    let why = refused(Plug::new("lstm"), &[5]);
    assert!(why.contains("[rows, time, features]") && why.contains("embedding"), "{why}");
    let why = refused(Plug::new("bidirectional"), &[5, 4, 3]);
    assert!(why.contains("lstm needs sequences"), "{why}");
    let why = refused(Plug::new("bidirectional").with("layer", "dense"), &[5, 4]);
    assert!(why.contains("`dense` has no direction"), "{why}");
    let backwards = Plug::new("gru").with("go_backwards", true).to_value();
    let why = refused(Plug::new("bidirectional").with("layer", backwards), &[5, 4]);
    assert!(why.contains("leave go_backwards out"), "{why}");
}
