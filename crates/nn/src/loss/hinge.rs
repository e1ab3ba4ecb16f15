//! Hinge: no loss beyond a margin of one.

super::margin_loss!(
    /// The mean of `max(0, 1 - y x)`, with `y` -1 for a zero and 1 for a one, as in Keras.
    Hinge, "hinge", "how far each sign is short of a margin of one", |margin| (1.0 - margin).relu()
);
