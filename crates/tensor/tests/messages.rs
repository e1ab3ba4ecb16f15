//! What a person reads: panics that show both shapes, printed tensors, reports of differences, errors.

use tunesmith_tensor::{DType, LinalgError, Tensor};

fn zeros(shape: &[usize]) -> Tensor {
    Tensor::zeros(shape, DType::F32)
}

/// The message of the panic, and the file it names as its place.
fn panic_of(f: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let payload = std::panic::catch_unwind(f).expect_err("must panic");
    match payload.downcast::<String>() {
        Ok(message) => *message,
        Err(payload) => (*payload.downcast::<&str>().expect("a message")).to_owned(),
    }
}

#[test]
fn wrong_shapes_are_shown() {
    let cases: [(&str, fn()); 14] = [
        ("matmul: inner sizes differ, left [32, 10], right [12, 4]", || {
            drop(zeros(&[32, 10]).matmul(&zeros(&[12, 4])))
        }),
        ("matmul: batches: shapes [2] and [3] do not broadcast", || {
            drop(zeros(&[2, 1, 1]).matmul(&zeros(&[3, 1, 1])))
        }),
        ("matmul: needs floats, both operands hold i64; cast one first", || {
            drop(Tensor::from([1i64]).matmul(&Tensor::from([1i64])));
        }),
        ("add: shapes [2, 3] and [2] do not broadcast", || drop(zeros(&[2, 3]) + zeros(&[2]))),
        ("lt: shapes [3] and [2] do not broadcast", || drop(zeros(&[3]).lt(&zeros(&[2])))),
        ("reshape: shape [2, 3] has 6 elements, shape [4] has 4", || drop(zeros(&[2, 3]).reshape([4]))),
        ("from_vec: shape [2] has 2 places, got 3 values", || drop(Tensor::from_vec(vec![1.0f32; 3], [2]))),
        ("sum: there is no axis 2 in a tensor of shape [2, 3]", || {
            drop(zeros(&[2, 3]).sum_axes(&[2], false))
        }),
        ("max: nothing to choose from in a tensor of shape [0, 3]", || drop(zeros(&[0, 3]).max())),
        ("slice: 1..4 reaches beyond axis 1 of a tensor of shape [2, 3]", || {
            drop(zeros(&[2, 3]).slice(1, 1..4, 1))
        }),
        ("select: index 2 is beyond axis 0 of a tensor of shape [2, 3]", || {
            drop(zeros(&[2, 3]).select(0, 2))
        }),
        ("cat: shapes [2, 3] and [2, 4] differ apart from axis 0", || {
            drop(Tensor::cat(&[&zeros(&[2, 3]), &zeros(&[2, 4])], 0));
        }),
        ("gather: index 3 is beyond axis 1 of shape [1, 3]", || {
            drop(zeros(&[1, 3]).gather(1, &Tensor::from([[3i64]])))
        }),
        ("solve: needs a square matrix, the tensor has shape [2, 3]", || {
            drop(zeros(&[2, 3]).solve(&zeros(&[2])))
        }),
    ];
    for (want, f) in cases {
        assert_eq!(panic_of(f), want);
    }
}

#[test]
fn tensors_print_like_numpy() {
    assert_eq!(Tensor::scalar(1.5f32).to_string(), "1.5");
    assert_eq!(Tensor::from([1i64, -20, 3]).to_string(), "[  1, -20,   3]");
    assert_eq!(Tensor::from([0.5f32, f32::NAN, f32::INFINITY]).to_string(), "[0.5   ,    NaN,    inf]");
    assert_eq!(format!("{:.1}", Tensor::from([0.26f32])), "[0.3]");
    assert_eq!(Tensor::from([1e-9f64, 1.0]).to_string(), "[1.0000e-9,  1.0000e0]");
    let cube = Tensor::arange(0i64, 8, 1).reshape([2, 2, 2]);
    assert_eq!(cube.to_string(), "[[[0, 1],\n  [2, 3]],\n\n [[4, 5],\n  [6, 7]]]");
    let long = Tensor::arange(0i64, 2000, 1);
    assert_eq!(long.to_string(), "[   0,    1,    2, ..., 1997, 1998, 1999]");
    assert_eq!(format!("{:?}", Tensor::from([1i64])), "Tensor([1], shape = [1], dtype = i64)");
}

#[test]
fn differences_name_the_worst_entry() {
    let (a, b) = (Tensor::from([[1.0f64, 2.0], [3.0, 4.0]]), Tensor::from([[1.0f64, 2.5], [3.0, 6.0]]));
    let report = a.all_close(&b, 0.0, 0.1).unwrap_err().to_string();
    assert_eq!(
        report,
        "2 of 4 entries differ; the worst, at [1, 1], is 4 on the left and 6 on the right, 2e0 apart where 1e-1 is allowed"
    );
    assert_eq!(
        a.all_close(&b.flatten(), 0.0, 9.0).unwrap_err().to_string(),
        "shapes differ, left [2, 2], right [4]"
    );
    let nan = Tensor::from([f64::NAN]);
    assert!(nan.all_close(&nan, 1.0, 1.0).is_err());
    let infinite = Tensor::from([f64::INFINITY]);
    assert!(infinite.all_close(&infinite, 0.0, 0.0).is_ok());
}

#[test]
fn matrices_that_cannot_be_solved_are_errors() {
    let singular = Tensor::from([[1.0f64, 2.0], [2.0, 4.0]]);
    assert!(matches!(singular.solve(&Tensor::from([1.0f64, 1.0])), Err(LinalgError::Singular { .. })));
    assert!(matches!(Tensor::from([[-1.0f32]]).cholesky(), Err(LinalgError::NotPositiveDefinite { .. })));
    let nan = Tensor::from([[f64::NAN, 0.0], [0.0, 1.0]]);
    assert!(matches!(nan.svd(), Err(LinalgError::NoConvergence { .. })));
    assert!(matches!(nan.eigh(), Err(LinalgError::NoConvergence { .. })));
    let error = singular.inv().unwrap_err().to_string();
    assert_eq!(error, "the [2, 2] matrix is singular; add a multiple of the identity, or use `svd`");
}
