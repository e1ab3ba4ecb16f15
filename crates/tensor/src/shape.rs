//! `Shape`: the sizes of a tensor's axes, stored inline.

use std::fmt;
use std::ops::Deref;

/// The most axes a tensor can have.
const MAX_AXES: usize = 8;

/// The sizes of a tensor's axes, outermost first; at most eight, stored inline.
///
/// ```
/// use tunesmith_tensor::Shape;
/// let shape = Shape::from([2, 3]);
/// assert_eq!(shape.dims(), [2, 3]);
/// assert_eq!(shape.numel(), 6);
/// assert_eq!(shape.to_string(), "[2, 3]");
/// assert_eq!(shape.broadcast(&Shape::from([4, 1, 3])), Some(Shape::from([4, 2, 3])));
/// assert_eq!(Shape::scalar().numel(), 1);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Sizes; zero beyond `rank`, so that equality is equality of the whole.
    sizes: [usize; MAX_AXES],
    rank: u8,
}

impl Shape {
    /// The shape of a single number: no axes.
    #[must_use]
    pub const fn scalar() -> Self {
        Self { sizes: [0; MAX_AXES], rank: 0 }
    }

    /// The sizes.
    #[must_use]
    pub fn dims(&self) -> &[usize] {
        &self.sizes[..self.rank as usize]
    }

    /// The number of elements.
    #[must_use]
    pub fn numel(&self) -> usize {
        self.dims().iter().product()
    }

    /// The shape both broadcast to by NumPy's rule; `None` when they do not.
    #[must_use]
    pub fn broadcast(&self, other: &Self) -> Option<Self> {
        let (long, short) = if self.rank >= other.rank { (self, other) } else { (other, self) };
        let mut out = *long;
        let lead = (long.rank - short.rank) as usize;
        for (size, &b) in out.sizes[lead..].iter_mut().zip(short.dims()) {
            *size = match (*size, b) {
                (a, b) if a == b => a,
                (1, b) => b,
                (a, 1) => a,
                _ => return None,
            };
        }
        Some(out)
    }
}

impl Deref for Shape {
    type Target = [usize];
    fn deref(&self) -> &[usize] {
        self.dims()
    }
}

impl From<&[usize]> for Shape {
    /// # Panics
    /// When there are more than eight axes.
    #[track_caller]
    fn from(dims: &[usize]) -> Self {
        assert!(dims.len() <= MAX_AXES, "a tensor has at most {MAX_AXES} axes, found {dims:?}");
        let mut sizes = [0; MAX_AXES];
        sizes[..dims.len()].copy_from_slice(dims);
        Self { sizes, rank: dims.len() as u8 }
    }
}
impl<const N: usize> From<[usize; N]> for Shape {
    #[track_caller]
    fn from(dims: [usize; N]) -> Self {
        Self::from(dims.as_slice())
    }
}
impl<const N: usize> From<&[usize; N]> for Shape {
    #[track_caller]
    fn from(dims: &[usize; N]) -> Self {
        Self::from(dims.as_slice())
    }
}
impl From<Vec<usize>> for Shape {
    #[track_caller]
    fn from(dims: Vec<usize>) -> Self {
        Self::from(dims.as_slice())
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.dims())
    }
}
impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
