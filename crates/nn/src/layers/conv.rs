//! Convolution over sequences (`conv1d`) and images (`conv2d`), and over each channel apart (`depthwise_conv2d`).

use tunesmith_tensor::kernel::conv::Conv;

use super::images::{as_images, padding, two_or_more};
use crate::activation::activate;
use crate::plugin::*;

/// A convolution over one or two axes, then an activation.
///
/// Input `[rows, channels, length]` or `[rows, channels, height, width]`, output with `filters` channels; parameters
/// `weight` `[filters, channels / groups, kernel..]` and `bias` `[filters]`, PyTorch's layouts.
#[derive(Clone, Debug)]
pub struct Convolution<const AXES: usize> {
    filters: usize,
    kernel_size: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    groups: usize,
    activation: Plug,
    bias: bool,
    init: Plug,
    bias_init: Plug,
}

/// A convolution over sequences `[rows, channels, length]`.
///
/// ```
/// use tunesmith_nn::{Sequential, layers::Conv1d};
/// let model = Sequential::new([2, 30]).with(Conv1d::new(8, 5).padding("same"));
/// assert_eq!(model.output_shape().dims(), [8, 30]);
/// ```
pub type Conv1d = Convolution<1>;

/// A convolution over images `[rows, channels, height, width]`.
///
/// ```
/// use tunesmith_nn::{Sequential, layers::Conv2d};
/// let model = Sequential::new([3, 28, 28]).with(Conv2d::new(16, 3).stride(2).padding(1).activation("relu"));
/// assert_eq!(model.output_shape().dims(), [16, 14, 14]);
/// assert_eq!(model.params()[0].shape.dims(), [16, 3, 3, 3]);
/// ```
pub type Conv2d = Convolution<2>;

impl<const AXES: usize> Default for Convolution<AXES> {
    fn default() -> Self {
        Self {
            filters: 32,
            kernel_size: Sizes::Same(3),
            stride: Sizes::Same(1),
            padding: Sizes::from("valid"),
            dilation: Sizes::Same(1),
            groups: 1,
            activation: Plug::new("linear"),
            bias: true,
            init: Plug::new("glorot_uniform"),
            bias_init: Plug::new("zeros"),
        }
    }
}

impl<const AXES: usize> Convolution<AXES> {
    const PARAMS: &'static [Param<Self>] = &[
        Param::int("filters", 8, 128, |s: &mut Self| &mut s.filters, "channels of the output")
            .log()
            .valid(1.0, 1e6),
        Param::sizes("kernel_size", &[], |s: &mut Self| &mut s.kernel_size, "size of the kernel")
            .valid(1.0, 1e4),
        Param::sizes("stride", &[], |s: &mut Self| &mut s.stride, "how far the kernel moves").valid(1.0, 1e4),
        Param::sizes(
            "padding",
            &["valid", "same"],
            |s: &mut Self| &mut s.padding,
            "zeros around the input: none, as many as keep its size, or a number",
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
        Param::plug("bias_init", "init", |s: &mut Self| &mut s.bias_init, "how the constant starts"),
    ];

    /// A convolution with that many filters of a size, linear, weights by Glorot's uniform rule, biases zero.
    #[must_use]
    pub fn new(filters: usize, kernel_size: impl Into<Sizes>) -> Self {
        Self { filters, kernel_size: kernel_size.into(), ..Self::default() }
    }

    /// The same with a kernel that moves by that much.
    #[must_use]
    pub fn stride(mut self, stride: impl Into<Sizes>) -> Self {
        self.stride = stride.into();
        self
    }

    /// The same with zeros around the input: "same", "valid", or how many.
    #[must_use]
    pub fn padding(mut self, padding: impl Into<Sizes>) -> Self {
        self.padding = padding.into();
        self
    }

    /// The same with taps that far apart.
    #[must_use]
    pub fn dilation(mut self, dilation: impl Into<Sizes>) -> Self {
        self.dilation = dilation.into();
        self
    }

    /// The same with channels in groups that do not mix.
    #[must_use]
    pub fn groups(mut self, groups: usize) -> Self {
        self.groups = groups;
        self
    }

    /// The same followed by an activation, by name.
    #[must_use]
    pub fn activation(mut self, name: &str) -> Self {
        self.activation = Plug::new(name);
        self
    }

    /// The same without a bias.
    #[must_use]
    pub fn without_bias(mut self) -> Self {
        self.bias = false;
        self
    }

    /// The sizes for an image `[rows, height, width, channels]`.
    fn sizes(&self, trace: &Trace, input: [usize; 4]) -> Result<Conv, Error> {
        let kernel = two_or_more(trace, "kernel_size", &self.kernel_size, AXES)?;
        let stride = two_or_more(trace, "stride", &self.stride, AXES)?;
        let dilation = two_or_more(trace, "dilation", &self.dilation, AXES)?;
        let (channels, groups, filters) = (input[3], self.groups, self.filters);
        if groups == 0 || !channels.is_multiple_of(groups) || !filters.is_multiple_of(groups) {
            return Err(trace.error(format!(
                "{channels} channels and {filters} filters must both be multiples of groups = {groups}"
            )));
        }
        let reach = [0, 1].map(|axis| dilation[axis] * (kernel[axis] - 1) + 1);
        let (before, after) = padding(trace, &self.padding, AXES, [input[1], input[2]], reach, stride)?;
        let conv = Conv {
            stride,
            padding: before,
            padding_after: (after != before).then_some(after),
            dilation,
            groups,
            ..Conv::new(input, kernel, filters)
        };
        if let (Some(problem), true) = (conv.problem(), conv.output().is_some()) {
            return Err(trace.error(problem));
        }
        if conv.output().is_none() {
            let (size, least) = (&input[3 - AXES..3], &reach[2 - AXES..]);
            return Err(trace.error(format!(
                "the kernel reaches over {least:?} but the input is {size:?}; use padding = \"same\" or fewer strides"
            )));
        }
        Ok(conv)
    }

    fn record(&self, trace: &mut Trace, layer: &str, input: &Var) -> Result<Var, Error> {
        let channels = input.shape().dims().get(1).copied().unwrap_or(0);
        let (mut weight, mut bias) = (None, None);
        if input.rank() == AXES + 2 {
            let group = channels / self.groups.max(1);
            let kernel = self.kernel_size.each(AXES).unwrap_or_default();
            let shape: Vec<usize> = [self.filters, group].into_iter().chain(kernel).collect();
            weight = Some(trace.param("weight", shape, &self.init));
            bias = self.bias.then(|| trace.param("bias", [self.filters], &self.bias_init));
        }
        as_images(trace, layer, AXES, input, |x| {
            let [rows, height, width, channels] = [0, 1, 2, 3].map(|axis| x.shape().dims()[axis]);
            let conv = self.sizes(trace, [rows, height, width, channels])?;
            let weight = weight.as_ref().expect("made for an input with as many axes");
            let [kernel_height, kernel_width, group, filters] = conv.weight();
            let weight = weight.reshape([filters, group, kernel_height, kernel_width]).permute(&[2, 3, 1, 0]);
            let sum = x.conv(&weight, conv);
            activate(trace, &self.activation, &bias.map_or(sum.clone(), |bias| sum + bias))
        })
    }
}

impl Describe for Conv1d {
    const NAME: &'static str = "conv1d";
    const ABOUT: &'static str = "a convolution over sequences [rows, channels, length], then an activation";
    const PARAMS: &'static [Param<Self>] = Convolution::<1>::PARAMS;
}

impl Layer for Conv1d {
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        self.record(trace, Self::NAME, input)
    }

    fn sample(&self) -> Sample {
        Sample::numbers([2, 5])
    }
}

impl Describe for Conv2d {
    const NAME: &'static str = "conv2d";
    const ABOUT: &'static str =
        "a convolution over images [rows, channels, height, width], then an activation";
    const SOURCE: &'static str = "LeCun et al. 1989, Neural Computation 1";
    const PARAMS: &'static [Param<Self>] = Convolution::<2>::PARAMS;
}

impl Layer for Conv2d {
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        self.record(trace, Self::NAME, input)
    }

    fn sample(&self) -> Sample {
        Sample::numbers([2, 4, 4])
    }
}

/// A convolution of each channel by filters of its own: as many outputs a channel as `depth_multiplier` says.
///
/// Input `[rows, channels, height, width]`; parameters `weight` `[channels * depth_multiplier, 1, height, width]` and
/// `bias`. PyTorch's `Conv2d` with `groups` equal to the channels.
///
/// ```
/// use tunesmith_nn::{Sequential, layers::DepthwiseConv2d};
/// let model = Sequential::new([6, 8, 8]).with(DepthwiseConv2d::new(3));
/// assert_eq!(model.output_shape().dims(), [6, 6, 6]);
/// assert_eq!(model.params()[0].shape.dims(), [6, 1, 3, 3]);
/// ```
#[derive(Clone, Debug)]
pub struct DepthwiseConv2d {
    depth_multiplier: usize,
    convolution: Conv2d,
}

impl DepthwiseConv2d {
    /// One output a channel, by kernels of a size.
    #[must_use]
    pub fn new(kernel_size: impl Into<Sizes>) -> Self {
        Self { depth_multiplier: 1, convolution: Conv2d::new(1, kernel_size) }
    }
}

impl Default for DepthwiseConv2d {
    fn default() -> Self {
        Self::new(3)
    }
}

impl Describe for DepthwiseConv2d {
    const NAME: &'static str = "depthwise_conv2d";
    const ABOUT: &'static str = "a convolution of each channel of an image by filters of its own";
    const SOURCE: &'static str = "Chollet 2017, arXiv:1610.02357";
    const PARAMS: &'static [Param<Self>] = &[
        Param::int(
            "depth_multiplier",
            1,
            4,
            |s: &mut Self| &mut s.depth_multiplier,
            "outputs of each channel",
        )
        .rarely()
        .valid(1.0, 1e4),
        Param::sizes("kernel_size", &[], |s: &mut Self| &mut s.convolution.kernel_size, "size of the kernel")
            .valid(1.0, 1e4),
        Param::sizes("stride", &[], |s: &mut Self| &mut s.convolution.stride, "how far the kernel moves")
            .valid(1.0, 1e4),
        Param::sizes(
            "padding",
            &["valid", "same"],
            |s: &mut Self| &mut s.convolution.padding,
            "zeros around the input: none, as many as keep its size, or a number",
        )
        .valid(0.0, 1e4),
        Param::sizes(
            "dilation",
            &[],
            |s: &mut Self| &mut s.convolution.dilation,
            "how far apart the taps are",
        )
        .valid(1.0, 1e4),
        Param::plug(
            "activation",
            "activation",
            |s: &mut Self| &mut s.convolution.activation,
            "what follows the sum",
        ),
        Param::switch("bias", |s: &mut Self| &mut s.convolution.bias, "whether a learnt constant is added"),
        Param::plug("init", "init", |s: &mut Self| &mut s.convolution.init, "how the weights start"),
    ];
}

impl Layer for DepthwiseConv2d {
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        let channels = input.shape().dims().get(1).copied().unwrap_or(1).max(1);
        let filters = channels * self.depth_multiplier;
        let convolution = Conv2d { groups: channels, filters, ..self.convolution.clone() };
        convolution.record(trace, Self::NAME, input)
    }

    fn sample(&self) -> Sample {
        Sample::numbers([2, 4, 4])
    }
}

register!(LayerEntry, Conv1d);
register!(LayerEntry, Conv2d);
register!(LayerEntry, DepthwiseConv2d);
