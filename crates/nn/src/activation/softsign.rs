//! Softsign.

super::activation!(
    /// `x / (1 + |x|)`.
    Softsign, "softsign", "x / (1 + |x|), between -1 and 1", "Bergstra et al. 2009, NIPS workshop", |x| x / &(x.abs() + 1.0)
);
