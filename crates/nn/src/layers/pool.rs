//! Pooling under windows: `max_pool1d`, `max_pool2d`, `avg_pool1d`, `avg_pool2d`, and `adaptive_avg_pool2d`.

use tunesmith_tensor::kernel::pool::{Pool, Windows};

use super::images::{as_images, padding, two_or_more};
use crate::plugin::*;

/// The largest (`MAX`) or the mean of each window, over one or two axes.
///
/// Input `[rows, channels, length]` or `[rows, channels, height, width]`. Padding is never the largest; whether a mean
/// counts it as zeros (PyTorch) or leaves it out (Keras) is `count_padding`.
#[derive(Clone, Debug)]
pub struct Pooling<const AXES: usize, const MAX: bool> {
    kernel_size: Sizes,
    stride: Sizes,
    padding: Sizes,
    count_padding: bool,
}

/// The largest of each window of sequences `[rows, channels, length]`.
pub type MaxPool1d = Pooling<1, true>;
/// The largest of each window of images `[rows, channels, height, width]`.
///
/// ```
/// use tunesmith_nn::{Sequential, layers::MaxPool2d};
/// let model = Sequential::new([1, 2, 4]).with(MaxPool2d::new(2));
/// assert_eq!(model.predict::<f64>(&[], &[1.0, 2.0, 3.0, 4.0, 8.0, 7.0, 6.0, 5.0]), [8.0, 6.0]);
/// ```
pub type MaxPool2d = Pooling<2, true>;
/// The mean of each window of sequences `[rows, channels, length]`.
pub type AvgPool1d = Pooling<1, false>;
/// The mean of each window of images `[rows, channels, height, width]`.
pub type AvgPool2d = Pooling<2, false>;

impl<const AXES: usize, const MAX: bool> Default for Pooling<AXES, MAX> {
    fn default() -> Self {
        Self::new(2)
    }
}

impl<const AXES: usize, const MAX: bool> Pooling<AXES, MAX> {
    const PARAMS: &'static [Param<Self>] = &[
        Param::sizes("kernel_size", &[], |s: &mut Self| &mut s.kernel_size, "size of a window")
            .valid(1.0, 1e4),
        Param::sizes("stride", &["kernel_size"], |s: &mut Self| &mut s.stride, "how far the window moves")
            .valid(1.0, 1e4),
        Param::sizes(
            "padding",
            &["valid", "same"],
            |s: &mut Self| &mut s.padding,
            "positions around the input: none, as many as keep its size, or a number",
        )
        .valid(0.0, 1e4),
        Param::switch(
            "count_padding",
            |s: &mut Self| &mut s.count_padding,
            "whether a mean counts padding as zeros",
        ),
    ];

    /// Windows of a size that lie side by side.
    #[must_use]
    pub fn new(kernel_size: impl Into<Sizes>) -> Self {
        Self {
            kernel_size: kernel_size.into(),
            stride: Sizes::from("kernel_size"),
            padding: Sizes::from("valid"),
            count_padding: true,
        }
    }

    /// The same with windows that move by that much.
    #[must_use]
    pub fn stride(mut self, stride: impl Into<Sizes>) -> Self {
        self.stride = stride.into();
        self
    }

    /// The same with positions around the input.
    #[must_use]
    pub fn padding(mut self, padding: impl Into<Sizes>) -> Self {
        self.padding = padding.into();
        self
    }

    fn record(&self, trace: &Trace, layer: &str, input: &Var) -> Result<Var, Error> {
        as_images(trace, layer, AXES, input, |x| {
            let window = two_or_more(trace, "kernel_size", &self.kernel_size, AXES)?;
            let stride = match self.stride.word() {
                Some(_) => window,
                None => two_or_more(trace, "stride", &self.stride, AXES)?,
            };
            let dims = x.shape();
            let size = [dims.dims()[1], dims.dims()[2]];
            let (before, after) = padding(trace, &self.padding, AXES, size, window, stride)?;
            let windows = |axis: usize| {
                let (before, after) = (before[axis], after[axis]);
                Windows::sliding(size[axis], window[axis], stride[axis], before, after).ok_or_else(|| {
                    trace.error(format!(
                        "windows of {} with padding {before} do not fit {} positions; padding must be smaller than the \
                         window, and the window must fit",
                        window[axis], size[axis]
                    ))
                })
            };
            let divisor = self.count_padding.then(|| window[0] * window[1]);
            let pool = Pool { rows: windows(0)?, columns: windows(1)?, channels: dims.dims()[3], divisor };
            Ok(if MAX { x.max_pool(pool) } else { x.mean_pool(pool) })
        })
    }
}

/// States one of the four: its name, what it is, its sample.
macro_rules! pooling {
    ($($Name:ident, $name:literal, $about:literal, $sample:expr;)*) => {$(
        impl Describe for $Name {
            const NAME: &'static str = $name;
            const ABOUT: &'static str = $about;
            const PARAMS: &'static [Param<Self>] = Self::PARAMS;
        }

        impl Layer for $Name {
            fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
                self.record(trace, Self::NAME, input)
            }

            fn sample(&self) -> Sample {
                Sample::numbers($sample)
            }
        }

        register!(LayerEntry, $Name);
    )*};
}

pooling! {
    MaxPool1d, "max_pool1d", "the largest of each window of sequences [rows, channels, length]", [2, 5];
    MaxPool2d, "max_pool2d", "the largest of each window of images [rows, channels, height, width]", [2, 4, 5];
    AvgPool1d, "avg_pool1d", "the mean of each window of sequences [rows, channels, length]", [2, 5];
    AvgPool2d, "avg_pool2d", "the mean of each window of images [rows, channels, height, width]", [2, 4, 5];
}

/// The means of as many windows as are wanted, whatever the size of the image: PyTorch's `AdaptiveAvgPool2d`.
///
/// ```
/// use tunesmith_nn::{Sequential, layers::AdaptiveAvgPool2d};
/// let model = Sequential::new([1, 2, 3]).with(AdaptiveAvgPool2d::new([1, 2]));
/// // Columns 0..2 and 1..3 of both rows.
/// assert_eq!(model.predict::<f64>(&[], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]), [2.0, 3.0]);
/// ```
#[derive(Clone, Debug)]
pub struct AdaptiveAvgPool2d {
    output_size: Sizes,
}

impl AdaptiveAvgPool2d {
    /// Pools to that many windows.
    #[must_use]
    pub fn new(output_size: impl Into<Sizes>) -> Self {
        Self { output_size: output_size.into() }
    }
}

impl Default for AdaptiveAvgPool2d {
    fn default() -> Self {
        Self::new(1)
    }
}

impl Describe for AdaptiveAvgPool2d {
    const NAME: &'static str = "adaptive_avg_pool2d";
    const ABOUT: &'static str = "the means of a fixed number of windows of images of any size";
    const PARAMS: &'static [Param<Self>] =
        &[Param::sizes("output_size", &[], |s: &mut Self| &mut s.output_size, "windows along each axis")
            .valid(1.0, 1e4)];
}

impl Layer for AdaptiveAvgPool2d {
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        as_images(trace, Self::NAME, 2, input, |x| {
            let wanted = two_or_more(trace, "output_size", &self.output_size, 2)?;
            let dims = x.shape();
            let windows = |axis: usize| {
                Windows::adaptive(dims.dims()[axis + 1], wanted[axis])
                    .ok_or_else(|| trace.error("there is nothing to pool"))
            };
            let (rows, columns) = (windows(0)?, windows(1)?);
            Ok(x.mean_pool(Pool { rows, columns, channels: dims.dims()[3], divisor: None }))
        })
    }

    fn sample(&self) -> Sample {
        Sample::numbers([2, 4, 5])
    }
}

register!(LayerEntry, AdaptiveAvgPool2d);
