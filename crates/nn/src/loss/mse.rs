//! Mean squared error.

super::elementwise_loss!(
    /// The mean of `(prediction - target)^2`.
    Mse, "mse", "mean squared error", |difference| difference.square()
);
