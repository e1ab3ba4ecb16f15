//! The first points: the middle, then points that fill the space evenly together with those that are there.

use tunesmith_core::Generator;

use super::encoding::{Kind, Region};

/// Points that are compared for one place of the design.
const CANDIDATES: usize = 64;

/// The next point of a design that is as even as possible: of several random points the one that adds least to the
/// centred L2 discrepancy (Hickernell 1998, Mathematics of Computation 67, equation 1.4), which, unlike a fixed
/// sequence, takes account of points that others chose.
pub(super) fn next(region: &Region<'_>, there: &[Vec<f64>], generator: &mut Generator) -> Vec<f64> {
    if there.is_empty() {
        let mut middle: Vec<f64> = (0..region.ranges.len()).map(|j| region.feature_at(j, 0.5)).collect();
        region.settle(&mut middle);
        return middle;
    }
    let n = there.len() as f64 + 1.0;
    let kinds = region.encoding.kinds();
    let mut best = (f64::INFINITY, Vec::new());
    for _ in 0..CANDIDATES {
        let row = region.draw(generator);
        let pairs: f64 = there.iter().map(|other| product(&kinds, &row, other)).sum();
        let discrepancy =
            (2.0 * pairs + product(&kinds, &row, &row)) / (n * n) - 2.0 * single(&kinds, &row) / n;
        if discrepancy < best.0 {
            best = (discrepancy, row);
        }
    }
    best.1
}

fn product(kinds: &[Kind], a: &[f64], b: &[f64]) -> f64 {
    let factor = |((kind, a), b): ((&Kind, &f64), &f64)| match kind {
        Kind::Line => 1.0 + 0.5 * ((a - 0.5).abs() + (b - 0.5).abs() - (a - b).abs()),
        Kind::Choice => 1.0 + 0.25 * f64::from(u8::from(a == b)),
    };
    kinds.iter().zip(a).zip(b).map(factor).product()
}

/// The mean of [`product`] over all points b.
fn single(kinds: &[Kind], a: &[f64]) -> f64 {
    let factor = |(kind, a): (&Kind, &f64)| match kind {
        Kind::Line => {
            let off = (a - 0.5).abs();
            1.0 + 0.5 * (off - off * off)
        }
        // The same for every option: what counts is how often each stands there.
        Kind::Choice => 1.0,
    };
    kinds.iter().zip(a).map(factor).product()
}
