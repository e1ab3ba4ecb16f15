//! Joining tensors and taking them apart.

use crate::dispatch::for_dtype;
use crate::dtype::DType;
use crate::shape::assert_same;
use crate::tensor::Tensor;

impl Tensor {
    /// The tensors one after the other along an existing axis.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let (a, b) = (Tensor::from([[1i64, 2]]), Tensor::from([[3i64, 4]]));
    /// assert_eq!(Tensor::cat(&[&a, &b], 0).to_vec::<i64>(), [1, 2, 3, 4]);
    /// assert_eq!(Tensor::cat(&[&a, &b], 1).shape(), [1, 4]);
    /// ```
    ///
    /// # Panics
    /// When there is no tensor, or the shapes differ along another axis.
    #[track_caller]
    pub fn cat(tensors: &[&Tensor], axis: isize) -> Tensor {
        let Some(first) = tensors.first() else { panic!("cat: there is no tensor") };
        let axis = first.shape().axis("cat", axis);
        let mut shape = first.shape().with_size(axis, 0);
        let mut dtype = DType::I64;
        for tensor in tensors {
            let fits = tensor.ndim() == shape.ndim()
                && tensor.shape().with_size(axis, 0) == shape.with_size(axis, 0);
            assert!(
                fits,
                "cat: shapes {} and {} differ apart from axis {axis}",
                first.shape(),
                tensor.shape()
            );
            shape = shape.with_size(axis, shape[axis] + tensor.shape()[axis]);
            dtype = dtype.max(tensor.dtype());
        }
        let outer: usize = shape[..axis].iter().product();
        for_dtype!(dtype, T => {
            let tensors: Vec<Tensor> = tensors.iter().map(|tensor| tensor.cast(dtype)).collect();
            let parts: Vec<_> = tensors.iter().map(|tensor| tensor.values::<T>()).collect();
            let mut out = Vec::with_capacity(shape.numel());
            for block in 0..outer {
                for part in &parts {
                    let length = part.len() / outer;
                    out.extend_from_slice(&part[block * length..(block + 1) * length]);
                }
            }
            Tensor::from_vec(out, shape)
        })
    }

    /// Tensors of one shape side by side along a new axis.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let (a, b) = (Tensor::from([1i64, 2]), Tensor::from([3i64, 4]));
    /// assert_eq!(Tensor::stack(&[&a, &b], -1).to_vec::<i64>(), [1, 3, 2, 4]);
    /// ```
    ///
    /// # Panics
    /// When there is no tensor, or the shapes differ.
    #[track_caller]
    pub fn stack(tensors: &[&Tensor], axis: isize) -> Tensor {
        let mut parts = Vec::with_capacity(tensors.len());
        for tensor in tensors {
            assert_same("stack", &tensors[0].shape(), &tensor.shape());
            parts.push(tensor.unsqueeze(axis));
        }
        Tensor::cat(&parts.iter().collect::<Vec<_>>(), axis)
    }

    /// Views of consecutive parts of one axis, with these sizes.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let parts = Tensor::arange(0i64, 5, 1).split(&[2, 3], 0);
    /// assert_eq!(parts[1].to_vec::<i64>(), [2, 3, 4]);
    /// ```
    ///
    /// # Panics
    /// When the sizes do not add up to the axis.
    #[track_caller]
    pub fn split(&self, sizes: &[usize], axis: isize) -> Vec<Tensor> {
        let shape = self.shape();
        let along = shape.axis("split", axis);
        assert!(
            sizes.iter().sum::<usize>() == shape[along],
            "split: sizes {sizes:?} do not add up to axis {along} of shape {shape}"
        );
        let mut start = 0;
        let mut parts = Vec::with_capacity(sizes.len());
        for size in sizes {
            parts.push(self.slice(axis, start..start + size, 1));
            start += size;
        }
        parts
    }

    /// Views of at most `count` parts of one axis, all of one size except perhaps the last (as in PyTorch).
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let parts = Tensor::arange(0i64, 5, 1).chunk(2, 0);
    /// assert_eq!((parts[0].numel(), parts[1].numel()), (3, 2));
    /// ```
    ///
    /// # Panics
    /// When `count` is zero.
    #[track_caller]
    pub fn chunk(&self, count: usize, axis: isize) -> Vec<Tensor> {
        assert!(count > 0, "chunk: no parts are asked for");
        let length = self.size(axis);
        let size = length.div_ceil(count).max(1);
        let sizes: Vec<usize> = (0..length).step_by(size).map(|start| size.min(length - start)).collect();
        self.split(&sizes, axis)
    }
}
