//! Normalisation along the last axis (layer, group, root mean square) and by the last axis over all others (batch).
//!
//! With `r = 1 / sqrt(variance + epsilon)`, `y = (x - mean) r` and `g` the derivative by `y`, the derivative by `x` is
//! `r (g - mean(g) - y mean(g y))`: a kernel of its own, which needs `x` and `g` alone. Being linear in `g` and its own
//! transpose, it gives its own derivative too: by `g` it is the same kernel of `h`, the derivative by its result `o`, and
//! by `x` it is `- y r mean(h o)` less the same kernel of `r (h mean(g y) + g mean(h y))`.

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::{Real, normalize};

use crate::op::{Call, Primitive, Site};
use crate::{Var, gradient_cases};

/// Along which axis values are brought to mean zero and variance one.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Scheme {
    /// Whether means are taken over all axes but the last, by its positions; else along the last.
    by_last: bool,
    /// Whether the mean is taken out.
    centered: bool,
    /// What is added to the variance.
    epsilon: f64,
}

/// Brings the values along the last axis to mean zero and variance one; without centring, to mean square one.
#[derive(Clone, Copy, Debug)]
pub struct Normalize {
    scheme: Scheme,
}

/// The derivative of [`Normalize`] and [`NormalizeChannels`].
#[derive(Clone, Copy, Debug)]
pub struct NormalizeGradient {
    scheme: Scheme,
}

/// Of `[.., channels]`, `[2, channels]`: the mean and the variance (that of a population) of every channel.
#[derive(Clone, Copy, Debug)]
pub struct ChannelMoments;

/// Brings every channel of `[.., channels]` to mean zero and variance one, by the moments that [`ChannelMoments`] finds
/// for the same values. The derivative by the values includes what they change in the moments.
#[derive(Clone, Copy, Debug)]
pub struct NormalizeChannels {
    scheme: Scheme,
}

fn last(shape: &Shape) -> Result<usize, String> {
    match shape.dims().last() {
        Some(&size) if shape.numel() > 0 => Ok(size),
        _ => Err(format!("there must be something to normalise, found {shape}")),
    }
}

impl Primitive for Normalize {
    const NAME: &'static str = "normalize";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        last(&inputs[0]).map(|_| inputs[0])
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let cols = last(call.shape).expect("checked while building");
        let Scheme { centered, epsilon, .. } = self.scheme;
        normalize::normalize_rows(call.inputs[0], cols, centered, epsilon, call.out);
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        let x = &site.inputs[0];
        vec![Some(x.graph().apply(NormalizeGradient { scheme: self.scheme }, &[x, site.gradient]))]
    }

    fn flops(&self, _inputs: &[Shape], output: &Shape) -> u64 {
        6 * output.numel() as u64
    }
}

impl Primitive for ChannelMoments {
    const NAME: &'static str = "channel_moments";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        last(&inputs[0]).map(|channels| Shape::from([2, channels]))
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        normalize::column_moments(call.inputs[0], call.shape.dims()[1], call.scratch, call.out);
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        let (x, moments, g) = (&site.inputs[0], site.output, site.gradient);
        let channels = moments.shape().dims()[1];
        let row = |of: &Var, at: usize| of.slice(0, at, 1).reshape([channels]);
        let count = (x.shape().numel() / channels) as f64;
        let by_variance = (x - row(moments, 0)) * row(g, 1) * 2.0;
        vec![Some((by_variance + row(g, 0)) * (1.0 / count))]
    }

    fn scratch(&self, _inputs: &[Shape], output: &Shape) -> usize {
        normalize::column_room(output.dims()[1])
    }

    fn flops(&self, inputs: &[Shape], _output: &Shape) -> u64 {
        4 * inputs[0].numel() as u64
    }
}

impl Primitive for NormalizeChannels {
    const NAME: &'static str = "normalize_channels";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        let channels = last(&inputs[0])?;
        if inputs[1].dims() == [2, channels] {
            Ok(inputs[0])
        } else {
            Err(format!("the moments of {} are [2, {channels}], found {}", inputs[0], inputs[1]))
        }
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let cols = last(call.shape).expect("checked while building");
        let (x, moments) = (call.inputs[0], call.inputs[1]);
        normalize::normalize_columns(x, moments, cols, self.scheme.epsilon, call.scratch, call.out);
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        let (x, moments) = (&site.inputs[0], &site.inputs[1]);
        let gradient = NormalizeGradient { scheme: self.scheme };
        vec![site.wanted[0].then(|| x.graph().apply(gradient, &[x, site.gradient, moments])), None]
    }

    fn scratch(&self, _inputs: &[Shape], output: &Shape) -> usize {
        normalize::column_room(last(output).expect("checked while building"))
    }

    fn flops(&self, _inputs: &[Shape], output: &Shape) -> u64 {
        2 * output.numel() as u64
    }
}

impl Primitive for NormalizeGradient {
    const NAME: &'static str = "normalize_gradient";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        if inputs[0] == inputs[1] {
            last(&inputs[0]).map(|_| inputs[0])
        } else {
            Err(format!("a derivative per value is needed, found {} and {}", inputs[0], inputs[1]))
        }
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let cols = last(call.shape).expect("checked while building");
        let Scheme { by_last, centered, epsilon } = self.scheme;
        let (x, g) = (call.inputs[0], call.inputs[1]);
        if by_last {
            let moments = call.inputs[2];
            normalize::normalize_columns_gradient(x, moments, g, cols, epsilon, call.scratch, call.out);
        } else {
            normalize::normalize_rows_gradient(x, g, cols, centered, epsilon, call.out);
        }
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        let (x, g, h) = (&site.inputs[0], &site.inputs[1], site.gradient);
        let moments = site.inputs.get(2);
        let same = |of: &Var| {
            let operands: Vec<&Var> = [x, of].into_iter().chain(moments).collect();
            x.graph().apply(*self, &operands)
        };
        let by_x = || {
            let (y, scale) = match moments {
                None => (x.graph().apply(Normalize { scheme: self.scheme }, &[x]), self.row_scale(x)),
                Some(moments) => {
                    let y = x.graph().apply(NormalizeChannels { scheme: self.scheme }, &[x, moments]);
                    let channels = moments.shape().dims()[1];
                    let variance = moments.slice(0, 1, 1).reshape([channels]);
                    (y, (variance + self.scheme.epsilon).powf(-0.5))
                }
            };
            let mean = |of: Var| self.mean(&of);
            let turned = (h * mean(g * &y) + g * mean(h * &y)) * &scale;
            -(&y * &scale * mean(h * site.output) + same(&turned))
        };
        let mut parts = vec![site.wanted[0].then(by_x), site.wanted[1].then(|| same(h))];
        parts.resize(site.inputs.len(), None);
        parts
    }

    fn scratch(&self, _inputs: &[Shape], output: &Shape) -> usize {
        match self.scheme.by_last {
            true => normalize::column_room(last(output).expect("checked while building")),
            false => 0,
        }
    }

    fn flops(&self, _inputs: &[Shape], output: &Shape) -> u64 {
        12 * output.numel() as u64
    }
}

impl NormalizeGradient {
    /// The mean over what is normalised together, in a shape that broadcasts.
    fn mean(&self, of: &Var) -> Var {
        let size = of.shape().dims().last().copied().unwrap_or(1);
        if self.scheme.by_last {
            of.sum_range(0, of.rank() - 1) * (size as f64 / of.shape().numel() as f64)
        } else {
            of.sum_last() * (1.0 / size as f64)
        }
    }

    /// `1 / sqrt(variance + epsilon)` of every row.
    fn row_scale(&self, x: &Var) -> Var {
        let centered = if self.scheme.centered { x - self.mean(x) } else { x.clone() };
        (self.mean(&centered.square()) + self.scheme.epsilon).powf(-0.5)
    }
}

impl Var {
    /// The values along the last axis minus their mean, over the root of their variance (that of a population) plus
    /// `epsilon`.
    ///
    /// ```
    /// use tunesmith_autodiff::Graph;
    /// let graph = Graph::new();
    /// let x = graph.param("x", [2, 2]);
    /// assert_eq!(graph.evaluate(&[&x.normalize(0.0)], &[1.0, 3.0, 10.0, 8.0]), [[-1.0, 1.0, 1.0, -1.0]]);
    /// ```
    ///
    /// # Panics
    /// When there is nothing along the last axis.
    #[must_use]
    #[track_caller]
    pub fn normalize(&self, epsilon: f64) -> Self {
        self.apply(Normalize { scheme: Scheme { by_last: false, centered: true, epsilon } })
    }

    /// The values along the last axis over the root of their mean square plus `epsilon`.
    ///
    /// ```
    /// use tunesmith_autodiff::Graph;
    /// let graph = Graph::new();
    /// let x = graph.param("x", [2]);
    /// assert_eq!(graph.evaluate(&[&x.normalize_square(0.0)], &[-2.0, 2.0]), [[-1.0, 1.0]]);
    /// ```
    ///
    /// # Panics
    /// When there is nothing along the last axis.
    #[must_use]
    #[track_caller]
    pub fn normalize_square(&self, epsilon: f64) -> Self {
        self.apply(Normalize { scheme: Scheme { by_last: false, centered: false, epsilon } })
    }

    /// Of `[.., channels]`: the values minus their channel's mean, over the root of its variance (that of a population)
    /// plus `epsilon`; beside them the mean and the variance of every channel, `[2, channels]`.
    ///
    /// ```
    /// use tunesmith_autodiff::Graph;
    /// let graph = Graph::new();
    /// let (y, moments) = graph.param("x", [2, 2]).normalize_channels(0.0);
    /// let found = graph.evaluate(&[&y, &moments], &[1.0, 7.0, 3.0, 1.0]);
    /// assert_eq!(found, [[-1.0, 1.0, 1.0, -1.0], [2.0, 4.0, 1.0, 9.0]]);
    /// ```
    ///
    /// # Panics
    /// When there are no values.
    #[must_use]
    #[track_caller]
    pub fn normalize_channels(&self, epsilon: f64) -> (Self, Self) {
        let moments = self.apply(ChannelMoments);
        let scheme = Scheme { by_last: true, centered: true, epsilon };
        (self.graph.apply(NormalizeChannels { scheme }, &[self, &moments]), moments)
    }
}

gradient_cases! {
    "normalize" [[3, 5]] |x| x[0].normalize(0.1);
    "normalize, inside" [[3, 5]] |x| (x[0].normalize(1e-3) * &x[0]).tanh();
    "normalize, three axes" [[2, 2, 4]] |x| x[0].tanh().normalize(0.01).square();
    "normalize_square" [[3, 5]] |x| x[0].normalize_square(0.1).square();
    "normalize_channels" [[5, 3]] |x| x[0].normalize_channels(0.1).0;
    "normalize_channels, inside" [[4, 2, 3]] |x| (x[0].normalize_channels(0.01).0 * &x[0]).tanh();
    "channel moments" [[5, 3]] |x| x[0].normalize_channels(0.01).1.tanh();
}
