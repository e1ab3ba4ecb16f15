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
    assert!(names::<ActivationEntry>().len() >= 23, "{:?}", names::<ActivationEntry>());
    assert!(names::<InitEntry>().len() >= 11, "{:?}", names::<InitEntry>());
    assert!(names::<LayerEntry>().len() >= 5, "{:?}", names::<LayerEntry>());
    assert!(names::<LossEntry>().len() >= 22, "{:?}", names::<LossEntry>());
}
