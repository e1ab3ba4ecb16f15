//! Positions that only fill a sequence up are not seen: what is computed elsewhere is what it is without them.

use tunesmith_core::Plug;
use tunesmith_nn::Sequential;
use tunesmith_nn::layers::{Embedding, MultiHeadAttention, TransformerEncoderLayer};

const UNITS: usize = 4;
/// Rows of three words, filled up to five with the padding, 0.
const FILLED: [f64; 10] = [3.0, 1.0, 4.0, 0.0, 0.0, 2.0, 6.0, 5.0, 0.0, 0.0];
const SHORT: [f64; 6] = [3.0, 1.0, 4.0, 2.0, 6.0, 5.0];

fn check(with: impl Fn(Sequential) -> Sequential) {
    let model =
        |positions: usize| with(Sequential::new([positions]).with(Embedding::new(7, UNITS).padding(0)));
    let params = model(5).initial_params(1);
    let filled = model(5).predict::<f64>(&params, &FILLED);
    let short = model(3).predict::<f64>(&params, &SHORT);
    for row in 0..2 {
        let (long, short) = (&filled[row * 5 * UNITS..][..3 * UNITS], &short[row * 3 * UNITS..][..3 * UNITS]);
        assert!(long.iter().zip(short).all(|(a, b)| (a - b).abs() < 1e-12), "{long:?} and {short:?}");
    }
}

#[test]
fn attention_does_not_see_padding() {
    check(|model| model.with(MultiHeadAttention::new(2).padding(0)));
    check(|model| model.with(MultiHeadAttention::new(2).padding(0).causal()));
}

#[test]
fn encoder_layers_do_not_see_padding_however_many_follow() {
    let layer = || TransformerEncoderLayer::new(2, 8).padding(0);
    check(|model| model.with(layer()).with(layer().norm_first()));
}

#[test]
fn without_a_padding_the_filling_is_seen() {
    let model = Sequential::new([5]).with(Embedding::new(7, UNITS)).with(MultiHeadAttention::new(2));
    let params = model.initial_params(1);
    let mut other = FILLED;
    other[4] = 6.0;
    let (a, b) = (model.predict::<f64>(&params, &FILLED), model.predict::<f64>(&params, &other));
    assert!(a[..3 * UNITS] != b[..3 * UNITS]);
}

#[test]
fn identifiers_of_another_shape_are_refused_with_the_cure() {
    let attention = Plug::new("multi_head_attention").with("heads", 2_usize).with("padding", 0_usize);
    let error = Sequential::from_plugs(&[attention], [5, 4], None).unwrap_err().to_string();
    assert!(error.contains("model.layers.0") && error.contains("identifiers = \"words\""), "{error}");
}

#[test]
fn identifiers_may_be_tagged_columns() {
    let select = Plug::new("select").with("start", 1_usize).with("count", 3_usize);
    let tag = Plug::new("tag").with("name", "words");
    let embedding = Plug::new("embedding").with("vocabulary", 7_usize).with("units", 4_usize);
    let attention = Plug::new("multi_head_attention")
        .with("heads", 2_usize)
        .with("padding", 0_usize)
        .with("identifiers", "words");
    let model = Sequential::from_plugs(&[select, tag, embedding, attention], [4], None).unwrap();
    let params = model.initial_params(1);
    let of = |last: f64| model.predict::<f64>(&params, &[9.0, 3.0, 1.0, last]);
    assert_ne!(of(2.0)[..UNITS], of(0.0)[..UNITS]);
}
