//! Every registered plug-in passes its kind's suite.

use tunesmith_core::{Entry, all};
use tunesmith_nn::{ActivationEntry, InitEntry, LayerEntry, LossEntry, conform};

#[test]
fn every_plug_in_conforms() {
    assert_eq!(conform::check_all(), Vec::<String>::new());
}

#[test]
fn all_built_in_ones_are_linked() {
    fn names<E: Entry>() -> Vec<&'static str> {
        all::<E>().into_iter().map(|entry| entry.meta().name).collect()
    }
    assert!(names::<ActivationEntry>().len() >= 34, "{:?}", names::<ActivationEntry>());
    assert!(names::<InitEntry>().len() >= 11, "{:?}", names::<InitEntry>());
    assert!(names::<LayerEntry>().len() >= 44, "{:?}", names::<LayerEntry>());
    assert!(names::<LossEntry>().len() >= 22, "{:?}", names::<LossEntry>());
}

#[test]
fn a_gate_halves_the_features_and_says_so() {
    use tunesmith_core::Plug;
    use tunesmith_nn::{Sequential, layers::Dense};
    assert_eq!(
        Sequential::new([4, 3]).with(Dense::new(6).activation("swiglu")).output_shape().dims(),
        [4, 3]
    );
    let odd = Plug::new("dense").with("units", 5_usize).with("activation", "glu");
    let error = Sequential::from_plugs(&[odd], [3], None).unwrap_err().to_string();
    assert!(
        error.contains("glu halves the features, so it needs an even number of them, found 5"),
        "{error}"
    );
}
