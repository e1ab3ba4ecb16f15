//! `Batch`: the batch a loss is the mean over, known to each of its parts.

use tunesmith_autodiff::Var;

/// The batch a loss is the mean over, of which a part is looked at.
///
/// Rows may count differently, and the rows of a batch may count together what only who feeds it knows: then both are
/// values of the graph.
///
/// ```
/// use tunesmith_autodiff::Graph;
/// use tunesmith_nn::Batch;
/// let graph = Graph::new();
/// let each = graph.param("each", [2, 3]);
/// // Two of four rows: their part of the mean over four rows of three numbers.
/// let part = Batch::of(4).mean(&each);
/// assert_eq!(graph.evaluate(&[&part], &[6.0; 6]), [[3.0]]);
///
/// // A row that counts three times beside one that counts once.
/// let weights = graph.constant([2], &[3.0, 1.0]);
/// let mean = Batch::weighted(&graph.scalar(1.0 / 4.0), Some(&weights)).mean(&each);
/// assert_eq!(graph.evaluate(&[&mean], &[1.0, 1.0, 1.0, 5.0, 5.0, 5.0]), [[2.0]]);
/// ```
#[derive(Clone, Debug)]
pub struct Batch {
    share: Share,
    weights: Option<Var>,
    /// How many trials' rows lie side by side; `None` when the batch is of one.
    trials: Option<usize>,
}

/// One over what the rows of the whole batch count together.
#[derive(Clone, Debug)]
enum Share {
    Known(f64),
    Fed(Var),
}

impl Batch {
    /// A batch of `rows` rows that count alike.
    #[must_use]
    pub fn of(rows: usize) -> Self {
        Self { share: Share::Known(1.0 / rows as f64), weights: None, trials: None }
    }

    /// A batch whose rows count differently: one over what the rows of the whole count together, a scalar, and what each row
    /// of this part counts, `[rows]`; without weights each row of this part counts one.
    ///
    /// With class weights or an ignored label, a row counts its weight times the mean over its positions of what their labels
    /// count.
    ///
    /// # Panics
    /// When the share is not a scalar or the weights are not a list.
    #[must_use]
    #[track_caller]
    pub fn weighted(share: &Var, weights: Option<&Var>) -> Self {
        assert!(share.shape().numel() == 1, "Batch::weighted: the share is {}, not a scalar", share.shape());
        if let Some(weights) = weights {
            assert!(weights.rank() == 1, "Batch::weighted: the weights are {}, not [rows]", weights.shape());
        }
        Self { share: Share::Fed(share.reshape([])), weights: weights.cloned(), trials: None }
    }

    /// The same batch for several trials side by side: row `r * trials + t` of what is looked at is row `r` of trial `t`, and
    /// a mean becomes a list, one of each trial.
    ///
    /// ```
    /// use tunesmith_autodiff::Graph;
    /// use tunesmith_nn::Batch;
    /// let graph = Graph::new();
    /// let each = graph.param("each", [2 * 3]);
    /// let means = Batch::of(2).of_each(3).mean(&each);
    /// assert_eq!(graph.evaluate(&[&means], &[1.0, 2.0, 3.0, 3.0, 4.0, 5.0]), [[2.0, 3.0, 4.0]]);
    /// ```
    #[must_use]
    pub fn of_each(mut self, trials: usize) -> Self {
        self.trials = Some(trials);
        self
    }

    /// The mean of numbers `[rows, ...]`: their weighted sum over what all rows count, and over the numbers a row has.
    ///
    /// # Panics
    /// When there are weights and not as many rows.
    #[must_use]
    #[track_caller]
    pub fn mean(&self, each: &Var) -> Var {
        let dims = each.shape().dims().to_vec();
        let per_row: usize = dims[1..].iter().product();
        let rows = |each: &Var| if dims.len() > 1 { each.flatten(1).sum_axis(1) } else { each.clone() };
        let sum = match (self.trials, &self.weights) {
            (None, None) => each.sum(),
            (None, Some(weights)) => (rows(each) * weights).sum(),
            (Some(trials), weights) => {
                let rows = weights.as_ref().map_or_else(|| rows(each), |weights| rows(each) * weights);
                rows.reshape([dims[0] / trials, trials]).sum_axis(0)
            }
        };
        match &self.share {
            Share::Known(share) => sum * (share / per_row as f64),
            Share::Fed(share) => sum * share * (1.0 / per_row as f64),
        }
    }

    /// The factor of a sum over all rows, when rows count alike.
    pub(crate) fn even_share(&self) -> Option<f64> {
        match self.share {
            Share::Known(share) if self.weights.is_none() && self.trials.is_none() => Some(share),
            _ => None,
        }
    }
}
