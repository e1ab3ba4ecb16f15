//! Reshape, permute and repeat vector: the same numbers under another shape, in another order, several times.

use crate::plugin::*;

/// The same numbers in the same order under another shape; one of the sizes may be -1, which is whatever is left.
///
/// ```
/// use tunesmith_nn::{Sequential, layers::Reshape};
/// assert_eq!(Sequential::new([6]).with(Reshape::new([2.0, -1.0])).output_shape().dims(), [2, 3]);
/// ```
#[derive(Clone, Debug)]
pub struct Reshape {
    shape: Vec<f64>,
}

impl Reshape {
    /// To that shape, without the rows.
    #[must_use]
    pub fn new(shape: impl Into<Vec<f64>>) -> Self {
        Self { shape: shape.into() }
    }
}

impl Default for Reshape {
    fn default() -> Self {
        Self::new([-1.0])
    }
}

impl Describe for Reshape {
    const NAME: &'static str = "reshape";
    const ABOUT: &'static str = "the same numbers in the same order under another shape";
    const PARAMS: &'static [Param<Self>] = &[Param::floats(
        "shape",
        |s: &mut Self| &mut s.shape,
        "the sizes without the rows; one may be -1, which is what is left",
    )
    .valid(-1.0, 1e9)];

    fn check(&self) -> Result<(), String> {
        let whole = |size: &&f64| size.fract() != 0.0 || **size == 0.0;
        if let Some(size) = self.shape.iter().find(whole) {
            return Err(format!("sizes are whole numbers above zero, or one -1, found {size}"));
        }
        if self.shape.iter().filter(|&&size| size < 0.0).count() > 1 {
            return Err("only one size can be -1, what is left".into());
        }
        match self.shape.len() {
            0..=7 => Ok(()),
            axes => Err(format!("{axes} axes are too many, at most 7 are possible")),
        }
    }
}

impl Layer for Reshape {
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        let shape = input.shape();
        let wrong = |what: &str| {
            let sizes: Vec<String> = self.shape.iter().map(ToString::to_string).collect();
            Err(trace.error(format!("{what} of the shape {shape} cannot be [rows, {}]", sizes.join(", "))))
        };
        let Some((&rows, sample)) = shape.dims().split_first() else { return wrong("a number") };
        let total: usize = sample.iter().product();
        let known = self
            .shape
            .iter()
            .filter(|&&size| size > 0.0)
            .try_fold(1_usize, |product, &size| product.checked_mul(size as usize));
        let Some(known) = known else { return wrong("an input") };
        let open = self.shape.iter().any(|&size| size < 0.0);
        if (open && !total.is_multiple_of(known)) || (!open && total != known) {
            return wrong("an input");
        }
        let sizes = self.shape.iter().map(|&size| if size < 0.0 { total / known } else { size as usize });
        Ok(input.reshape(std::iter::once(rows).chain(sizes).collect::<Vec<_>>()))
    }
}

register!(LayerEntry, Reshape);

/// The axes behind the rows in another order, as Keras counts them: axis 0 is the rows, which stay, so `[2, 1]` swaps the
/// two axes behind them.
///
/// ```
/// use tunesmith_nn::{Sequential, layers::Permute};
/// let model = Sequential::new([2, 3]).with(Permute::new([2, 1]));
/// assert_eq!(model.predict::<f64>(&[], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Permute {
    axes: Sizes,
}

impl Permute {
    /// For each new axis behind the rows, which old one it is, from 1.
    #[must_use]
    pub fn new<const N: usize>(axes: [usize; N]) -> Self {
        Self { axes: axes.into() }
    }
}

impl Default for Permute {
    fn default() -> Self {
        Self::new([1])
    }
}

impl Describe for Permute {
    const NAME: &'static str = "permute";
    const ABOUT: &'static str = "the axes behind the rows in another order";
    const PARAMS: &'static [Param<Self>] = &[Param::sizes(
        "axes",
        &[],
        |s: &mut Self| &mut s.axes,
        "for each new axis, which old one it is, counted from 1",
    )];
}

impl Layer for Permute {
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        let rank = input.rank();
        let axes = self.axes.each(rank - 1).unwrap_or_default();
        let mut sorted = axes.clone();
        sorted.sort_unstable();
        if !sorted.iter().copied().eq(1..rank) {
            return Err(trace.error(format!(
                "{:?} is no order of the axes 1 to {} of {}",
                self.axes,
                rank - 1,
                input.shape()
            )));
        }
        Ok(input.permute(&std::iter::once(0).chain(axes).collect::<Vec<_>>()))
    }
}

register!(LayerEntry, Permute);

/// The same vector at so many positions: `[rows, units]` becomes `[rows, times, units]`.
///
/// ```
/// use tunesmith_nn::{Sequential, layers::RepeatVector};
/// let model = Sequential::new([2]).with(RepeatVector::new(2));
/// assert_eq!(model.predict::<f64>(&[], &[1.0, 2.0]), [1.0, 2.0, 1.0, 2.0]);
/// ```
#[derive(Clone, Debug)]
pub struct RepeatVector {
    times: usize,
}

impl RepeatVector {
    /// At so many positions.
    #[must_use]
    pub fn new(times: usize) -> Self {
        Self { times }
    }
}

impl Default for RepeatVector {
    fn default() -> Self {
        Self::new(2)
    }
}

impl Describe for RepeatVector {
    const NAME: &'static str = "repeat_vector";
    const ABOUT: &'static str = "the same vector at several positions";
    const PARAMS: &'static [Param<Self>] =
        &[Param::int("times", 1, 100, |s: &mut Self| &mut s.times, "number of positions")
            .fixed()
            .valid(1.0, 1e6)];
}

impl Layer for RepeatVector {
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        match input.shape().dims() {
            &[rows, units] => Ok(input.reshape([rows, 1, units]).expand([rows, self.times, units])),
            _ => {
                Err(trace
                    .error(format!("repeat_vector needs [rows, units], found the shape {}", input.shape())))
            }
        }
    }
}

register!(LayerEntry, RepeatVector);
