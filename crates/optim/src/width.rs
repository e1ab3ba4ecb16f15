//! `WidthTransfer`: rates and first weights by which what was tuned with narrow layers holds for wide ones (muP).

use crate::{Layout, Segment};

/// Scales learning rates, and the first weights of the output, by how much wider a model's layers are than those a rate
/// was chosen for: the maximal update parametrisation (Yang et al. 2022, "Tensor Programs V", arXiv 2203.03466, table
/// 3). With it, activations change by as much in a step whatever the width, so that the best rate stays where it is.
///
/// | weights | become wider at | rate, normalised steps | rate, plain steps | first weights |
/// |---|---|---|---|---|
/// | of the first layer, and vectors | the output | 1 | width / base | as they are |
/// | of layers between | both | base / width | 1 | as they are |
/// | of the last layer | the input | base / width | base / width | root of base / width |
///
/// Normalised steps do not grow with the gradient: those of `adam`, `lion` and their kin; plain ones do: `sgd`. The
/// first and the last layer are the first and last weight of the layout. The width is the number of units a weight
/// reads from, for the first layer that it feeds; channels for a kernel. The table takes it that weights start with a
/// variance of one over their inputs (`lecun_normal`, `he_uniform`), as Glorot's rules do only for square layers.
///
/// ```
/// use tunesmith_optim::{Layout, Pace, Rule, Sgd, WidthTransfer};
/// use tunesmith_tensor::{DType, Par};
/// let layout = Layout::packed([("0.weight", vec![8, 3]), ("1.weight", vec![8, 8]), ("2.weight", vec![2, 8])]);
/// let transfer = WidthTransfer { base: 4, normalized: true };
/// let mut optimizer = Sgd { lr: 1.0, ..Sgd::default() }.optimizer();
/// optimizer.init(&transfer.on(&layout), DType::F64);
/// let mut values = vec![0.0; layout.len()];
/// optimizer.step(&mut values, &[&vec![-1.0; layout.len()]], Pace::default(), Par::Seq).unwrap();
/// let moved = layout.segments().iter().map(|segment| values[segment.range.start]).collect::<Vec<_>>();
/// assert_eq!(moved, [1.0, 0.5, 0.5]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WidthTransfer {
    /// The width for which the rate was chosen.
    pub base: usize,
    /// Whether steps do not grow with the gradient.
    pub normalized: bool,
}

/// Where in a model a parameter stands.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    /// The first weight, and all vectors.
    Input,
    Between,
    Output,
}

impl WidthTransfer {
    /// The layout with rates scaled, besides what [`Groups`](crate::Groups) say, for
    /// [`Optimizer::init`](crate::Optimizer::init).
    #[must_use]
    pub fn on(&self, layout: &Layout) -> Layout {
        layout.clone().with_factors(|index, segment| {
            let Some((place, width)) = placed(layout, index, segment) else { return 1.0 };
            let wider = width as f64 / self.base as f64;
            match (place, self.normalized) {
                (Place::Input, true) | (Place::Between, false) => 1.0,
                (Place::Input, false) => wider,
                (Place::Between | Place::Output, _) => 1.0 / wider,
            }
        })
    }

    /// Scales the first weights, which lie as the layout says.
    ///
    /// # Panics
    /// When there are not as many as the layout says.
    #[track_caller]
    pub fn scale_first_weights(&self, layout: &Layout, weights: &mut [f64]) {
        assert!(weights.len() == layout.len(), "{} weights, the layout has {}", weights.len(), layout.len());
        for (index, segment) in layout.segments().iter().enumerate() {
            if let Some((Place::Output, width)) = placed(layout, index, segment) {
                let factor = (self.base as f64 / width as f64).sqrt();
                weights[segment.range.clone()].iter_mut().for_each(|weight| *weight *= factor);
            }
        }
    }
}

/// Where a parameter stands and how wide the side is by which it is scaled; nothing where no side is.
fn placed(layout: &Layout, index: usize, segment: &Segment) -> Option<(Place, usize)> {
    let segments = layout.segments();
    let first = segments.iter().position(Segment::is_weight)?;
    let last = segments.iter().rposition(Segment::is_weight)?;
    let side = |axis: usize| Some(segment.shape[axis]).filter(|&side| side > 0);
    if index > last || first == last {
        None // the output's own bias, or a single layer, whose sides are given by the data
    } else if !segment.is_weight() {
        Some((Place::Input, segment.shape.iter().product())).filter(|&(_, side)| side > 0)
    } else if index == first {
        Some((Place::Input, side(0)?))
    } else {
        Some((if index == last { Place::Output } else { Place::Between }, side(1)?))
    }
}
