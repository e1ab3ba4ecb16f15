//! Everything that is linked passes the suites of its kind, a stranger's plug-ins among them: no list names one.

use std::sync::Arc;

use stranger as _;
use tunesmith::core::{kind_of, kinds};
use tunesmith::tuner::{self, MemoryStorage};
use tunesmith::{data, nn, optim};

const NONE: Vec<String> = Vec::new();

#[test]
fn the_stranger_is_linked() {
    for (kind, name) in [("optimizer", "signum"), ("activation", "isrlu")] {
        let entries = (kind_of(kind).unwrap().list)();
        let found = entries.iter().find(|meta| meta.name == name).unwrap();
        assert_eq!(found.place.origin, "stranger");
    }
}

#[test]
fn every_plug_in_describes_itself() {
    assert_eq!(tunesmith::core::conform::check_all(), NONE);
}

#[test]
fn names_are_said_once_in_singular_and_plural() {
    let mut labels: Vec<&str> = kinds().iter().flat_map(|kind| [kind.label, kind.plural]).collect();
    labels.sort_unstable();
    let count = labels.len();
    labels.dedup();
    assert_eq!(labels.len(), count, "{labels:?}");
}

#[test]
fn optimizers_and_schedules() {
    assert_eq!(optim::conform::check_all(), NONE);
}

#[test]
fn layers_activations_losses_and_initialisers() {
    assert_eq!(nn::conform::check_all(), NONE);
}

#[test]
fn sources_and_preparing_steps() {
    assert_eq!(data::conform::check_all(), NONE);
}

#[test]
fn samplers() {
    assert_eq!(tuner::conform::check_samplers(20), NONE);
}

#[test]
fn pruners() {
    assert_eq!(tuner::conform::check_pruners(20), NONE);
}

#[test]
fn storages() {
    assert_eq!(tuner::conform::check_storage(&|| Arc::new(MemoryStorage::new())), NONE);
}
