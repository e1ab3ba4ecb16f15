//! `Gradient`: the shards of one gradient, and which rows of large tables they touch.

use crate::Layout;

/// The rows of one parameter in which a gradient may differ from zero; in all other rows it is zero.
///
/// A parameter's rows are what its first axis counts: the vectors of an embedding.
///
/// ```
/// use tunesmith_optim::TouchedRows;
/// let touched = TouchedRows { segment: 0, rows: vec![3, 17] };
/// assert_eq!(touched.rows.len(), 2);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TouchedRows {
    /// The parameter's place in [`Layout::segments`].
    pub segment: usize,
    /// The rows, ascending, each once.
    pub rows: Vec<u32>,
}

/// One gradient as a step is given it: the shards that add up to it, and where it is known to be zero.
#[derive(Clone, Copy, Debug)]
pub struct Gradient<'a, T> {
    /// The shards, each as long as the slab; they are added in their order. They are zero where `touched` says so.
    pub shards: &'a [&'a [T]],
    /// For some parameters, in the order of their places, the rows that are touched. What is said of a parameter whose
    /// rows are not [sparse](Layout::sparse) saves time and changes nothing.
    pub touched: &'a [TouchedRows],
}

impl<'a, T> Gradient<'a, T> {
    /// A gradient of which nothing is known to be zero.
    #[must_use]
    pub const fn dense(shards: &'a [&'a [T]]) -> Self {
        Self { shards, touched: &[] }
    }

    /// Looks whether shards and rows fit a layout.
    #[track_caller]
    pub(crate) fn check(&self, layout: &Layout) {
        assert!(!self.shards.is_empty(), "step: there is no gradient");
        if let Some(other) = self.shards.iter().find(|gradient| gradient.len() != layout.len()) {
            panic!("step: the layout has {} elements, a gradient {}", layout.len(), other.len());
        }
        let segments = layout.segments();
        for (i, TouchedRows { segment, rows }) in self.touched.iter().enumerate() {
            let ordered = i == 0 || self.touched[i - 1].segment < *segment;
            assert!(
                ordered && *segment < segments.len(),
                "step: touched rows of parameter {segment} stand at place {i}, there are {} parameters",
                segments.len()
            );
            let (name, shape) = (&segments[*segment].name, &segments[*segment].shape);
            let count = shape.first().copied().unwrap_or(0);
            assert!(
                rows.is_sorted_by(|a, b| a < b) && rows.last().is_none_or(|&last| (last as usize) < count),
                "step: the touched rows of `{name}` of shape {shape:?} ascend below {count}, found {rows:?}"
            );
        }
        let known = |index: usize| self.touched.iter().any(|touched| touched.segment == index);
        if let Some(index) = (0..segments.len()).find(|&index| layout.is_sparse(index) && !known(index)) {
            panic!(
                "step: the rows of `{}` are sparse, say which are touched: `step_sparse`",
                segments[index].name
            );
        }
    }
}
