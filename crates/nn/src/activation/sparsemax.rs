//! Sparsemax over the last axis.

super::activation!(
    /// The point nearest to `x` among those that are not negative and sum to one along the last axis.
    Sparsemax, "sparsemax", "nearest point of the simplex along the last axis", "Martins & Astudillo 2016, arXiv:1602.02068",
    |x| x.sparsemax()
);
