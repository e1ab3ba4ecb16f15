//! Sparse plus: softplus with a straight and a square piece.

super::activation!(
    /// 0 below -1, `(x + 1)^2 / 4` up to 1, `x` above.
    SparsePlus, "sparse_plus", "0 below -1, (x + 1)^2 / 4 up to 1, x above", "as in Keras",
    |x| (x.clamp(-1.0, 1.0) + 1.0).square() * 0.25 + (x - 1.0).relu()
);
