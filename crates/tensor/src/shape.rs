//! `Shape`: the sizes of a tensor's axes, and every message about shapes that do not fit.

use std::fmt;
use std::ops::Deref;

/// Most axes a tensor may have.
pub const MAX_AXES: usize = 8;

/// The sizes of up to [`MAX_AXES`] axes, stored inline; no axes make a scalar.
///
/// ```
/// use tunesmith_tensor::Shape;
/// let shape = Shape::from([2, 3]);
/// assert_eq!(shape.numel(), 6);
/// assert_eq!(shape.to_string(), "[2, 3]");
/// assert_eq!(shape.broadcast(&Shape::from([4, 1, 3])), Some(Shape::from([4, 2, 3])));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Shape {
    sizes: [usize; MAX_AXES],
    ndim: u8,
}

impl Shape {
    /// The shape of a single number: no axes.
    #[must_use]
    pub const fn scalar() -> Shape {
        Shape { sizes: [0; MAX_AXES], ndim: 0 }
    }

    /// The sizes.
    #[must_use]
    pub fn dims(&self) -> &[usize] {
        &self.sizes[..usize::from(self.ndim)]
    }

    /// Number of elements: the product of all sizes.
    pub fn numel(&self) -> usize {
        self.iter().product()
    }

    /// Number of axes.
    pub fn ndim(&self) -> usize {
        usize::from(self.ndim)
    }

    /// The shape both stretch to, if there is one: aligned at the last axis, sizes must be equal or one of
    /// them 1 (NumPy's rule).
    pub fn broadcast(&self, other: &Shape) -> Option<Shape> {
        let ndim = self.ndim().max(other.ndim());
        let mut sizes = [1; MAX_AXES];
        for (i, size) in sizes[..ndim].iter_mut().enumerate() {
            *size = match (self.size_from_end(ndim - 1 - i), other.size_from_end(ndim - 1 - i)) {
                (a, b) if a == b => a,
                (1, b) => b,
                (a, 1) => a,
                _ => return None,
            };
        }
        Some(Shape::from(&sizes[..ndim]))
    }

    /// The size of the axis `back` places before the last; 1 where there is none.
    fn size_from_end(&self, back: usize) -> usize {
        if back < self.ndim() { self[self.ndim() - 1 - back] } else { 1 }
    }

    /// The axis `axis` means; negative axes count from the end.
    #[track_caller]
    pub(crate) fn axis(&self, operation: &str, axis: isize) -> usize {
        let found = if axis < 0 { axis + self.ndim() as isize } else { axis };
        if (0..self.ndim() as isize).contains(&found) {
            found as usize
        } else {
            panic!("{operation}: there is no axis {axis} in a tensor of shape {self}")
        }
    }

    /// The axes `axes` mean; not a closure over [`axis`](Shape::axis), which would hide the caller's line.
    #[track_caller]
    pub(crate) fn axes(&self, operation: &str, axes: &[isize]) -> Vec<usize> {
        let mut found = Vec::with_capacity(axes.len());
        for &axis in axes {
            found.push(self.axis(operation, axis));
        }
        found
    }

    /// A copy with one axis more, of size `size`, before axis `at`.
    #[track_caller]
    pub(crate) fn with_axis(&self, at: usize, size: usize) -> Shape {
        let mut sizes = self.to_vec();
        sizes.insert(at, size);
        Shape::from(&sizes[..])
    }

    /// A copy without axis `at`.
    pub(crate) fn without_axis(&self, at: usize) -> Shape {
        let mut shape = *self;
        shape.sizes.copy_within(at + 1.., at);
        shape.sizes[MAX_AXES - 1] = 0;
        shape.ndim -= 1;
        shape
    }

    /// A copy in which axis `at` has size `size`.
    pub(crate) fn with_size(&self, at: usize, size: usize) -> Shape {
        let mut shape = *self;
        shape.sizes[at] = size;
        shape
    }
}

/// The common shape of two operands, or a panic that shows both.
#[track_caller]
pub(crate) fn broadcast(operation: &str, left: &Shape, right: &Shape) -> Shape {
    match left.broadcast(right) {
        Some(shape) => shape,
        None => panic!("{operation}: shapes {left} and {right} do not broadcast"),
    }
}

/// Panics unless the two shapes are equal.
#[track_caller]
pub(crate) fn assert_same(operation: &str, left: &Shape, right: &Shape) {
    assert!(left == right, "{operation}: shapes differ, left {left}, right {right}");
}

/// Panics unless the tensor has `ndim` axes.
#[track_caller]
pub(crate) fn assert_ndim(operation: &str, shape: &Shape, ndim: usize) {
    assert!(shape.ndim() == ndim, "{operation}: needs {ndim} axes, the tensor has shape {shape}");
}

/// Panics unless `index` is smaller than `size`.
#[track_caller]
pub(crate) fn assert_index(operation: &str, index: usize, axis: usize, shape: &Shape) {
    assert!(
        index < shape[axis],
        "{operation}: index {index} is beyond axis {axis} of a tensor of shape {shape}"
    );
}

impl Deref for Shape {
    type Target = [usize];

    fn deref(&self) -> &[usize] {
        self.dims()
    }
}

impl From<&[usize]> for Shape {
    /// # Panics
    /// For more than [`MAX_AXES`] sizes.
    #[track_caller]
    fn from(sizes: &[usize]) -> Shape {
        assert!(
            sizes.len() <= MAX_AXES,
            "a tensor has at most {MAX_AXES} axes, not {}: {sizes:?}",
            sizes.len()
        );
        let mut shape = Shape { sizes: [0; MAX_AXES], ndim: sizes.len() as u8 };
        shape.sizes[..sizes.len()].copy_from_slice(sizes);
        shape
    }
}

impl<const N: usize> From<[usize; N]> for Shape {
    #[track_caller]
    fn from(sizes: [usize; N]) -> Shape {
        Shape::from(&sizes[..])
    }
}

impl<const N: usize> From<&[usize; N]> for Shape {
    #[track_caller]
    fn from(sizes: &[usize; N]) -> Shape {
        Shape::from(&sizes[..])
    }
}

impl From<Vec<usize>> for Shape {
    #[track_caller]
    fn from(sizes: Vec<usize>) -> Shape {
        Shape::from(&sizes[..])
    }
}

impl From<usize> for Shape {
    fn from(size: usize) -> Shape {
        Shape::from([size])
    }
}

impl From<&Shape> for Shape {
    fn from(shape: &Shape) -> Shape {
        *shape
    }
}

impl<const N: usize> PartialEq<[usize; N]> for Shape {
    fn eq(&self, other: &[usize; N]) -> bool {
        **self == other[..]
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &**self)
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
