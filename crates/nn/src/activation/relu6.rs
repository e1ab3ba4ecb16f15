//! ReLU6.

super::activation!(
    /// `min(max(x, 0), 6)`.
    Relu6, "relu6", "min(max(x, 0), 6)", "Krizhevsky 2010, convolutional deep belief networks", |x| x.clamp(0.0, 6.0)
);
