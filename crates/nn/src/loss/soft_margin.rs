//! Soft margin: the logistic loss of signs.

super::margin_loss!(
    /// The mean of `ln(1 + e^(-y x))`, with `y` -1 for a zero and 1 for a one.
    SoftMargin, "soft_margin", "ln(1 + exp(-y x)) of signs y", |margin| (-margin).softplus()
);
