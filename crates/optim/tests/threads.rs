//! Same bits for any number of threads and for chains with sums over everything.

use tunesmith_core::Seed;
use tunesmith_optim::{AdamW, AddL2, ClipByGlobalNorm, Layout, Pace, Rule, Segment, chain};
use tunesmith_tensor::{DType, Par};

fn run(par: Par) -> Vec<u32> {
    let layout = Layout::packed([("w", vec![400, 500]), ("b", vec![500]), ("v", vec![77_777])]);
    let mut optimizer = AdamW::default().optimizer();
    optimizer.prepend(chain!(AddL2::new(0.1).only(Segment::is_weight), ClipByGlobalNorm::new(0.5)));
    optimizer.init(&layout, DType::F32);
    let normal = |seed: Seed| -> Vec<f32> {
        let mut generator = seed.generator();
        (0..layout.len()).map(|_| generator.normal() as f32).collect()
    };
    let mut values = normal(Seed::new(0));
    for step in 1..4 {
        let shards = [normal(Seed::new(1).at(step)), normal(Seed::new(2).at(step))];
        optimizer.step(&mut values, &[&shards[0], &shards[1]], Pace::default(), par).unwrap();
    }
    values.iter().map(|x| x.to_bits()).collect()
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let alone = run(Par::Seq);
    for threads in 1..=5 {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert!(pool.install(|| run(Par::Rayon)) == alone, "{threads} threads");
    }
}
