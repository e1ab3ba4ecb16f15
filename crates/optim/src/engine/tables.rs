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
                (End::Nothing, ..) | (End::Measure { .. }, true, _) => Reach::Chunks,
                (End::Apply, true, _) | (_, false, true) => Reach::Rows,
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

    /// Where in a part of the slab the pass first has something to do; its end, when it has not.
    pub(super) fn first_work(&self, place: &Range<usize>) -> usize {
        match self.within(place.clone()).next() {
            Some(table) if table.reach != Reach::All && table.range.start <= place.start => {
                let first = table.touched_in(place.clone()).next();
                first.map_or(table.range.end.min(place.end), |row| row.start)
            }
            _ => place.start,
        }
    }

    /// How many elements the pass works on.
    pub(super) fn work(&self, len: usize) -> usize {
        let left_out = |table: Table<'_>| match table.reach {
            Reach::Rows => table.range.len() - table.rows.len() * table.width,
            Reach::All | Reach::Chunks => 0,
        };
        len - self.within(0..len).map(left_out).sum::<usize>()
    }

    /// Calls `f` on the parts of a chunk that the pass works on, in order, and says whether some of a part is known to be
    /// zero.
    pub(super) fn each_part(&self, place: Range<usize>, mut f: impl FnMut(Range<usize>, bool)) {
        let (mut done, mut mixed) = (place.start, false);
        for table in self.within(place.clone()) {
            if table.reach != Reach::Rows {
                mixed = true;
                continue;
            }
            if done < table.range.start {
                f(done..table.range.start, mixed);
            }
            table.touched_in(place.clone()).for_each(|row| f(row, false));
            (done, mixed) = (table.range.end, false);
        }
        if done < place.end {
            f(done..place.end, mixed);
        }
    }

    /// Adds the shards' gradients at a place, reading only what may differ from zero.
    pub(super) fn sum(&self, gradients: &[&[T]], place: &Range<usize>, sum: &mut [T]) {
        self.each_known(place, |known, range| {
            let sum = &mut sum[range.start - place.start..range.end - place.start];
            match known {
                Known::Zero => sum.fill(T::ZERO),
                Known::Nothing => sum_shards(gradients, &range, sum),
            }
        });
    }

    /// The same without the zeros, one part after another; says how many elements that are.
    pub(super) fn pack(&self, gradients: &[&[T]], place: &Range<usize>, sum: &mut [T]) -> usize {
        let mut length = 0;
        self.each_known(place, |known, range| {
            if known == Known::Nothing {
                let start = length;
                length += range.len();
                sum_shards(gradients, &range, &mut sum[start..length]);
            }
        });
        length
    }

    /// Calls `f` on the parts of a place and what is known of their gradient; touched rows come behind the table's zeros.
    fn each_known(&self, place: &Range<usize>, mut f: impl FnMut(Known, Range<usize>)) {
        let mut done = place.start;
        for table in self.within(place.clone()) {
            let inside = table.range.start.max(place.start)..table.range.end.min(place.end);
            f(Known::Nothing, done..inside.start);
            f(Known::Zero, inside.clone());
            table.touched_in(inside.clone()).for_each(|row| f(Known::Nothing, row));
            done = inside.end;
        }
        f(Known::Nothing, done..place.end);
    }
}

/// What is known of a gradient.
#[derive(PartialEq)]
enum Known {
    Zero,
    Nothing,
}
