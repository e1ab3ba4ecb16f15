//! Decompositions: their factors have the promised form and multiply back to the matrix.

use proptest::prelude::{ProptestConfig, Strategy, prop, prop_assert, proptest};
use tunesmith_tensor::{DType, Tensor};

fn matrix(rows: usize, cols: usize) -> impl Strategy<Value = Tensor> {
    prop::collection::vec(-1.0f64..1.0, rows * cols)
        .prop_map(move |values| Tensor::from_vec(values, [rows, cols]))
}

fn any_matrix() -> impl Strategy<Value = Tensor> {
    (1usize..7, 1usize..7).prop_flat_map(|(rows, cols)| matrix(rows, cols))
}

fn square() -> impl Strategy<Value = Tensor> {
    (1usize..7).prop_flat_map(|n| matrix(n, n))
}

fn close(a: &Tensor, b: &Tensor) -> bool {
    a.all_close(b, 0.0, 1e-9).is_ok()
}

/// The columns are orthonormal.
fn orthonormal(q: &Tensor) -> bool {
    close(&q.t().matmul(q), &Tensor::eye(q.size(1), DType::F64))
}

fn diagonal(values: &Tensor) -> Tensor {
    Tensor::eye(values.numel(), DType::F64) * values
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn solving_and_inverting(a in square()) {
        let n = a.size(0);
        let a = a + Tensor::eye(n, DType::F64) * 8.0; // diagonally dominant, so well conditioned
        let right = a.sum_axes(&[1], false); // the solution is all ones
        let x = a.solve(&right).expect("dominant");
        prop_assert!(close(&x, &Tensor::ones([n], DType::F64)));
        prop_assert!(close(&a.matmul(&a.inv().expect("dominant")), &Tensor::eye(n, DType::F64)));
        let single = a.cast(DType::F32).inv().expect("dominant");
        prop_assert!(single.dtype() == DType::F32 && single.all_close(&a.inv().expect("dominant"), 1e-4, 1e-5).is_ok());
    }

    #[test]
    fn cholesky_multiplies_back(a in square()) {
        let a = a.matmul(&a.t()) + Tensor::eye(a.size(0), DType::F64);
        let l = a.cholesky().expect("positive definite");
        prop_assert!(close(&l.matmul(&l.t()), &a));
        prop_assert!((0..l.size(0)).all(|i| (i + 1..l.size(0)).all(|j| l.at(&[i, j]) == 0.0)));
    }

    #[test]
    fn qr_multiplies_back(a in any_matrix()) {
        let (q, r) = a.qr();
        prop_assert!(close(&q.matmul(&r), &a) && orthonormal(&q));
        prop_assert!((0..r.size(0)).all(|i| (0..i.min(r.size(1))).all(|j| r.at(&[i, j]) == 0.0)));
    }

    #[test]
    fn svd_multiplies_back(a in any_matrix()) {
        let (u, s, v_t) = a.svd().expect("finite");
        prop_assert!(close(&u.matmul(&diagonal(&s)).matmul(&v_t), &a));
        prop_assert!(orthonormal(&u) && orthonormal(&v_t.t()));
        let values = s.to_vec::<f64>();
        prop_assert!(values.windows(2).all(|pair| pair[0] >= pair[1]) && values.iter().all(|&x| x >= 0.0));
    }

    #[test]
    fn eigenvectors_multiply_back(a in square()) {
        let a = (&a + a.t()) * 0.5;
        let (values, vectors) = a.eigh().expect("finite");
        prop_assert!(close(&vectors.matmul(&diagonal(&values)).matmul(&vectors.t()), &a) && orthonormal(&vectors));
        prop_assert!(values.to_vec::<f64>().windows(2).all(|pair| pair[0] <= pair[1]));
    }
}
