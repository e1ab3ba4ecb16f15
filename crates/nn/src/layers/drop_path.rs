//! Stochastic depth (Huang et al., 2016): whole rows of a branch are dropped, so that a row passes fewer layers.

use super::rated::rated;
use crate::plugin::*;

rated! {
    /// Sets each row to zero with probability `rate` while training and scales the others by `1 / (1 - rate)`; the last
    /// layer of a `residual`'s list, so that a dropped row is handed past it.
    ///
    /// Input and output of any shape; nothing happens in prediction.
    ///
    /// ```
    /// use tunesmith_nn::{Sequential, layers::DropPath};
    /// let model = Sequential::new([2]).with(DropPath::new(0.5));
    /// assert_eq!(model.predict::<f32>(&[], &[1.0, 2.0]), [1.0, 2.0]);
    /// ```
    DropPath, "drop_path", "sets a random share of the rows to zero while training", "Huang et al. 2016, arXiv:1603.09382",
    default 0.1, "probability that a row is zero",
    |trace, input, rate| {
        let mut shape = vec![1; input.rank()];
        shape[0] = input.shape().dims()[0];
        Ok(input * &trace.graph().dropout_mask(shape, rate))
    }
}

#[cfg(test)]
mod tests {
    use super::super::rated::tests::in_training;
    use super::DropPath;

    #[test]
    fn a_row_is_dropped_as_a_whole_or_not_at_all() {
        let found = in_training(DropPath::new(0.25), &[3], 400, &[3.0; 1200]);
        let rows: Vec<&[f64]> = found.chunks(3).collect();
        assert!(rows.iter().all(|row| *row == [0.0; 3] || *row == [4.0; 3]));
        let dropped = rows.iter().filter(|row| row[0] == 0.0).count();
        assert!((65..135).contains(&dropped), "{dropped} of 400");
    }
}
