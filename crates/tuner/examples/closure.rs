//! Tunes a Rust closure with the tuner alone: `cargo run --release -p tunesmith-tuner --example closure`.
//!
//! What is tuned here is an insertion-then-merge sort: below which length should it insert?

#![expect(clippy::print_stdout, reason = "an example talks to people")]

use std::time::Instant;

use tunesmith_core::{Domain, Scale, Seed, Space};
use tunesmith_tuner::{Budget, Study, TrialRun};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let space = Space::new()
        .with("cutoff", Domain::int(1, 512, Scale::Log, 1).map_err(|why| format!("{why:?}"))?)
        .with("binary_search", Domain::switch());
    let mut generator = Seed::new(0).generator();
    let numbers: Vec<u64> = (0..20_000).map(|_| generator.bits()).collect();

    let study = Study::minimize(space).seed(1).open()?;
    let milliseconds = |trial: &mut TrialRun<'_>| {
        let (cutoff, binary) = (trial.int("cutoff") as usize, trial.switch("binary_search"));
        let runs = (0..5).map(|_| {
            let mut copy = numbers.clone();
            let began = Instant::now();
            sort(&mut copy, &mut Vec::new(), cutoff, binary);
            assert!(copy.is_sorted());
            began.elapsed().as_secs_f64() * 1e3
        });
        runs.fold(f64::INFINITY, f64::min)
    };
    study.optimize(milliseconds, &Budget::trials(40))?;

    let best = study.best().ok_or("no trial completed")?;
    println!(
        "best of {} trials: {:.3} ms with {:?}",
        study.trials().len(),
        best.value.unwrap_or(f64::NAN),
        best.params
    );
    Ok(())
}

fn sort(items: &mut [u64], room: &mut Vec<u64>, cutoff: usize, binary: bool) {
    if items.len() <= cutoff.max(1) {
        for i in 1..items.len() {
            let at = if binary {
                items[..i].partition_point(|x| *x <= items[i])
            } else {
                items[..i].iter().rposition(|x| *x <= items[i]).map_or(0, |at| at + 1)
            };
            items[at..=i].rotate_right(1);
        }
        return;
    }
    let middle = items.len() / 2;
    sort(&mut items[..middle], room, cutoff, binary);
    sort(&mut items[middle..], room, cutoff, binary);
    room.clear();
    let (mut left, mut right) = (items[..middle].iter().peekable(), items[middle..].iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        room.extend(if a <= b { left.next() } else { right.next() });
    }
    room.extend(left.chain(right));
    items.copy_from_slice(room);
}
