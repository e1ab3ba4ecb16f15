//! The Sobol sequence, scrambled, one coordinate at a time.

use std::sync::LazyLock;

use tunesmith_core::Seed;

use crate::samplers::scramble::scramble;

/// Digits of a coordinate, and of an index.
const BITS: u32 = 32;

/// Joe & Kuo's numbers.
const TABLE: &str = include_str!("joe_kuo.txt");

/// Direction numbers by dimension; the first dimension is the van der Corput sequence, which needs no table.
static DIRECTIONS: LazyLock<Vec<[u32; BITS as usize]>> = LazyLock::new(|| {
    let first = std::array::from_fn(|bit| 1 << (BITS as usize - 1 - bit));
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    std::iter::once(first).chain(lines.map(directions)).collect()
});

/// The direction numbers that a line's polynomial and initial numbers make (Bratley & Fox 1988, Algorithm 659,
/// equation 2).
fn directions(line: &str) -> [u32; BITS as usize] {
    let numbers: Vec<u32> =
        line.split(' ').map(|number| number.parse().expect("the table holds numbers")).collect();
    let (polynomial, initial) = (numbers[0], &numbers[1..]);
    let degree = initial.len();
    let mut directions = [0_u32; BITS as usize];
    for bit in 0..BITS as usize {
        directions[bit] = if bit < degree {
            initial[bit] << (BITS as usize - 1 - bit)
        } else {
            // The coefficients between the first and the last, the highest power first.
            (1..degree)
                .filter(|k| polynomial >> (degree - k) & 1 == 1)
                .fold(directions[bit - degree] ^ directions[bit - degree] >> degree, |sum, k| {
                    sum ^ directions[bit - k]
                })
        };
    }
    directions
}

/// The coordinate of the point of that index, in [0, 1).
///
/// Beyond the table's dimensions the same ones come again, each time in another order of the points that keeps every
/// block of 2^k points together (Burley 2020, Practical Hash-based Owen Scrambling, section 4).
pub(super) fn coordinate(seed: Seed, index: u64, dimension: usize) -> f64 {
    let table = &*DIRECTIONS;
    let (round, column) = (dimension / table.len(), dimension % table.len());
    let index = match round {
        0 => index as u32,
        round => reordered(seed.named("order").at(round as u64), index as u32),
    };
    let directions = &table[column];
    let set = (0..BITS).filter(|bit| index >> bit & 1 == 1);
    let x = set.fold(0, |x, bit| x ^ directions[bit as usize]);
    scramble(seed.at(dimension as u64), 2, (0..BITS).rev().map(|bit| u64::from(x >> bit & 1)))
}

/// An index whose bits are scrambled as a coordinate's digits are: what lay in one block of 2^k points lies in one.
fn reordered(seed: Seed, index: u32) -> u32 {
    let digits = (0..BITS).rev().map(|bit| u64::from(index >> bit & 1));
    (scramble(seed, 2, digits) * 2.0_f64.powi(BITS as i32)) as u32
}

#[cfg(test)]
mod tests {
    use super::{BITS, DIRECTIONS, coordinate};
    use tunesmith_core::Seed;

    #[test]
    fn the_points_are_joe_and_kuos() {
        // scipy 1.17.1: qmc.Sobol(6, scramble=False).random(8)[5:8], which walks in Gray code: index 5 is 7 there.
        let point = |index: u32| -> Vec<f64> {
            let directions = DIRECTIONS[..6].iter();
            let bits = |v: &[u32; BITS as usize]| {
                (0..BITS).filter(|bit| index >> bit & 1 == 1).fold(0, |x, bit| x ^ v[bit as usize])
            };
            directions.map(|v| f64::from(bits(v)) / 2.0_f64.powi(BITS as i32)).collect()
        };
        assert_eq!(point(5 ^ 5 >> 1), [0.875, 0.875, 0.125, 0.375, 0.875, 0.625]);
        assert_eq!(DIRECTIONS.len(), 256);
    }

    /// Every dimension alone has one point in each of 2^k intervals, the repeated ones too.
    #[test]
    fn each_dimension_is_stratified() {
        for dimension in [0, 1, 2, 40, 199, 255, 256, 300, 999] {
            let mut hit = [0; 64];
            (128..192).for_each(|i| hit[(coordinate(Seed::new(3), i, dimension) * 64.0) as usize] += 1);
            assert!(hit.iter().all(|hits| *hits == 1), "dimension {dimension}: {hit:?}");
        }
    }

    /// The first two dimensions are a (0, 2)-sequence: 2^k points have one in each box of volume 2^-k.
    #[test]
    fn the_first_two_dimensions_fill_every_box() {
        for (columns, rows) in [(1, 64), (2, 32), (4, 16), (8, 8), (16, 4), (64, 1)] {
            let mut hit = [0; 64];
            for i in 0..64 {
                let (x, y) = (coordinate(Seed::new(5), i, 0), coordinate(Seed::new(5), i, 1));
                hit[(x * f64::from(columns)) as usize * rows + (y * rows as f64) as usize] += 1;
            }
            assert!(hit.iter().all(|hits| *hits == 1), "{columns} by {rows}: {hit:?}");
        }
    }

    /// Means of a product over ten dimensions: the error of 1024 points is far below that of chance.
    #[test]
    fn means_are_nearer_than_by_chance() {
        let error = |u: &dyn Fn(u64, u64, usize) -> f64| {
            let squares = (0..20).map(|seed| {
                let product = |i| (0..10).map(|d| 1.0 + 0.5 * (u(seed, i, d) - 0.5)).product::<f64>();
                ((0..1024).map(product).sum::<f64>() / 1024.0 - 1.0).powi(2)
            });
            (squares.sum::<f64>() / 20.0).sqrt()
        };
        let ours = error(&|seed, i, d| coordinate(Seed::new(seed), i, d));
        let chance = error(&|seed, i, d| Seed::new(seed).at(i).at(d as u64).generator().uniform());
        assert!(ours < 0.1 * chance, "{ours} against {chance}");
    }
}
