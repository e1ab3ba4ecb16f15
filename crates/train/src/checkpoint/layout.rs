//! `Layout`: whose names and orders of axes a file of weights has.

/// Whose names and orders of axes a file of weights has.
///
/// | | PyTorch | Keras |
/// |---|---|---|
/// | dense | `weight` `[out, in]`, `bias` | `kernel` `[in, out]`, `bias` |
/// | convolution | `weight` `[out, in, ...]`, `bias` | `kernel` `[..., in, out]`, `bias` |
/// | normalisation | `weight`, `bias`, `running_mean`, `running_var` | `gamma`, `beta`, `moving_mean`, `moving_variance` |
/// | embedding | `weight` | `embeddings` |
///
/// What stands before the last part of a name, the layer's place, is the same in both, with points or strokes between:
/// `0.weight` is `0.kernel` or `0/kernel`. A dense layer behind a flattened image is not turned: Keras flattens with the
/// channels last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// PyTorch's, which is the one used here.
    #[default]
    PyTorch,
    /// Keras's and TensorFlow's.
    Keras,
}

impl Layout {
    /// The names a parameter of ours may have in such a file.
    pub(super) fn names(self, name: &str) -> Vec<String> {
        if self == Self::PyTorch {
            return vec![name.to_owned()];
        }
        let (place, last) = name.rsplit_once('.').unwrap_or(("", name));
        let theirs: &[&str] = match last {
            "weight" => &["kernel", "gamma", "embeddings"],
            "bias" => &["bias", "beta"],
            "running_mean" => &["moving_mean"],
            "running_var" => &["moving_variance"],
            other => &[other],
        };
        let with = |between: char| {
            let place = place.replace('.', &between.to_string());
            theirs.iter().map(move |last| format!("{place}{between}{last}"))
        };
        with('.').chain(with('/')).collect()
    }

    /// Whether such a file need not hold that parameter, which then starts at zero.
    pub(super) fn may_lack(self, name: &str) -> bool {
        self == Self::Keras && name.ends_with("num_batches_tracked")
    }

    /// For each axis here, which one it is in such a file.
    pub(super) fn axes(self, theirs: &str, rank: usize) -> Vec<usize> {
        if self == Self::Keras && theirs.ends_with("kernel") && rank >= 2 {
            [rank - 1, rank - 2].into_iter().chain(0..rank - 2).collect()
        } else {
            (0..rank).collect()
        }
    }
}

/// Numbers of a shape with their axes in another order.
pub(super) fn moved(values: &[f32], shape: &[usize], axes: &[usize]) -> Vec<f32> {
    let mut places = vec![0];
    for &axis in axes {
        let step = shape[axis + 1..].iter().product::<usize>();
        places = places.iter().flat_map(|place| (0..shape[axis]).map(move |at| place + at * step)).collect();
    }
    places.into_iter().map(|place: usize| values[place]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernel_of_a_convolution_is_turned() {
        // [height 1, width 2, in 3, out 4] becomes [out, in, height, width].
        let values: Vec<f32> = (0..24).map(|i| i as f32).collect();
        let axes = Layout::Keras.axes("3/kernel", 4);
        assert_eq!(axes, [3, 2, 0, 1]);
        let turned = moved(&values, &[1, 2, 3, 4], &axes);
        assert_eq!(turned[..6], [0.0, 12.0, 4.0, 16.0, 8.0, 20.0]);
        assert_eq!(Layout::Keras.axes("3/gamma", 1), [0]);
    }
}
