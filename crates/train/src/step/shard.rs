//! `Shard`: a part of a batch with all it needs, and how many of them a batch has.

use std::ops::Range;

use tunesmith_autodiff::{Gradients, Runner};
use tunesmith_core::Seed;
use tunesmith_data::Dataset;

use crate::fitting::{Fed, Inputs};
use crate::mixing::{Mixed, Partners};

/// The most shards a batch is cut into.
pub(super) const MAX_SHARDS: usize = 8;
/// A shard has at least this much to compute: below it, waking a second core costs more than it gives.
const MIN_SHARD_FLOPS: u64 = 4_000_000;
/// A shard has at least this many rows.
const MIN_ROWS: usize = 4;
/// Operations that take as long as writing and adding up one number of a gradient.
const FLOPS_PER_GRADIENT: u64 = 200;

/// How many shards a batch of that many rows is cut into: twice as many as long as each still has enough to do. Every
/// shard reads all weights and writes all gradients, which then are added up; so what it has to do must outweigh that the
/// more, the more shards there are. The power is measured: a net of 1.2 million weights is faster in two parts than in four.
pub(super) fn shard_count(rows: usize, params: usize, flops: u64) -> usize {
    let mut shards = 1;
    while 2 * shards <= MAX_SHARDS {
        let work = flops / (2 * shards) as u64;
        let gradients = FLOPS_PER_GRADIENT * (params * shards.pow(3)) as u64;
        if rows < MIN_ROWS * 2 * shards || work < MIN_SHARD_FLOPS || work < gradients {
            break;
        }
        shards *= 2;
    }
    shards
}

/// A part of a batch with all it needs.
#[derive(Debug)]
pub(super) struct Shard {
    pub(super) rows: Range<usize>,
    pub(super) runner: Runner<f32>,
    pub(super) x: Vec<f32>,
    pub(super) y: Fed,
    /// What is blended into its rows, when batches are mixed.
    pub(super) partners: Option<Partners>,
    pub(super) gradients: Gradients<f32>,
    pub(super) loss: f64,
}

impl Shard {
    /// Computes loss and gradients of its rows out of those of a part of the batch that begins at row number `first`.
    pub(super) fn run(
        &mut self,
        from: &Source<'_>,
        part: &[usize],
        first: usize,
        params: &[f32],
        noise: Seed,
    ) {
        let &Source { data, count, mixed } = from;
        let rows = &part[self.rows.clone()];
        data.gather_rows(rows, &mut self.x);
        self.y.gather(data, rows, count);
        if let Some(partners) = &mut self.partners {
            partners.gather(mixed, data, first + self.rows.start, count, &mut self.x);
        }
        let Self { runner, x, y, partners, gradients, .. } = self;
        runner.run_rows(inputs(x, y, partners.as_ref()).feed(params, noise.value()), gradients);
        self.loss = self.runner.loss();
    }
}

/// What all parts of a batch have in common.
pub(super) struct Source<'a> {
    pub(super) data: &'a Dataset,
    /// What the rows count together, when they may count differently.
    pub(super) count: Option<f64>,
    pub(super) mixed: &'a Mixed,
}

/// What a shard's graph is fed.
pub(super) fn inputs<'a>(x: &'a [f32], y: &'a Fed, partners: Option<&'a Partners>) -> Inputs<'a> {
    let inputs = Inputs::new(x).with(y);
    partners.map_or(inputs, |partners| partners.add_to(inputs))
}
