//! `Tensor`: building, reading and converting.

use std::borrow::Cow;

use crate::dispatch::for_dtype;
use crate::dtype::DType;
use crate::element::Element;
use crate::layout::Layout;
use crate::shape::{Shape, assert_index};
use crate::storage::Storage;

/// An n-dimensional array of `f32`, `f64` or `i64`.
///
/// Shape and element type are run-time data. A clone or a view shares the elements; the first write to shared
/// elements copies them. Operations on two types work in the later of `i64`, `f32`, `f64`; functions such as
/// `exp` take `i64` to `f32`. Comparisons give `i64` zeros and ones.
///
/// Wrong shapes are a mistake in the program: they panic at the caller's line with both shapes.
///
/// ```
/// use tunesmith_tensor::{DType, Tensor};
/// let x = Tensor::from([[1.0f32, 2.0], [3.0, 4.0]]);
/// assert_eq!(x.shape(), [2, 2]);
/// assert_eq!(x.dtype(), DType::F32);
/// assert_eq!((&x * 2.0 + x.t()).to_vec::<f32>(), [3.0, 7.0, 8.0, 12.0]);
/// ```
#[derive(Clone)]
pub struct Tensor {
    pub(crate) storage: Storage,
    pub(crate) layout: Layout,
}

impl Tensor {
    /// The tensor of `shape` whose elements, in row-major order, are `values`.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let x = Tensor::from_vec(vec![1i64, 2, 3, 4, 5, 6], [2, 3]);
    /// assert_eq!(x.at(&[1, 0]), 4.0);
    /// ```
    ///
    /// # Panics
    /// When there are not exactly as many values as the shape has places.
    #[track_caller]
    pub fn from_vec<T: Element>(values: Vec<T>, shape: impl Into<Shape>) -> Tensor {
        let shape = shape.into();
        assert!(
            values.len() == shape.numel(),
            "from_vec: shape {shape} has {} places, got {} values",
            shape.numel(),
            values.len()
        );
        Tensor { storage: T::store(values), layout: Layout::contiguous(shape) }
    }

    /// Calls `next` for every element in row-major order: the way to random tensors.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let mut count = 0.0f64;
    /// let x = Tensor::from_fn([2, 2], || {
    ///     count += 1.0;
    ///     count
    /// });
    /// assert_eq!(x.to_vec::<f64>(), [1.0, 2.0, 3.0, 4.0]);
    /// ```
    pub fn from_fn<T: Element>(shape: impl Into<Shape>, next: impl FnMut() -> T) -> Tensor {
        let shape = shape.into();
        Tensor::from_vec(std::iter::repeat_with(next).take(shape.numel()).collect(), shape)
    }

    /// The tensor whose elements all are `value`.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// assert_eq!(Tensor::full([2], 7i64).to_vec::<i64>(), [7, 7]);
    /// ```
    pub fn full<T: Element>(shape: impl Into<Shape>, value: T) -> Tensor {
        let shape = shape.into();
        Tensor::from_vec(vec![value; shape.numel()], shape)
    }

    /// The tensor without axes that holds one number.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// assert_eq!(Tensor::scalar(2.5f32).item(), 2.5);
    /// ```
    pub fn scalar<T: Element>(value: T) -> Tensor {
        Tensor::full([], value)
    }

    /// Zeros.
    ///
    /// ```
    /// use tunesmith_tensor::{DType, Tensor};
    /// assert_eq!(Tensor::zeros([2, 3], DType::F32).sum().item(), 0.0);
    /// ```
    pub fn zeros(shape: impl Into<Shape>, dtype: DType) -> Tensor {
        for_dtype!(dtype, T => Tensor::full(shape, T::default()))
    }

    /// Ones.
    ///
    /// ```
    /// use tunesmith_tensor::{DType, Tensor};
    /// assert_eq!(Tensor::ones([2, 3], DType::F64).sum().item(), 6.0);
    /// ```
    pub fn ones(shape: impl Into<Shape>, dtype: DType) -> Tensor {
        for_dtype!(dtype, T => Tensor::full(shape, T::cast_from(1i64)))
    }

    /// The numbers `start`, `start + step`, .. before `end`.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// assert_eq!(Tensor::arange(0i64, 10, 3).to_vec::<i64>(), [0, 3, 6, 9]);
    /// assert_eq!(Tensor::arange(1.0f32, 0.0, -0.5).to_vec::<f32>(), [1.0, 0.5]);
    /// ```
    ///
    /// # Panics
    /// When `step` is zero or leads away from `end`.
    #[track_caller]
    pub fn arange<T: Element>(start: T, end: T, step: T) -> Tensor {
        let (from, to, by) = (start.to_f64(), end.to_f64(), step.to_f64());
        let count = ((to - from) / by).ceil();
        assert!(
            count.is_finite() && count >= 0.0,
            "arange: steps of {step} do not lead from {start} to {end}"
        );
        let values = (0..count as i64).map(|i| match T::DTYPE {
            DType::I64 => T::cast_from(start.to_i64() + i * step.to_i64()),
            _ => T::cast_from(from + i as f64 * by),
        });
        Tensor::from_vec(values.collect(), count as usize)
    }

    /// The identity matrix.
    ///
    /// ```
    /// use tunesmith_tensor::{DType, Tensor};
    /// assert_eq!(Tensor::eye(2, DType::I64).to_vec::<i64>(), [1, 0, 0, 1]);
    /// ```
    pub fn eye(n: usize, dtype: DType) -> Tensor {
        let ones = (0..n * n).map(|i| i64::from(i / n == i % n)).collect();
        Tensor::from_vec::<i64>(ones, [n, n]).cast(dtype)
    }

    /// The matrix with these rows.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let x = Tensor::from_rows(&[vec![1.0f32, 2.0], vec![3.0, 4.0], vec![5.0, 6.0]]);
    /// assert_eq!(x.shape(), [3, 2]);
    /// ```
    ///
    /// # Panics
    /// When the rows are not equally long.
    #[track_caller]
    pub fn from_rows<T: Element>(rows: &[impl AsRef<[T]>]) -> Tensor {
        let cols = rows.first().map_or(0, |row| row.as_ref().len());
        let mut values = Vec::with_capacity(rows.len() * cols);
        for (r, row) in rows.iter().enumerate() {
            let row = row.as_ref();
            assert!(row.len() == cols, "from_rows: row {r} has {} values, row 0 has {cols}", row.len());
            values.extend_from_slice(row);
        }
        Tensor::from_vec(values, [rows.len(), cols])
    }

    /// Sizes of all axes.
    pub fn shape(&self) -> Shape {
        self.layout.shape
    }

    /// Number of axes.
    pub fn ndim(&self) -> usize {
        self.layout.shape.ndim()
    }

    /// Number of elements.
    pub fn numel(&self) -> usize {
        self.layout.shape.numel()
    }

    /// Size of one axis; negative axes count from the end.
    ///
    /// # Panics
    /// When there is no such axis.
    #[track_caller]
    pub fn size(&self, axis: isize) -> usize {
        self.layout.shape[self.layout.shape.axis("size", axis)]
    }

    /// Type of the elements.
    pub fn dtype(&self) -> DType {
        self.storage.dtype()
    }

    /// The elements in row-major order, converted to `T`.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// assert_eq!(Tensor::from([1.5f32, 2.0]).to_vec::<f64>(), [1.5, 2.0]);
    /// ```
    pub fn to_vec<T: Element>(&self) -> Vec<T> {
        for_dtype!(self.dtype(), S => match T::stored(&self.storage) {
            Some(data) => {
                let mut values = Vec::new();
                self.layout.gather(data, &mut values);
                values
            }
            None => self.values::<S>().iter().map(|&x| T::cast_from(x)).collect(),
        })
    }

    /// The only element.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// assert_eq!(Tensor::from([1.0f32, 2.0]).sum().item(), 3.0);
    /// ```
    ///
    /// # Panics
    /// When there is not exactly one.
    #[track_caller]
    pub fn item(&self) -> f64 {
        assert!(self.numel() == 1, "item: needs one element, the tensor has shape {}", self.shape());
        self.element(self.layout.offset)
    }

    /// The element at one index.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// assert_eq!(Tensor::from([[1.0f32, 2.0], [3.0, 4.0]]).at(&[1, 0]), 3.0);
    /// ```
    ///
    /// # Panics
    /// When the index does not fit the shape.
    #[track_caller]
    pub fn at(&self, index: &[usize]) -> f64 {
        self.element(self.position("at", index))
    }

    /// Changes one element, converted to the tensor's type; copies the elements first when they are shared.
    ///
    /// ```
    /// use tunesmith_tensor::{DType, Tensor};
    /// let zeros = Tensor::zeros([2], DType::F32);
    /// let mut x = zeros.clone();
    /// x.set(&[1], 5.0);
    /// assert_eq!((x.at(&[1]), zeros.at(&[1])), (5.0, 0.0));
    /// ```
    ///
    /// # Panics
    /// When the index does not fit the shape.
    #[track_caller]
    pub fn set(&mut self, index: &[usize], value: f64) {
        self.make_contiguous();
        let position = self.position("set", index);
        for_dtype!(self.dtype(), T => self.data_mut::<T>()[position] = T::cast_from(value));
    }

    /// The elements in row-major order as a slice, when they lie so and have type `T`.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let x = Tensor::from([[1.0f32, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.as_slice::<f32>(), Some(&[1.0, 2.0, 3.0, 4.0][..]));
    /// assert_eq!(x.t().as_slice::<f32>(), None);
    /// ```
    pub fn as_slice<T: Element>(&self) -> Option<&[T]> {
        let data = T::stored(&self.storage)?;
        let range = self.layout.offset..self.layout.offset + self.numel();
        self.layout.is_contiguous().then(|| &data[range])
    }

    /// The elements in row-major order, to be changed; copies them first when they are shared or lie otherwise.
    ///
    /// ```
    /// use tunesmith_tensor::{DType, Tensor};
    /// let mut x = Tensor::zeros([2, 2], DType::F64);
    /// x.as_mut_slice::<f64>().copy_from_slice(&[1.0, 2.0, 3.0, 4.0]);
    /// assert_eq!(x.sum().item(), 10.0);
    /// ```
    ///
    /// # Panics
    /// When the elements have another type.
    #[track_caller]
    pub fn as_mut_slice<T: Element>(&mut self) -> &mut [T] {
        assert!(
            self.dtype() == T::DTYPE,
            "as_mut_slice: the elements are {}, not {}; cast the tensor first",
            self.dtype(),
            T::DTYPE
        );
        self.make_contiguous();
        let range = self.layout.offset..self.layout.offset + self.numel();
        &mut self.data_mut::<T>()[range]
    }

    /// The tensor with elements of another type, converted as Rust's `as` does; shares them when it is the same.
    ///
    /// ```
    /// use tunesmith_tensor::{DType, Tensor};
    /// assert_eq!(Tensor::from([1.7f32, -1.7]).cast(DType::I64).to_vec::<i64>(), [1, -1]);
    /// ```
    pub fn cast(&self, dtype: DType) -> Tensor {
        if dtype == self.dtype() {
            return self.clone();
        }
        for_dtype!(dtype, T => Tensor::from_vec(self.to_vec::<T>(), self.shape()))
    }

    /// The tensor with elements in row-major order without gaps; shares them when they already lie so.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let x = Tensor::from([[1i64, 2], [3, 4]]).t().contiguous();
    /// assert_eq!(x.as_slice::<i64>(), Some(&[1, 3, 2, 4][..]));
    /// ```
    pub fn contiguous(&self) -> Tensor {
        let mut tensor = self.clone();
        tensor.make_contiguous();
        tensor
    }

    fn make_contiguous(&mut self) {
        if !self.layout.is_contiguous() {
            *self = for_dtype!(self.dtype(), T => Tensor::from_vec(self.to_vec::<T>(), self.shape()));
        }
    }

    /// Floats of the tensor's own type, or `f32` for integers.
    pub(crate) fn float(&self) -> Tensor {
        self.cast(self.dtype().max(DType::F32))
    }

    /// The whole storage. `T` is the tensor's type: callers come from `dispatch`.
    pub(crate) fn data<T: Element>(&self) -> &[T] {
        T::stored(&self.storage).unwrap_or(&[])
    }

    fn data_mut<T: Element>(&mut self) -> &mut [T] {
        T::stored_mut(&mut self.storage).map_or(&mut [], Vec::as_mut_slice)
    }

    /// The elements in row-major order, borrowed when they lie so. `T` is the tensor's type.
    pub(crate) fn values<T: Element>(&self) -> Cow<'_, [T]> {
        match self.as_slice() {
            Some(slice) => Cow::Borrowed(slice),
            None => Cow::Owned(self.to_vec()),
        }
    }

    pub(crate) fn view(&self, layout: Layout) -> Tensor {
        Tensor { storage: self.storage.clone(), layout }
    }

    fn element(&self, position: usize) -> f64 {
        for_dtype!(self.dtype(), T => self.data::<T>()[position].to_f64())
    }

    #[track_caller]
    fn position(&self, operation: &str, index: &[usize]) -> usize {
        let shape = self.shape();
        assert!(
            index.len() == shape.ndim(),
            "{operation}: index {index:?} has {} axes, the tensor has shape {shape}",
            index.len()
        );
        for (axis, &i) in index.iter().enumerate() {
            assert_index(operation, i, axis, &shape);
        }
        self.layout.offset
            + index.iter().zip(self.layout.strides()).map(|(i, stride)| i * stride).sum::<usize>()
    }
}

impl<T: Element, const N: usize> From<[T; N]> for Tensor {
    fn from(values: [T; N]) -> Tensor {
        Tensor::from_vec(values.to_vec(), N)
    }
}

impl<T: Element, const N: usize, const M: usize> From<[[T; N]; M]> for Tensor {
    fn from(rows: [[T; N]; M]) -> Tensor {
        Tensor::from_vec(rows.as_flattened().to_vec(), [M, N])
    }
}

impl<T: Element> From<Vec<T>> for Tensor {
    fn from(values: Vec<T>) -> Tensor {
        let length = values.len();
        Tensor::from_vec(values, length)
    }
}
