//! Linear algebra through nalgebra: conversions both ways, solving, decompositions.
//!
//! A matrix that cannot be solved or decomposed is data, not a mistake in the program, so it is an error value;
//! a wrong shape panics. Integers are taken to `f32`.

use std::fmt;

use nalgebra::{DMatrix, DVector, SVD, SymmetricEigen};

use crate::dispatch::for_real;
use crate::element::Element;
use crate::shape::{Shape, assert_ndim};
use crate::tensor::Tensor;

/// Why a matrix could not be solved or decomposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinalgError {
    /// The matrix is singular: some rows are combinations of others.
    Singular {
        /// Shape of the matrix.
        shape: Shape,
    },
    /// The matrix is not symmetric positive definite, as Cholesky's method needs.
    NotPositiveDefinite {
        /// Shape of the matrix.
        shape: Shape,
    },
    /// The iteration did not converge, for example because an entry is NaN or infinite.
    NoConvergence {
        /// Shape of the matrix.
        shape: Shape,
    },
}

impl fmt::Display for LinalgError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LinalgError::Singular { shape } => {
                write!(f, "the {shape} matrix is singular; add a multiple of the identity, or use `svd`")
            }
            LinalgError::NotPositiveDefinite { shape } => {
                write!(f, "the {shape} matrix is not positive definite; add a multiple of the identity")
            }
            LinalgError::NoConvergence { shape } => {
                write!(f, "the decomposition of the {shape} matrix did not converge; are all entries finite?")
            }
        }
    }
}

impl std::error::Error for LinalgError {}

/// Most iterations of a decomposition before it counts as not converging; LAPACK allows 30 for each row.
const ITERATIONS_PER_ROW: usize = 100;

impl Tensor {
    /// This matrix in nalgebra's form, converted to `T`.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let x = Tensor::from([[1.0f64, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.to_dmatrix::<f64>()[(1, 0)], 3.0);
    /// assert_eq!(Tensor::from(&x.to_dmatrix::<f64>()).to_vec::<f64>(), x.to_vec::<f64>());
    /// ```
    ///
    /// # Panics
    /// When there are not two axes.
    #[track_caller]
    pub fn to_dmatrix<T: Element + nalgebra::Scalar>(&self) -> DMatrix<T> {
        assert_ndim("to_dmatrix", &self.shape(), 2);
        DMatrix::from_row_slice(self.size(0), self.size(1), &self.to_vec::<T>())
    }

    /// This vector in nalgebra's form, converted to `T`.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let x = Tensor::from([1.0f64, 2.0]);
    /// assert_eq!(x.to_dvector::<f64>()[1], 2.0);
    /// assert_eq!(Tensor::from(&x.to_dvector::<f64>()).shape(), [2]);
    /// ```
    ///
    /// # Panics
    /// When there is not one axis.
    #[track_caller]
    pub fn to_dvector<T: Element + nalgebra::Scalar>(&self) -> DVector<T> {
        assert_ndim("to_dvector", &self.shape(), 1);
        DVector::from_vec(self.to_vec::<T>())
    }

    /// The `x` with `self x = right`, for a square matrix and a vector or the columns of a matrix.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let a = Tensor::from([[2.0f64, 0.0], [1.0, 1.0]]);
    /// let x = a.solve(&Tensor::from([4.0f64, 5.0])).expect("not singular");
    /// assert_eq!(x.to_vec::<f64>(), [2.0, 3.0]);
    /// ```
    ///
    /// # Errors
    /// [`LinalgError::Singular`] when a pivot is exactly zero, as in LAPACK; a matrix that is singular only up to
    /// rounding gives a solution as large as the rounding error is small.
    ///
    /// # Panics
    /// When the matrix is not square, or `right` has another number of rows.
    #[track_caller]
    pub fn solve(&self, right: &Tensor) -> Result<Tensor, LinalgError> {
        let shape = self.assert_square("solve");
        let columns = if right.ndim() == 1 { right.unsqueeze(1) } else { right.clone() };
        assert!(
            columns.ndim() == 2 && columns.size(0) == shape[0],
            "solve: shapes do not fit, left {shape}, right {}",
            right.shape()
        );
        let dtype = self.float().dtype().max(right.dtype());
        let solution = for_real!(dtype, T => {
            self.to_dmatrix::<T>().lu().solve(&columns.to_dmatrix::<T>()).map(|x| Tensor::from(&x))
        });
        let solution = solution.ok_or(LinalgError::Singular { shape })?;
        Ok(if right.ndim() == 1 { solution.squeeze(1) } else { solution })
    }

    /// The inverse of a square matrix.
    ///
    /// ```
    /// use tunesmith_tensor::{LinalgError, Tensor};
    /// let a = Tensor::from([[2.0f64, 0.0], [0.0, 4.0]]);
    /// assert_eq!(a.inv().expect("not singular").to_vec::<f64>(), [0.5, 0.0, 0.0, 0.25]);
    /// let singular = Tensor::from([[1.0f64, 2.0], [2.0, 4.0]]);
    /// assert!(matches!(singular.inv(), Err(LinalgError::Singular { .. })));
    /// ```
    ///
    /// # Errors
    /// [`LinalgError::Singular`], as in [`solve`](Tensor::solve).
    ///
    /// # Panics
    /// When the matrix is not square.
    #[track_caller]
    pub fn inv(&self) -> Result<Tensor, LinalgError> {
        let shape = self.assert_square("inv");
        self.solve(&Tensor::eye(shape[0], self.float().dtype()))
    }

    /// The lower triangular `L` with `L L^T` = this symmetric positive definite matrix, of which only the lower
    /// triangle is read.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let a = Tensor::from([[4.0f64, 2.0], [2.0, 5.0]]);
    /// assert_eq!(a.cholesky().expect("positive definite").to_vec::<f64>(), [2.0, 0.0, 1.0, 2.0]);
    /// ```
    ///
    /// # Errors
    /// [`LinalgError::NotPositiveDefinite`].
    ///
    /// # Panics
    /// When the matrix is not square.
    #[track_caller]
    pub fn cholesky(&self) -> Result<Tensor, LinalgError> {
        let shape = self.assert_square("cholesky");
        for_real!(self.float().dtype(), T => {
            let factor = self.to_dmatrix::<T>().cholesky().ok_or(LinalgError::NotPositiveDefinite { shape })?;
            Ok(Tensor::from(&factor.l()))
        })
    }

    /// `(Q, R)` with `Q R` = this `m x n` matrix: `Q` is `m x k` with orthonormal columns, `R` is `k x n` upper
    /// triangular, `k = min(m, n)`.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let a = Tensor::from([[3.0f64, 1.0], [4.0, 2.0]]);
    /// let (q, r) = a.qr();
    /// assert!(q.matmul(&r).all_close(&a, 0.0, 1e-12).is_ok());
    /// ```
    ///
    /// # Panics
    /// When there are not two axes.
    #[track_caller]
    pub fn qr(&self) -> (Tensor, Tensor) {
        assert_ndim("qr", &self.shape(), 2);
        for_real!(self.float().dtype(), T => {
            let (q, r) = self.to_dmatrix::<T>().qr().unpack();
            (Tensor::from(&q), Tensor::from(&r))
        })
    }

    /// `(U, S, V^T)` with `U diag(S) V^T` = this `m x n` matrix: `U` is `m x k`, the singular values `S` are a
    /// vector of `k = min(m, n)` from large to small, `V^T` is `k x n`.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let (_, values, _) = Tensor::from([[0.0f64, 2.0], [3.0, 0.0]]).svd().expect("finite");
    /// assert!(values.all_close(&Tensor::from([3.0f64, 2.0]), 1e-12, 0.0).is_ok());
    /// ```
    ///
    /// # Errors
    /// [`LinalgError::NoConvergence`].
    ///
    /// # Panics
    /// When there are not two axes.
    #[track_caller]
    pub fn svd(&self) -> Result<(Tensor, Tensor, Tensor), LinalgError> {
        assert_ndim("svd", &self.shape(), 2);
        let shape = self.check_finite()?;
        for_real!(self.float().dtype(), T => {
            let limit = ITERATIONS_PER_ROW * shape[0].max(shape[1]);
            let svd = SVD::try_new(self.to_dmatrix::<T>(), true, true, T::EPSILON, limit);
            match svd {
                Some(SVD { u: Some(u), v_t: Some(v_t), singular_values }) => {
                    Ok((Tensor::from(&u), Tensor::from(&singular_values), Tensor::from(&v_t)))
                }
                _ => Err(LinalgError::NoConvergence { shape }),
            }
        })
    }

    /// Eigenvalues, from small to large, and eigenvectors, as columns, of a symmetric matrix, of which only the
    /// lower triangle is read.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let (values, _) = Tensor::from([[2.0f64, 1.0], [1.0, 2.0]]).eigh().expect("finite");
    /// assert!(values.all_close(&Tensor::from([1.0f64, 3.0]), 1e-12, 0.0).is_ok());
    /// ```
    ///
    /// # Errors
    /// [`LinalgError::NoConvergence`].
    ///
    /// # Panics
    /// When the matrix is not square.
    #[track_caller]
    pub fn eigh(&self) -> Result<(Tensor, Tensor), LinalgError> {
        self.assert_square("eigh");
        let shape = self.check_finite()?;
        for_real!(self.float().dtype(), T => {
            let limit = ITERATIONS_PER_ROW * shape[0];
            let mut matrix = self.to_dmatrix::<T>();
            matrix.fill_upper_triangle_with_lower_triangle();
            let eigen = SymmetricEigen::try_new(matrix, T::EPSILON, limit).ok_or(LinalgError::NoConvergence { shape })?;
            let values = &eigen.eigenvalues;
            let mut order: Vec<usize> = (0..shape[0]).collect();
            order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
            let sorted = DVector::from_iterator(order.len(), order.iter().map(|&i| values[i]));
            Ok((Tensor::from(&sorted), Tensor::from(&eigen.eigenvectors.select_columns(&order))))
        })
    }

    #[track_caller]
    fn assert_square(&self, operation: &str) -> Shape {
        let shape = self.shape();
        assert!(
            shape.ndim() == 2 && shape[0] == shape[1],
            "{operation}: needs a square matrix, the tensor has shape {shape}"
        );
        shape
    }

    /// nalgebra's iterations may run forever on NaN; they are refused here.
    fn check_finite(&self) -> Result<Shape, LinalgError> {
        let shape = self.shape();
        let finite = self.to_vec::<f64>().iter().all(|x| x.is_finite());
        if finite { Ok(shape) } else { Err(LinalgError::NoConvergence { shape }) }
    }
}

impl<T: Element + nalgebra::Scalar> From<&DMatrix<T>> for Tensor {
    fn from(matrix: &DMatrix<T>) -> Tensor {
        Tensor::from_vec(matrix.transpose().as_slice().to_vec(), [matrix.nrows(), matrix.ncols()])
    }
}

impl<T: Element + nalgebra::Scalar> From<&DVector<T>> for Tensor {
    fn from(vector: &DVector<T>) -> Tensor {
        Tensor::from_vec(vector.as_slice().to_vec(), vector.len())
    }
}
