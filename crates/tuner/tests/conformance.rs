//! Every linked sampler, pruner and storage keeps its promises.

use std::sync::Arc;

use tunesmith_tuner::{MemoryStorage, conform};

#[test]
fn samplers_pass_on_many_random_spaces() {
    assert_eq!(conform::check_samplers(10_000), Vec::<String>::new());
}

#[test]
fn pruners_pass_on_many_histories() {
    assert_eq!(conform::check_pruners(1000), Vec::<String>::new());
}

#[test]
fn memory_passes_as_a_storage() {
    assert_eq!(conform::check_storage(&|| Arc::new(MemoryStorage::new())), Vec::<String>::new());
}

#[test]
fn descriptions_are_complete() {
    assert_eq!(tunesmith_core::conform::check_all(), Vec::<String>::new());
}
