//! Statistics for averaged parameters: running means belong to the values that were trained with, so they are run anew.

use std::collections::BTreeMap;

use tunesmith_autodiff::{Feed, Runner};
use tunesmith_core::Seed;
use tunesmith_data::{Batches, Dataset};
use tunesmith_nn::{Mode, Sequential};

/// Least number of batches: what a mean of momentum 0.1 remembers of its start is then a thousandth.
const BATCHES: usize = 64;

/// Runs a model's buffers anew, as PyTorch's `update_bn` does: forward passes of training, nothing learnt. Buffers move
/// by their own momentum, from where they are, over one pass of the rows, or as many as give [`BATCHES`] batches.
#[derive(Debug)]
pub(crate) struct Statistics {
    model: Sequential,
    batch: usize,
    seed: Seed,
    passes: BTreeMap<usize, Pass>,
}

#[derive(Debug)]
struct Pass {
    runner: Runner<f32>,
    x: Vec<f32>,
}

impl Statistics {
    pub(crate) fn new(model: &Sequential, batch: usize, seed: Seed) -> Self {
        Self { model: model.clone(), batch, seed, passes: BTreeMap::new() }
    }

    /// Writes the buffers behind the parameters.
    pub(crate) fn run(&mut self, data: &Dataset, params: &mut [f32]) {
        // A last batch that is not full has statistics of its own, which would count most.
        let mut batches = Batches::new(data.rows(), self.batch, self.seed.named("order")).drop_last();
        let epochs = BATCHES.div_ceil(batches.per_epoch().max(1));
        let mut at = 0;
        for epoch in 0..epochs {
            for rows in batches.epoch(epoch as u64) {
                let noise = self.seed.named("noise").at(at).value();
                let pass =
                    self.passes.entry(rows.len()).or_insert_with(|| Pass::new(&self.model, rows.len()));
                data.gather_rows(rows, &mut pass.x);
                let inputs: [&[f32]; 1] = [&pass.x];
                pass.runner.run(Feed { params, inputs: &inputs, indices: &[], noise });
                pass.runner.update(params);
                at += 1;
            }
        }
    }
}

impl Pass {
    fn new(model: &Sequential, rows: usize) -> Self {
        let runner = Runner::new(model.trace(rows, Mode::Training).graph.plan(&[]));
        Self { runner, x: vec![0.0; rows * model.input_shape().numel()] }
    }
}
