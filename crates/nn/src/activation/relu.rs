//! ReLU.

super::activation!(
    /// `max(x, 0)`.
    Relu, "relu", "max(x, 0)", "Nair & Hinton 2010, ICML", |x| x.relu()
);
