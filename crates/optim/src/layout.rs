//! `Layout`: where each parameter lies in the slab, and its name and shape.

use std::ops::Range;

use crate::groups::Treatment;

/// One parameter's place in the slab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The parameter's name, unique in its layout: `layers.0.weight`.
    pub name: String,
    /// The parameter's shape; empty for a scalar.
    pub shape: Vec<usize>,
    /// The elements of the slab that are this parameter's, row-major.
    pub range: Range<usize>,
}

impl Segment {
    /// What the name says before its last dot.
    pub(crate) fn layer(&self) -> &str {
        self.name.rsplit_once('.').map_or("", |(layer, _)| layer)
    }

    /// Whether this is a weight rather than a bias or a gain: whether it has two axes or more.
    ///
    /// ```
    /// use tunesmith_optim::Layout;
    /// let layout = Layout::packed([("weight", vec![2, 3]), ("bias", vec![3])]);
    /// assert!(layout.segments()[0].is_weight());
    /// assert!(!layout.segments()[1].is_weight());
    /// ```
    #[must_use]
    pub fn is_weight(&self) -> bool {
        self.shape.len() >= 2
    }
}

/// The parameters of one slab, in ascending order of their places.
///
/// ```
/// use tunesmith_optim::Layout;
/// let layout = Layout::packed([("weight", vec![2, 3]), ("bias", vec![3]), ("scale", vec![])]);
/// assert_eq!(layout.len(), 10);
/// assert_eq!(layout.segments()[2].range, 9..10);
/// ```
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Layout {
    segments: Vec<Segment>,
    len: usize,
    /// How each parameter is treated; empty when all are treated alike.
    treatments: Vec<Treatment>,
    /// Whether each parameter's rows are sparse; empty when none's are.
    sparse: Vec<bool>,
}

impl Layout {
    /// A slab of `len` elements with parameters at given places.
    ///
    /// Elements between parameters are padding: they are updated like any other, so keep them and their gradients
    /// zero.
    ///
    /// # Panics
    /// When a range is not as long as its shape says, ranges overlap, descend or leave the slab, or two parameters
    /// have one name.
    #[must_use]
    #[track_caller]
    pub fn new(segments: Vec<Segment>, len: usize) -> Self {
        let mut end = 0;
        for Segment { name, shape, range } in &segments {
            let size = shape.iter().product::<usize>();
            assert!(
                range.len() == size,
                "layout: `{name}` of shape {shape:?} has {size} elements, its range {range:?} has {}",
                range.len()
            );
            assert!(range.start >= end, "layout: `{name}` at {range:?} starts before {end}");
            assert!(range.end <= len, "layout: `{name}` at {range:?} leaves the slab of {len}");
            end = range.end;
        }
        let mut names: Vec<&str> = segments.iter().map(|segment| segment.name.as_str()).collect();
        names.sort_unstable();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            panic!("layout: two parameters are called `{}`", pair[0]);
        }
        Self { segments, len, treatments: Vec::new(), sparse: Vec::new() }
    }

    /// Parameters one after the other, without padding.
    ///
    /// # Panics
    /// When two parameters have one name.
    #[must_use]
    #[track_caller]
    pub fn packed<N: Into<String>>(parameters: impl IntoIterator<Item = (N, Vec<usize>)>) -> Self {
        let mut len = 0;
        let place = |(name, shape): (N, Vec<usize>)| {
            let start = len;
            len += shape.iter().product::<usize>();
            Segment { name: name.into(), shape, range: start..len }
        };
        let segments = parameters.into_iter().map(place).collect();
        Self::new(segments, len)
    }

    /// The parameters.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The layers, in the order in which they first stand here: what names say before their last dot.
    ///
    /// ```
    /// use tunesmith_optim::Layout;
    /// let layout = Layout::packed([("0.weight", vec![2, 3]), ("0.bias", vec![2]), ("2.weight", vec![1, 2])]);
    /// assert_eq!(layout.layers(), ["0", "2"]);
    /// ```
    #[must_use]
    pub fn layers(&self) -> Vec<&str> {
        let mut layers: Vec<&str> = Vec::new();
        for segment in &self.segments {
            if !layers.contains(&segment.layer()) {
                layers.push(segment.layer());
            }
        }
        layers
    }

    /// Number of elements of the slab, padding included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether the slab has no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The same parameters, of which the selected have sparse rows: a step leaves the rows alone that its gradient does not
    /// touch, with their state. What it costs then does not grow with their number.
    ///
    /// For SGD without momentum and for AdaGrad, both without decay, this changes nothing. Elsewhere a row's momentum
    /// waits, and running means and decay stand still, until a batch meets the row again, as in `torch.optim.SparseAdam`;
    /// bias is corrected by the steps of the whole. Rules that need to see all rows are
    /// [refused](crate::Optimizer::refuses_sparse) by [`init`](crate::Optimizer::init), and each step is told the rows:
    /// see [`step_sparse`](trait.Optimizer.html#method.step_sparse).
    ///
    /// # Panics
    /// When a selected parameter has no rows.
    #[must_use]
    #[track_caller]
    pub fn sparse(mut self, which: impl Fn(&Segment) -> bool) -> Self {
        self.sparse = self.segments.iter().map(which).collect();
        if let Some(at) = self.sparse.iter().position(|&sparse| sparse) {
            assert!(!self.segments[at].shape.is_empty(), "sparse: `{}` has no rows", self.segments[at].name);
        } else {
            self.sparse.clear();
        }
        self
    }

    /// Whether parameter number `index` has sparse rows.
    pub(crate) fn is_sparse(&self, index: usize) -> bool {
        self.sparse.get(index).copied().unwrap_or(false)
    }

    /// Whether some parameter has sparse rows.
    pub(crate) fn has_sparse(&self) -> bool {
        !self.sparse.is_empty()
    }

    /// The same parameters, treated as the function says.
    pub(crate) fn treated(mut self, how: impl Fn(&Segment) -> Treatment) -> Self {
        self.treatments = self.segments.iter().map(how).collect();
        if self.treatments.iter().all(|treatment| *treatment == Treatment::default()) {
            self.treatments.clear();
        }
        self
    }

    /// The same parameters, the rate of each times a factor besides.
    pub(crate) fn with_factors(mut self, factor: impl Fn(usize, &Segment) -> f64) -> Self {
        let treated = |(index, segment): (usize, &Segment)| {
            let treatment = self.treatment(Some(index));
            Treatment { lr: treatment.lr * factor(index, segment), ..treatment }
        };
        self.treatments = self.segments.iter().enumerate().map(treated).collect();
        self
    }

    /// How parameter number `index` is treated; `None` is padding.
    pub(crate) fn treatment(&self, index: Option<usize>) -> Treatment {
        index.and_then(|index| self.treatments.get(index)).copied().unwrap_or_default()
    }

    /// Whether some parameters stay as they are for a part of the training.
    pub(crate) fn has_thaws(&self) -> bool {
        self.treatments.iter().any(|treatment| treatment.freeze > 0.0 && treatment.freeze < 1.0)
    }

    /// Whether some parameters are treated unlike others.
    pub(crate) fn has_groups(&self) -> bool {
        !self.treatments.is_empty()
    }

    /// Whether some parameters stay as they are so far into the training.
    pub(crate) fn has_frozen(&self, progress: f64) -> bool {
        self.treatments.iter().any(|treatment| treatment.is_frozen(progress))
    }

    /// Cuts a part of the slab where the treatment may change: into parameters, by number, and padding.
    pub(crate) fn pieces(&self, part: Range<usize>) -> impl Iterator<Item = (Range<usize>, Option<usize>)> {
        let mut index = self.segments.partition_point(|segment| segment.range.end <= part.start);
        let mut start = part.start;
        std::iter::from_fn(move || {
            if start >= part.end {
                return None;
            }
            if !self.has_groups() {
                return Some((std::mem::replace(&mut start, part.end)..part.end, None));
            }
            while self.segments.get(index).is_some_and(|segment| segment.range.end <= start) {
                index += 1;
            }
            let (end, parameter) = match self.segments.get(index) {
                Some(segment) if segment.range.start <= start => (segment.range.end, Some(index)),
                Some(segment) => (segment.range.start, None),
                None => (part.end, None),
            };
            let end = end.min(part.end);
            Some((std::mem::replace(&mut start, end)..end, parameter))
        })
    }

    /// The parameters that have elements in a part of the slab.
    pub(crate) fn overlapping(&self, part: Range<usize>) -> impl Iterator<Item = &Segment> {
        let first = self.segments.partition_point(|segment| segment.range.end <= part.start);
        self.segments[first..]
            .iter()
            .take_while(move |segment| segment.range.start < part.end)
            .filter(|segment| !segment.range.is_empty())
    }
}
