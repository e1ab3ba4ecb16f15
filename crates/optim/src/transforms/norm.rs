//! Norms of slices, taken in `f64` so that they neither overflow nor lose small terms.

use tunesmith_tensor::kernel::{Real, vectorize};

/// The sum of squares, in 32 interleaved partial sums.
pub(crate) fn sum_of_squares<T: Real>(x: &[T]) -> f64 {
    const LANES: usize = 32;
    vectorize(
        #[inline(always)]
        || {
            let (tiles, rest) = x.as_chunks::<LANES>();
            let mut lanes = [0.0; LANES];
            for tile in tiles {
                for i in 0..LANES {
                    let x = tile[i].to_f64();
                    lanes[i] += x * x;
                }
            }
            // Summed apart: a loop of unknown length over `lanes` would keep them out of the registers.
            let rest: f64 = rest.iter().map(|x| x.to_f64() * x.to_f64()).sum();
            lanes.iter().sum::<f64>() + rest
        },
    )
}

/// The Euclidean norm.
pub(crate) fn norm<T: Real>(x: &[T]) -> f64 {
    sum_of_squares(x).sqrt()
}

/// The root of the mean of the squares; zero for nothing.
pub(crate) fn root_mean_square<T: Real>(x: &[T]) -> f64 {
    (sum_of_squares(x) / x.len().max(1) as f64).sqrt()
}
