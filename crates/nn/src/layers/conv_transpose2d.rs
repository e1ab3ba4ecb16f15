//! The transposed convolution over images: each input pixel paints its kernel onto a larger image.

use tunesmith_tensor::kernel::conv::Conv;

use super::images::{as_images, two, two_or_more};
use crate::activation::activate;
use crate::plugin::*;

/// A transposed convolution, then an activation: PyTorch's `ConvTranspose2d`, Keras's `Conv2DTranspose`.
///
/// Input `[rows, channels, height, width]`, output `[rows, filters, ..]` with
/// `(size - 1) stride - 2 padding + dilation (kernel - 1) + 1 + output_padding` positions an axis. Parameters `weight`
/// `[channels, filters / groups, height, width]` and `bias` `[filters]`.
///
/// ```
/// use tunesmith_nn::{Sequential, layers::ConvTranspose2d};
/// let model = Sequential::new([4, 7, 7]).with(ConvTranspose2d::new(2, 2).stride(2));
/// assert_eq!(model.output_shape().dims(), [2, 14, 14]);
/// ```
#[derive(Clone, Debug)]
pub struct ConvTranspose2d {
    filters: usize,
    kernel_size: Sizes,
    stride: Sizes,
    padding: Sizes,
    output_padding: Sizes,
    dilation: Sizes,
    groups: usize,
    activation: Plug,
    bias: bool,
    init: Plug,
}

impl ConvTranspose2d {
    /// A transposed convolution to that many channels, by kernels of a size.
    #[must_use]
    pub fn new(filters: usize, kernel_size: impl Into<Sizes>) -> Self {
        Self { filters, kernel_size: kernel_size.into(), ..Self::default() }
    }

    /// The same with input pixels that far apart in the output.
    #[must_use]
    pub fn stride(mut self, stride: impl Into<Sizes>) -> Self {
        self.stride = stride.into();
        self
    }
}

impl Default for ConvTranspose2d {
    fn default() -> Self {
        Self {
            filters: 32,
            kernel_size: Sizes::Same(2),
            stride: Sizes::Same(1),
            padding: Sizes::Same(0),
            output_padding: Sizes::Same(0),
            dilation: Sizes::Same(1),
            groups: 1,
            activation: Plug::new("linear"),
            bias: true,
            init: Plug::new("glorot_uniform"),
        }
    }
}

impl Describe for ConvTranspose2d {
    const NAME: &'static str = "conv_transpose2d";
    const ABOUT: &'static str = "a transposed convolution over images: makes them larger";
    const SOURCE: &'static str = "Dumoulin & Visin 2016, arXiv:1603.07285";
    const PARAMS: &'static [Param<Self>] = &[
        Param::int("filters", 8, 128, |s: &mut Self| &mut s.filters, "channels of the output")
            .log()
            .valid(1.0, 1e6),
        Param::sizes("kernel_size", &[], |s: &mut Self| &mut s.kernel_size, "size of the kernel")
            .valid(1.0, 1e4),
        Param::sizes("stride", &[], |s: &mut Self| &mut s.stride, "how far apart input pixels are painted")
            .valid(1.0, 1e4),
        Param::sizes("padding", &[], |s: &mut Self| &mut s.padding, "output pixels cut off on each side")
            .valid(0.0, 1e4),
        Param::sizes(
            "output_padding",
            &[],
            |s: &mut Self| &mut s.output_padding,
            "output pixels added at the far side, fewer than the stride",
        )
        .valid(0.0, 1e4),
        Param::sizes("dilation", &[], |s: &mut Self| &mut s.dilation, "how far apart the kernel's taps are")
            .valid(1.0, 1e4),
        Param::int("groups", 1, 8, |s: &mut Self| &mut s.groups, "groups of channels that do not mix")
            .fixed()
            .valid(1.0, 1e6),
        Param::plug("activation", "activation", |s: &mut Self| &mut s.activation, "what follows the sum"),
        Param::switch("bias", |s: &mut Self| &mut s.bias, "whether a learnt constant is added"),
        Param::plug("init", "init", |s: &mut Self| &mut s.init, "how the weights start"),
    ];
}

impl Layer for ConvTranspose2d {
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        let kernel = two_or_more(trace, "kernel_size", &self.kernel_size, 2)?;
        let stride = two_or_more(trace, "stride", &self.stride, 2)?;
        let dilation = two_or_more(trace, "dilation", &self.dilation, 2)?;
        let padding = two(trace, "padding", &self.padding, 2, 0)?;
        let extra = two(trace, "output_padding", &self.output_padding, 2, 0)?;
        let channels = input.shape().dims().get(1).copied().unwrap_or(0);
        let (groups, filters) = (self.groups, self.filters);
        if groups == 0 || !channels.is_multiple_of(groups) || !filters.is_multiple_of(groups) {
            return Err(trace.error(format!(
                "{channels} channels and {filters} filters must both be multiples of groups = {groups}"
            )));
        }
        if (0..2).any(|axis| extra[axis] >= stride[axis]) {
            return Err(trace.error("output_padding must be smaller than stride"));
        }
        let weight = trace.param("weight", [channels, filters / groups, kernel[0], kernel[1]], &self.init);
        let bias = self.bias.then(|| trace.param("bias", [filters], &Plug::new("zeros")));
        as_images(trace, Self::NAME, 2, input, |x| {
            let dims = x.shape();
            let size = |axis: usize| {
                let reach = dilation[axis] * (kernel[axis] - 1) + 1;
                let painted = (dims.dims()[axis + 1].max(1) - 1) * stride[axis] + reach + extra[axis];
                painted.checked_sub(2 * padding[axis]).filter(|&size| size > 0)
            };
            let (Some(height), Some(width)) = (size(0), size(1)) else {
                return Err(trace.error(format!("padding = {padding:?} cuts off all of the output")));
            };
            // It is the derivative of the convolution that leads the other way.
            let output = [dims.dims()[0], height, width, filters];
            let conv = Conv { stride, padding, dilation, groups, ..Conv::new(output, kernel, channels) };
            if let Some(problem) = conv.problem() {
                return Err(trace.error(problem));
            }
            let sum = x.conv_back(&weight.permute(&[2, 3, 1, 0]), conv);
            activate(trace, &self.activation, &bias.map_or(sum.clone(), |bias| sum + bias))
        })
    }

    fn sample(&self) -> Sample {
        Sample::numbers([2, 3, 3])
    }
}

register!(LayerEntry, ConvTranspose2d);
