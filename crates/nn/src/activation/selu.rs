//! SELU: ELU with the two constants that keep mean zero and variance one through a deep dense net.

/// `alpha` of the paper's equation 14.
const ALPHA: f64 = 1.673_263_242_354_377_2;
/// `lambda` of the paper's equation 14.
const SCALE: f64 = 1.050_700_987_355_480_5;

super::activation!(
    /// `scale * elu(x, alpha)`.
    Selu, "selu", "ELU scaled to keep mean zero and variance one", "Klambauer et al. 2017, arXiv:1706.02515",
    |x| x.elu(ALPHA) * SCALE
);
