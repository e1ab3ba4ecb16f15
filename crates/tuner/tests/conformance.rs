//! Every linked sampler, pruner and storage keeps its promises.

use std::sync::Arc;

use proptest::prelude::*;
use tunesmith_core::{Entry, Seed, Table, all};
use tunesmith_tuner::conform::{self, Question};
use tunesmith_tuner::{MemoryStorage, Sampler, SamplerEntry};

/// A plain run asks each sampler a few questions, `cargo xtask props` ten thousand.
fn questions() -> ProptestConfig {
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    ProptestConfig { cases: if asked { 10_000 } else { 60 }, ..ProptestConfig::default() }
}

fn build(entry: &SamplerEntry) -> Box<dyn Sampler> {
    entry.build(&Table::new(), "conform").expect("defaults are possible")
}

#[test]
fn samplers_keep_their_promises_in_random_spaces() {
    for entry in all::<SamplerEntry>() {
        let warm = build(entry);
        let trials = prop_oneof![Just(0), 1..12_u64, 12..120_u64];
        let check = |(seed, dimensions, trials): (u64, usize, u64)| {
            let question = Question::random(Seed::new(seed), dimensions, trials);
            let wrong = conform::check_sampler(entry.meta().name, &*warm, &|| build(entry), &question);
            prop_assert!(wrong.is_empty(), "{wrong:#?}\nin {:#?}", question.space);
            Ok(())
        };
        let mut runner = proptest::test_runner::TestRunner::new(questions());
        if let Err(failure) = runner.run(&(any::<u64>(), 1..=8_usize, trials), check) {
            panic!("{}: {failure}", entry.meta().name);
        }
    }
}

#[test]
fn samplers_look_at_running_trials_and_use_up_small_spaces() {
    assert_eq!(conform::check_samplers(0), Vec::<String>::new());
}

#[test]
fn pruners_pass_on_many_histories() {
    assert_eq!(conform::check_pruners(1000), Vec::<String>::new());
}

#[test]
fn schedulers_pass_with_whole_studies() {
    assert_eq!(conform::check_schedulers(5), Vec::<String>::new());
}

#[test]
fn memory_passes_as_a_storage() {
    assert_eq!(conform::check_storage(&|| Arc::new(MemoryStorage::new())), Vec::<String>::new());
}

#[test]
fn descriptions_are_complete() {
    assert_eq!(tunesmith_core::conform::check_all(), Vec::<String>::new());
}
