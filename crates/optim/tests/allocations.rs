//! A step allocates nothing, whatever the rule, the chain and the number of shards; the first product of matrices does.

use tunesmith_core::{Entry as _, Table, all};
use tunesmith_optim::{AddL2, ClipByGlobalNorm, Layout, Momentum, OptimizerEntry, Pace, Segment, chain};
use tunesmith_tensor::{DType, Par};

/// Rules that multiply or decompose matrices: a thread's first product takes the packing buffer it keeps, and nalgebra
/// returns new matrices.
const OF_MATRICES: [&str; 3] = ["muon", "shampoo", "soap"];

#[test]
fn a_step_allocates_nothing() {
    let layout = Layout::packed([("w", vec![300, 400]), ("b", vec![400]), ("s", vec![])]);
    let gradients = [vec![0.1_f32; layout.len()], vec![-0.2_f32; layout.len()]];
    let shards = [&gradients[0][..], &gradients[1]];
    // The second clipping comes after state and so keeps updates between passes.
    let momentum = Momentum { momentum: 0.9, dampening: 0.0, nesterov: true };
    let decay = AddL2::new(0.1).only(Segment::is_weight);
    let chain = chain!(decay, ClipByGlobalNorm::new(1.0), momentum, ClipByGlobalNorm::new(0.5));
    let of_matrices = |entry: &&OptimizerEntry| OF_MATRICES.contains(&entry.meta().name);
    for entry in all::<OptimizerEntry>().into_iter().filter(|entry| !of_matrices(entry)) {
        for prepended in [chain!(), chain.clone()] {
            let mut optimizer = entry.build(&Table::new(), "optimizer").unwrap();
            if optimizer.needs_closure() {
                continue; // it takes no `step`
            }
            optimizer.prepend(prepended);
            optimizer.init(&layout, DType::F32);
            let mut values = vec![1.0_f32; layout.len()];
            for shards in [&shards[..1], &shards] {
                let counted = allocation_counter::measure(|| {
                    optimizer.step(&mut values, shards, Pace::default(), Par::Seq).unwrap();
                });
                assert_eq!(counted.count_total, 0, "{}", optimizer.name());
            }
        }
    }
}
