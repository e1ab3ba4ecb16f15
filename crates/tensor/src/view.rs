//! Views: the same elements under another shape, without copying.

use std::ops::Range;

use crate::shape::{Shape, assert_index, assert_ndim};
use crate::tensor::Tensor;

impl Tensor {
    /// The same elements, in row-major order, under another shape; copies only when strides cannot express it.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let x = Tensor::arange(0i64, 6, 1).reshape([2, 3]);
    /// assert_eq!(x.at(&[1, 0]), 3.0);
    /// ```
    ///
    /// # Panics
    /// When the number of elements differs.
    #[track_caller]
    pub fn reshape(&self, shape: impl Into<Shape>) -> Tensor {
        let shape = shape.into();
        let old = self.shape();
        assert!(
            shape.numel() == old.numel(),
            "reshape: shape {old} has {} elements, shape {shape} has {}",
            old.numel(),
            shape.numel()
        );
        match self.layout.reshape(shape) {
            Some(layout) => self.view(layout),
            None => self.contiguous().reshape(shape),
        }
    }

    /// One axis that runs over all elements.
    ///
    /// ```
    /// use tunesmith_tensor::{DType, Tensor};
    /// assert_eq!(Tensor::eye(3, DType::F32).flatten().shape(), [9]);
    /// ```
    pub fn flatten(&self) -> Tensor {
        self.reshape(self.numel())
    }

    /// The axes in another order.
    ///
    /// ```
    /// use tunesmith_tensor::{DType, Tensor};
    /// let x = Tensor::zeros([2, 3, 4], DType::F32);
    /// assert_eq!(x.permute(&[2, 0, 1]).shape(), [4, 2, 3]);
    /// ```
    ///
    /// # Panics
    /// When `axes` does not name every axis once.
    #[track_caller]
    pub fn permute(&self, axes: &[isize]) -> Tensor {
        let shape = self.shape();
        let axes = shape.axes("permute", axes);
        let every_one_once = axes.len() == shape.ndim() && (0..shape.ndim()).all(|axis| axes.contains(&axis));
        assert!(every_one_once, "permute: axes {axes:?} are no order of the axes of shape {shape}");
        self.view(self.layout.permute(&axes))
    }

    /// Two axes exchanged.
    ///
    /// ```
    /// use tunesmith_tensor::{DType, Tensor};
    /// assert_eq!(Tensor::zeros([2, 3, 4], DType::F32).transpose(0, -1).shape(), [4, 3, 2]);
    /// ```
    ///
    /// # Panics
    /// When there is no such axis.
    #[track_caller]
    pub fn transpose(&self, a: isize, b: isize) -> Tensor {
        let mut axes: Vec<usize> = (0..self.ndim()).collect();
        axes.swap(self.shape().axis("transpose", a), self.shape().axis("transpose", b));
        self.view(self.layout.permute(&axes))
    }

    /// A matrix transposed.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// assert_eq!(Tensor::from([[1i64, 2], [3, 4]]).t().to_vec::<i64>(), [1, 3, 2, 4]);
    /// ```
    ///
    /// # Panics
    /// When there are not two axes.
    #[track_caller]
    pub fn t(&self) -> Tensor {
        assert_ndim("t", &self.shape(), 2);
        self.transpose(0, 1)
    }

    /// The part of one axis inside `range`, every `step`-th element.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let x = Tensor::arange(0i64, 10, 1);
    /// assert_eq!(x.slice(0, 1..8, 3).to_vec::<i64>(), [1, 4, 7]);
    /// ```
    ///
    /// # Panics
    /// When the range reaches beyond the axis, or `step` is zero.
    #[track_caller]
    pub fn slice(&self, axis: isize, range: Range<usize>, step: usize) -> Tensor {
        let shape = self.shape();
        let axis = shape.axis("slice", axis);
        assert!(step > 0, "slice: the step is zero");
        assert!(
            range.start <= range.end && range.end <= shape[axis],
            "slice: {range:?} reaches beyond axis {axis} of a tensor of shape {shape}"
        );
        self.view(self.layout.slice(axis, range.start, range.len().div_ceil(step), step))
    }

    /// One index of an axis; the axis disappears.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// assert_eq!(Tensor::from([[1i64, 2], [3, 4]]).select(1, 0).to_vec::<i64>(), [1, 3]);
    /// ```
    ///
    /// # Panics
    /// When the index is beyond the axis.
    #[track_caller]
    pub fn select(&self, axis: isize, index: usize) -> Tensor {
        let axis = self.shape().axis("select", axis);
        assert_index("select", index, axis, &self.shape());
        self.view(self.layout.select(axis, index))
    }

    /// Stretched to `shape` by repeating axes of size one, and adding axes in front.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let row = Tensor::from([1i64, 2]);
    /// assert_eq!(row.expand([2, 2]).to_vec::<i64>(), [1, 2, 1, 2]);
    /// ```
    ///
    /// # Panics
    /// When the tensor does not broadcast to `shape`.
    #[track_caller]
    pub fn expand(&self, shape: impl Into<Shape>) -> Tensor {
        let (old, shape) = (self.shape(), shape.into());
        assert!(old.broadcast(&shape) == Some(shape), "expand: shape {old} does not stretch to {shape}");
        self.view(self.layout.expand(shape))
    }

    /// Without one axis of size one.
    ///
    /// ```
    /// use tunesmith_tensor::{DType, Tensor};
    /// assert_eq!(Tensor::zeros([2, 1], DType::F32).squeeze(-1).shape(), [2]);
    /// ```
    ///
    /// # Panics
    /// When the size is not one.
    #[track_caller]
    pub fn squeeze(&self, axis: isize) -> Tensor {
        let shape = self.shape();
        let axis = shape.axis("squeeze", axis);
        assert!(shape[axis] == 1, "squeeze: axis {axis} of shape {shape} has not size 1");
        self.view(self.layout.select(axis, 0))
    }

    /// With one axis more, of size one, at place `axis`; -1 adds it at the end.
    ///
    /// ```
    /// use tunesmith_tensor::{DType, Tensor};
    /// let x = Tensor::zeros([2, 3], DType::F32);
    /// assert_eq!(x.unsqueeze(0).shape(), [1, 2, 3]);
    /// assert_eq!(x.unsqueeze(-1).shape(), [2, 3, 1]);
    /// ```
    ///
    /// # Panics
    /// When there would be no such axis, or too many.
    #[track_caller]
    pub fn unsqueeze(&self, axis: isize) -> Tensor {
        let axis = self.shape().with_axis(0, 1).axis("unsqueeze", axis);
        self.view(self.layout.unsqueeze(axis))
    }
}
