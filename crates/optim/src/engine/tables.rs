//! `Tables`: the parameters of which it is known what rows a gradient touches, and what a pass may leave out there.
//!
//! Elsewhere the gradient is zero, so it is neither read nor added up. Where no link changes anything for a zero gradient
//! ([`Idle::Stays`](crate::Idle::Stays)), or the parameter's rows are [sparse](crate::Layout::sparse), the untouched rows
//! are left out altogether; otherwise the links run on zeros that lie in the cache. Sums over chunks have the terms they
//! have without all this, in the same places, so that no bit depends on it.

use std::ops::Range;

use tunesmith_tensor::kernel::Real;

use super::{End, Plan};
use crate::TouchedRows;
use crate::chunk::sum_shards;

/// What is known of one pass over one gradient.
#[derive(Clone, Copy)]
pub(super) struct Tables<'a, T> {
    plan: &'a Plan<T>,
    end: &'a End,
    touched: &'a [TouchedRows],
}

/// A parameter whose touched rows are known.
struct Table<'a> {
    range: Range<usize>,
    width: usize,
    rows: &'a [u32],
    reach: Reach,
}

/// What of a table a pass works on.
#[derive(Clone, Copy, PartialEq)]
enum Reach {
    /// All of it.
    All,
    /// The chunks with a touched row: all terms of a sum elsewhere are zero.
    Chunks,
    /// The touched rows.
    Rows,
}

impl Table<'_> {
    /// The elements of touched rows in a part of the slab, row by row.
    fn touched_in(&self, place: Range<usize>) -> impl Iterator<Item = Range<usize>> {
        let Self { range, width, rows, .. } = self;
        let (start, width) = (range.start, *width);
        let place = place.start.max(start)..place.end.min(range.end);
        let first = rows.partition_point(|&row| start + (row as usize + 1) * width <= place.start);
        let of = move |&row: &u32| start + row as usize * width..start + (row as usize + 1) * width;
        rows[first..]
            .iter()
            .map(of)
            .take_while(move |row| row.start < place.end)
            .map(move |row| row.start.max(place.start)..row.end.min(place.end))
    }
}

impl<'a, T: Real> Tables<'a, T> {
    pub(super) fn new(plan: &'a Plan<T>, end: &'a End, touched: &'a [TouchedRows]) -> Self {
        Self { plan, end, touched }
    }

    /// Those that have elements in a part of the slab.
    fn within(&self, place: Range<usize>) -> impl Iterator<Item = Table<'a>> {
        let Self { plan, end, touched } = *self;
        let range = move |touched: &TouchedRows| plan.layout.segments()[touched.segment].range.clone();
        let first = touched.partition_point(|touched| range(touched).end <= place.start);
        let table = move |touched: &'a TouchedRows| {
            let range = range(touched);
            let width = plan.layout.segments()[touched.segment].shape[1..].iter().product();
            let sparse = plan.layout.is_sparse(touched.segment);
            let reach = match (end, plan.stays, sparse) {
                (End::Nothing, ..) | (End::Apply, true, _) | (_, false, true) => Reach::Rows,
                (End::Measure { .. }, true, _) => Reach::Chunks,
                _ => Reach::All,
            };
            Table { range, width, rows: &touched.rows, reach }
        };
        touched[first..]
            .iter()
            .map(table)
            .take_while(move |table| table.range.start < place.end)
            .filter(|table| !table.range.is_empty())
    }

    /// Whether some of a part of the slab is known to be zero.
    pub(super) fn meet(&self, place: &Range<usize>) -> bool {
        self.within(place.clone()).next().is_some()
    }

    /// Whether the pass has nothing to do in a part of the slab.
    pub(super) fn leave_out(&self, place: &Range<usize>) -> bool {
        let Some(table) = self.within(place.clone()).next() else { return false };
        table.reach != Reach::All
            && table.range.start <= place.start
            && place.end <= table.range.end
            && table.touched_in(place.clone()).next().is_none()
    }

    /// How many elements the pass works on.
    pub(super) fn work(&self, len: usize) -> usize {
        let left_out = |table: Table<'_>| match table.reach {
            Reach::Rows => table.range.len() - table.rows.len() * table.width,
            Reach::All | Reach::Chunks => 0,
        };
        len - self.within(0..len).map(left_out).sum::<usize>()
    }

    /// Calls `f` on the parts of a chunk that the pass works on, in order.
    pub(super) fn each_part(&self, place: Range<usize>, mut f: impl FnMut(Range<usize>)) {
        let mut done = place.start;
        for table in self.within(place.clone()).filter(|table| table.reach == Reach::Rows) {
            if done < table.range.start {
                f(done..table.range.start);
            }
            table.touched_in(place.clone()).for_each(&mut f);
            done = table.range.end;
        }
        if done < place.end {
            f(done..place.end);
        }
    }

    /// Adds the shards' gradients at a place, reading only what may differ from zero.
    pub(super) fn sum(&self, gradients: &[&[T]], place: &Range<usize>, sum: &mut [T]) {
        let mut done = place.start;
        for table in self.within(place.clone()) {
            let inside = table.range.start.max(place.start)..table.range.end.min(place.end);
            let before = done..inside.start;
            sum_shards(gradients, &before, &mut sum[before.start - place.start..before.end - place.start]);
            sum[inside.start - place.start..inside.end - place.start].fill(T::ZERO);
            for row in table.touched_in(inside.clone()) {
                sum_shards(gradients, &row, &mut sum[row.start - place.start..row.end - place.start]);
            }
            done = inside.end;
        }
        sum_shards(gradients, &(done..place.end), &mut sum[done - place.start..]);
    }
}
