//! `Rows`: which rows of large tables a batch touches, so that the rest of its gradient is neither read nor written.

use std::ops::Range;

use tunesmith_autodiff::{Gradients, Plan, Table};
use tunesmith_optim::TouchedRows;
use tunesmith_tensor::Par;
use tunesmith_tensor::kernel::elementwise;

/// Elements of a piece when gradients are added.
const PIECE: usize = 1 << 14;

/// Adds one slab to another.
pub(crate) fn add(par: Par, sum: &mut [f32], gradient: &[f32]) {
    par.for_each_chunk(PIECE, [sum], [gradient], |_, [sum], [gradient]| {
        elementwise::zip_in_place(sum, gradient, |sum, gradient| sum + gradient);
    });
}

/// Numbers of a table below which clearing and adding up its whole gradient costs less than going row by row: a megabyte,
/// which stays in the second-level cache.
const LARGE: usize = 1 << 18;

/// Whether only the rows of a table are written that a batch touches: where it is large and the batch looks up at most
/// half as many rows as there are. `shard` is the rows of the batch whose indices the table counts, `batch` all of them.
pub(crate) fn pays(table: &Table, shard: usize, batch: usize) -> bool {
    table.rows * table.width >= LARGE && 2 * table.indices * batch <= table.rows * shard
}

/// The tables of which a batch of some size writes only what it touches, and what it touched.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    /// In the order of their places.
    touched: Vec<TouchedRows>,
    /// Each table's first element, and elements of a row.
    places: Vec<(usize, usize)>,
    /// The slab without the tables.
    dense: Vec<Range<usize>>,
}

impl Rows {
    /// For batches whose parts are planned as this one of their shards is; `count` is how many shards they have in all.
    pub(crate) fn new(plan: &Plan, wanted: impl Fn(&Table) -> bool, count: usize) -> Self {
        let mut tables: Vec<&Table> = plan.tables().iter().filter(|table| wanted(table)).collect();
        tables.sort_by_key(|table| table.param);
        let mut rows = Self::default();
        let mut end = 0;
        for table in tables {
            let place = &plan.params()[table.param];
            // Shards differ by a row: a batch that touches more than any before it allocates nothing.
            let most = (2 * table.indices * count).min(table.rows + table.indices);
            rows.touched.push(TouchedRows { segment: table.param, rows: Vec::with_capacity(most) });
            rows.places.push((place.offset, table.width));
            rows.dense.push(end..place.offset);
            end = place.offset + place.shape.numel();
        }
        rows.dense.push(end..plan.param_len());
        rows
    }

    /// Whether a table is among them.
    pub(crate) fn contains(&self, table: &Table) -> bool {
        self.touched.iter().any(|touched| touched.segment == table.param)
    }

    /// What was touched, for an optimizer.
    pub(crate) fn touched(&self) -> &[TouchedRows] {
        &self.touched
    }

    /// Bytes it holds.
    pub(crate) fn bytes(&self) -> usize {
        self.touched.iter().map(|touched| touched.rows.capacity() * size_of::<u32>()).sum()
    }

    /// Forgets what was touched, and makes it zero in a sum of gradients, with all that is no table.
    pub(crate) fn clear(&mut self, sum: &mut [f32]) {
        if !sum.is_empty() {
            self.dense.iter().for_each(|range| sum[range.clone()].fill(0.0));
        }
        for (touched, &(start, width)) in self.touched.iter_mut().zip(&self.places) {
            if !sum.is_empty() {
                for &row in &touched.rows {
                    sum[start + row as usize * width..][..width].fill(0.0);
                }
            }
            touched.rows.clear();
        }
    }

    /// Takes note of what a shard touched.
    pub(crate) fn meet(&mut self, gradients: &Gradients<f32>) {
        for (param, rows) in gradients.touched() {
            if let Some(touched) = self.touched.iter_mut().find(|touched| touched.segment == param) {
                touched.rows.extend_from_slice(rows);
                touched.rows.sort_unstable();
                touched.rows.dedup();
            }
        }
    }

    /// Adds a shard's gradient to a sum.
    pub(crate) fn add(&self, par: Par, sum: &mut [f32], gradients: &Gradients<f32>) {
        let values = gradients.values();
        for range in &self.dense {
            add(par, &mut sum[range.clone()], &values[range.clone()]);
        }
        for (param, rows) in gradients.touched() {
            let Some(at) = self.touched.iter().position(|touched| touched.segment == param) else { continue };
            let (start, width) = self.places[at];
            for &row in rows {
                let place = start + row as usize * width..start + (row as usize + 1) * width;
                add(Par::Seq, &mut sum[place.clone()], &values[place]);
            }
        }
    }
}
