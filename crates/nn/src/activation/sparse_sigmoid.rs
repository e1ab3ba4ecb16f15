//! Sparse sigmoid: the sigmoid with straight pieces, the slope of sparse plus.

super::activation!(
    /// `min(max((x + 1) / 2, 0), 1)`.
    SparseSigmoid, "sparse_sigmoid", "min(max((x + 1) / 2, 0), 1)", "as in Keras", |x| (x.clamp(-1.0, 1.0) + 1.0) * 0.5
);
