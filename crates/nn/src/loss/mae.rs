//! Mean absolute error.

super::elementwise_loss!(
    /// The mean of `|prediction - target|`.
    Mae, "mae", "mean absolute error", |difference| difference.abs()
);
