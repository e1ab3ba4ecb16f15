//! Indexing with tensors of indices: gather, select, scatter, one-hot.

use crate::dispatch::for_dtype;
use crate::dtype::DType;
use crate::element::Element;
use crate::shape::{Shape, assert_ndim, assert_same};
use crate::tensor::Tensor;

impl Tensor {
    /// The entries of one axis named by a vector of `i64` indices, in its order.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let x = Tensor::from([[1.0f32, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    /// let rows = x.index_select(0, &Tensor::from([2i64, 0]));
    /// assert_eq!(rows.to_vec::<f32>(), [5.0, 6.0, 1.0, 2.0]);
    /// ```
    ///
    /// # Panics
    /// When an index is out of range, or the indices are no `i64` vector.
    #[track_caller]
    pub fn index_select(&self, axis: isize, indices: &Tensor) -> Tensor {
        let shape = self.shape();
        let axis = shape.axis("index_select", axis);
        assert_ndim("index_select", &indices.shape(), 1);
        let indices = checked_indices("index_select", indices, axis, &shape);
        let inner: usize = shape[axis + 1..].iter().product();
        let new_shape = shape.with_size(axis, indices.len());
        for_dtype!(self.dtype(), T => {
            let values = self.values::<T>();
            let mut out = Vec::with_capacity(new_shape.numel());
            if inner > 0 && shape[axis] > 0 {
                for block in values.chunks_exact(shape[axis] * inner) {
                    for &i in &indices {
                        out.extend_from_slice(&block[i * inner..(i + 1) * inner]);
                    }
                }
            }
            Tensor::from_vec(out, new_shape)
        })
    }

    /// For every entry of `indices`, the element at the same place except that its index along `axis` is the
    /// entry. `indices` has the tensor's shape except along `axis`.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let probabilities = Tensor::from([[0.1f32, 0.9], [0.7, 0.3]]);
    /// let labels = Tensor::from([[1i64], [0]]);
    /// assert_eq!(probabilities.gather(1, &labels).to_vec::<f32>(), [0.9, 0.7]);
    /// ```
    ///
    /// # Panics
    /// When an index is out of range, or the shapes differ elsewhere.
    #[track_caller]
    pub fn gather(&self, axis: isize, indices: &Tensor) -> Tensor {
        let places = self.places("gather", axis, indices);
        for_dtype!(self.dtype(), T => {
            let values = self.values::<T>();
            Tensor::from_vec(places.into_iter().map(|place| values[place]).collect(), indices.shape())
        })
    }

    /// A copy in which every element of `source` is added to the element `indices` names (see
    /// [`gather`](Tensor::gather), whose derivative this is), in the row-major order of `indices`.
    ///
    /// ```
    /// use tunesmith_tensor::{DType, Tensor};
    /// let counts = Tensor::zeros([3], DType::I64);
    /// let counts = counts.scatter_add(0, &Tensor::from([2i64, 0, 2]), &Tensor::from([1i64, 1, 1]));
    /// assert_eq!(counts.to_vec::<i64>(), [1, 0, 2]);
    /// ```
    ///
    /// # Panics
    /// When an index is out of range, or shapes or types differ.
    #[track_caller]
    pub fn scatter_add(&self, axis: isize, indices: &Tensor, source: &Tensor) -> Tensor {
        assert_same("scatter_add", &indices.shape(), &source.shape());
        assert!(
            self.dtype() == source.dtype(),
            "scatter_add: element types differ, {} and {}",
            self.dtype(),
            source.dtype()
        );
        let places = self.places("scatter_add", axis, indices);
        for_dtype!(self.dtype(), T => {
            let mut out = self.to_vec::<T>();
            for (place, &x) in places.into_iter().zip(source.values::<T>().iter()) {
                out[place] += x;
            }
            Tensor::from_vec(out, self.shape())
        })
    }

    /// With an axis of size `classes` added at the end: 1 at the place each `i64` element names, 0 elsewhere.
    ///
    /// ```
    /// use tunesmith_tensor::{DType, Tensor};
    /// let x = Tensor::from([2i64, 0]).one_hot(3, DType::F32);
    /// assert_eq!(x.to_vec::<f32>(), [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
    /// ```
    ///
    /// # Panics
    /// When an element is no class, or the tensor is not `i64`.
    #[track_caller]
    pub fn one_hot(&self, classes: usize, dtype: DType) -> Tensor {
        let shape = self.shape().with_axis(self.ndim(), classes);
        let labels = checked_indices("one_hot", self, self.ndim(), &shape);
        for_dtype!(dtype, T => {
            let mut out = vec![T::default(); shape.numel()];
            for (row, label) in labels.into_iter().enumerate() {
                out[row * classes + label] = T::cast_from(1i64);
            }
            Tensor::from_vec(out, shape)
        })
    }

    /// Row-major places in this tensor that `indices` names along `axis`.
    #[track_caller]
    fn places(&self, operation: &str, axis: isize, indices: &Tensor) -> Vec<usize> {
        let shape = self.shape();
        let axis = shape.axis(operation, axis);
        let same = indices.ndim() == shape.ndim()
            && (0..shape.ndim()).all(|other| other == axis || indices.shape()[other] == shape[other]);
        assert!(
            same,
            "{operation}: indices of shape {} do not fit shape {shape} apart from axis {axis}",
            indices.shape()
        );
        let count = indices.shape()[axis];
        let inner: usize = shape[axis + 1..].iter().product();
        let indices = checked_indices(operation, indices, axis, &shape);
        let place = |(at, index): (usize, usize)| {
            let (outer, inside) = (at / (count * inner), at % inner);
            (outer * shape[axis] + index) * inner + inside
        };
        indices.into_iter().enumerate().map(place).collect()
    }
}

/// The elements as indices into `axis` of `shape`.
#[track_caller]
fn checked_indices(operation: &str, indices: &Tensor, axis: usize, shape: &Shape) -> Vec<usize> {
    assert!(indices.dtype() == DType::I64, "{operation}: indices must be i64, they are {}", indices.dtype());
    let values = indices.to_vec::<i64>();
    if let Some(bad) = values.iter().find(|&&i| i < 0 || i as usize >= shape[axis]) {
        panic!("{operation}: index {bad} is beyond axis {axis} of shape {shape}");
    }
    values.into_iter().map(|i| i as usize).collect()
}
