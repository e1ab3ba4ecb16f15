//! A training step allocates nothing once it has met its batch: counted, not believed.
//!
//! This is a program without the test harness, whose threads allocate when they please.

use std::alloc::System;
use std::process::ExitCode;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tunesmith_tensor::Par;
use tunesmith_tests::{WORKLOADS, Workload, on_threads};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const STEPS: usize = 20;

/// Allocations and reallocations of all threads in some calls, after as many that are not counted: threads of a pool
/// get their own memory when they first take a task. The least of three counts: on a machine that is busy elsewhere a
/// pool's queue grows once in a while, and what a step allocates it allocates every time.
fn allocations(step: &mut dyn FnMut()) -> usize {
    let so_far = || {
        let stats = ALLOCATOR.stats();
        stats.allocations + stats.reallocations
    };
    (0..STEPS).for_each(|_| step());
    let mut count = || {
        let before = so_far();
        (0..STEPS).for_each(|_| step());
        so_far() - before
    };
    (0..3).map(|_| count()).min().unwrap_or(0)
}

/// The allocations of a workload's steps.
fn of_steps(workload: Workload, threads: usize) -> usize {
    let mut training = workload.training(if threads == 1 { Par::Seq } else { Par::Rayon });
    on_threads(threads, || {
        allocations(&mut || {
            training.step();
        })
    })
}

#[expect(clippy::print_stdout, reason = "a program's output")]
fn main() -> ExitCode {
    // The count itself must work, or all that follows proves nothing.
    let counted = allocations(&mut || drop(std::hint::black_box(vec![0_u8; 100])));
    assert_eq!(counted, STEPS, "one allocation a call");

    let mut ok = true;
    for workload in WORKLOADS {
        for threads in [1, 2] {
            let found = of_steps(workload, threads);
            println!("{} on {threads} threads: {found} allocations in {STEPS} steps", workload.name);
            ok &= found == 0;
        }
    }
    for workload in &WORKLOADS[..2] {
        let mut group = workload.group(4);
        let found = allocations(&mut || group.step());
        println!("{} in a group of 4: {found} allocations in {STEPS} steps", workload.name);
        ok &= found == 0;
    }
    if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
