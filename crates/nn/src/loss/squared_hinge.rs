//! Squared hinge: no loss beyond a margin of one, without a kink.

super::margin_loss!(
    /// The mean of `max(0, 1 - y x)^2`, with `y` -1 for a zero and 1 for a one, as in Keras.
    SquaredHinge, "squared_hinge", "square of how far each sign is short of a margin of one",
    |margin| (1.0 - margin).relu().square()
);
