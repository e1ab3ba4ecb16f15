//! Upsample: images and sequences of channels made larger by a factor.

use super::normalized::channels_of;
use crate::plugin::*;

/// Makes every axis of positions longer by a factor: PyTorch's `Upsample`.
///
/// Input `[rows, channels, ...]`, output with each position `factor` times (a factor per axis is possible). `nearest`
/// repeats; `linear` draws lines between the centres of neighbours (bilinear for images; PyTorch's `align_corners = False`).
///
/// ```
/// use tunesmith_nn::{Sequential, layers::Upsample};
/// let model = Sequential::new([1, 2]).with(Upsample::new(2));
/// assert_eq!(model.predict::<f64>(&[], &[1.0, 5.0]), [1.0, 1.0, 5.0, 5.0]);
/// let model = Sequential::new([1, 2]).with(Upsample::new(2).linear());
/// assert_eq!(model.predict::<f64>(&[], &[1.0, 5.0]), [1.0, 2.0, 4.0, 5.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Upsample {
    factor: Sizes,
    mode: String,
}

impl Upsample {
    /// By that factor, repeating.
    #[must_use]
    pub fn new(factor: impl Into<Sizes>) -> Self {
        Self { factor: factor.into(), mode: "nearest".into() }
    }

    /// The same with lines between neighbours.
    #[must_use]
    pub fn linear(mut self) -> Self {
        self.mode = "linear".into();
        self
    }
}

impl Default for Upsample {
    fn default() -> Self {
        Self::new(2)
    }
}

impl Describe for Upsample {
    const NAME: &'static str = "upsample";
    const ABOUT: &'static str = "makes images and sequences of channels larger by a factor";
    const PARAMS: &'static [Param<Self>] = &[
        Param::sizes(
            "factor",
            &[],
            |s: &mut Self| &mut s.factor,
            "how often each position, or one factor per axis",
        )
        .valid(1.0, 1e4),
        Param::name("mode", &["nearest", "linear"], |s: &mut Self| &mut s.mode, "repeat, or draw lines"),
    ];
}

impl Layer for Upsample {
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        channels_of(trace, Self::NAME, input)?;
        let axes = input.rank() - 2;
        if !(1..=3).contains(&axes) {
            let because =
                format!("upsample needs one to three axes of positions, found the shape {}", input.shape());
            return Err(trace.error(because));
        }
        let Some(factors) = self.factor.each(axes) else {
            return Err(trace.error(format!("{:?} is not one factor for each of {axes} axes", self.factor)));
        };
        if self.mode == "linear" {
            return Ok((0..axes).fold(input.clone(), |x, axis| lines(&x, axis + 2, factors[axis])));
        }
        let shape = input.shape();
        let lead = &shape.dims()[..2];
        let (mut apart, mut spread, mut joined) = (lead.to_vec(), lead.to_vec(), lead.to_vec());
        for (&size, factor) in shape.dims()[2..].iter().zip(factors) {
            apart.extend([size, 1]);
            spread.extend([size, factor]);
            joined.push(size * factor);
        }
        Ok(input.reshape(apart).expand(spread).reshape(joined))
    }

    fn sample(&self) -> Sample {
        Sample::numbers([2, 2, 3])
    }
}

/// One axis made longer by lines between the centres of neighbours: a product with a matrix of two weights a row.
fn lines(x: &Var, axis: usize, factor: usize) -> Var {
    let old = x.shape().dims()[axis];
    let new = old * factor;
    let mut weights = vec![0.0; new * old];
    for at in 0..new {
        let place = ((at as f64 + 0.5) / factor as f64 - 0.5).max(0.0);
        let before = place.floor() as usize;
        let share = place - before as f64;
        weights[at * old + before] += 1.0 - share;
        weights[at * old + (before + 1).min(old - 1)] += share;
    }
    let last = x.rank() - 1;
    let mut swap: Vec<usize> = (0..=last).collect();
    swap.swap(axis, last);
    let moved = x.permute(&swap);
    let mut dims = moved.shape().dims().to_vec();
    let rows = moved.shape().numel() / old;
    dims[last] = new;
    moved
        .reshape([rows, old])
        .matmul_t(&x.graph().constant([new, old], &weights))
        .reshape(dims)
        .permute(&swap)
}

register!(LayerEntry, Upsample);
