//! Spatial dropout (Tompson et al., 2015): whole channels are dropped, because neighbours in an image are alike.

use super::normalized::channels_of;
use super::rated::rated;
use crate::plugin::*;

rated! {
    /// Sets each channel of each row to zero with probability `rate` while training, at all positions, and scales the
    /// others by `1 / (1 - rate)`: PyTorch's `Dropout1d`, `2d`, `3d`, Keras's `SpatialDropout`.
    ///
    /// Input and output `[rows, channels, ...]`; nothing happens in prediction.
    ///
    /// ```
    /// use tunesmith_nn::{Sequential, layers::SpatialDropout};
    /// let model = Sequential::new([1, 2]).with(SpatialDropout::new(0.5));
    /// assert_eq!(model.predict::<f32>(&[], &[1.0, 2.0]), [1.0, 2.0]);
    /// ```
    SpatialDropout, "spatial_dropout", "sets a random share of its channels to zero while training",
    "Tompson et al. 2015, CVPR", default 0.25, "probability that a channel is zero",
    |trace, input, rate| {
        let channels = channels_of(trace, "spatial_dropout", input)?;
        let mut shape = vec![1; input.rank()];
        (shape[0], shape[1]) = (input.shape().dims()[0], channels);
        Ok(input * &trace.graph().dropout_mask(shape, rate))
    }
}

#[cfg(test)]
mod tests {
    use super::super::rated::tests::in_training;
    use super::SpatialDropout;

    #[test]
    fn a_channel_is_dropped_as_a_whole_or_not_at_all() {
        let found = in_training(SpatialDropout::new(0.5), &[40, 3], 8, &[1.0; 960]);
        let channels: Vec<&[f64]> = found.chunks(3).collect();
        assert!(channels.iter().all(|channel| *channel == [0.0; 3] || *channel == [2.0; 3]));
        let dropped = channels.iter().filter(|channel| channel[0] == 0.0).count();
        assert!((120..200).contains(&dropped), "{dropped} of 320");
    }
}
