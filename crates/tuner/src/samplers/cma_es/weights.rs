//! Weights and learning rates: constants of the dimension and the number of ranked points.

/// Of tutorial arXiv 1604.00772, equations 49 to 58; the numbers in the comments below are its equations.
#[derive(Clone, Debug)]
pub(super) struct Weights {
    /// One per ranked point, best first; the second half is negative.
    pub(super) all: Vec<f64>,
    /// How many are parents.
    pub(super) parents: usize,
    pub(super) mu_eff: f64,
    pub(super) c_one: f64,
    pub(super) c_mu: f64,
    pub(super) c_path: f64,
    pub(super) c_sigma: f64,
    pub(super) d_sigma: f64,
    /// The expected length of a standard normal vector.
    pub(super) chi: f64,
}

impl Weights {
    /// For `points` ranked points, at least two, in so many numeric dimensions.
    pub(super) fn new(dimensions: usize, points: usize) -> Self {
        debug_assert!(points >= 2, "{points} points cannot be ranked");
        let n = dimensions.max(1) as f64;
        let parents = points / 2;
        let raw: Vec<f64> =
            (1..=points).map(|i| ((points as f64 + 1.0) / 2.0).ln() - (i as f64).ln()).collect(); // 49
        let effective = |part: &[f64]| {
            let (sum, squares) = part.iter().fold((0.0, 0.0), |(s, q), w| (s + w, q + w * w));
            sum * sum / squares
        };
        let (mu_eff, mu_eff_minus) = (effective(&raw[..parents]), effective(&raw[parents..]));
        let c_one = 2.0 / ((n + 1.3).powi(2) + mu_eff); // 57
        let c_mu =
            (2.0 * (mu_eff - 2.0 + 1.0 / mu_eff) / ((n + 2.0).powi(2) + mu_eff)).min(1.0 - c_one - 1e-8); // 58
        let negative = if c_mu > 0.0 {
            (1.0 + c_one / c_mu) // 50
                .min(1.0 + 2.0 * mu_eff_minus / (mu_eff + 2.0)) // 51
                .min((1.0 - c_one - c_mu) / (n * c_mu)) // 52
        } else {
            0.0
        };
        let sum = |positive: bool| raw.iter().filter(|w| (**w > 0.0) == positive).sum::<f64>().abs();
        let (positive_sum, negative_sum) = (sum(true), sum(false));
        let scale = |w: &f64| if *w >= 0.0 { w / positive_sum } else { negative * w / negative_sum }; // 53
        let c_sigma = (mu_eff + 2.0) / (n + mu_eff + 5.0);
        Self {
            all: raw.iter().map(scale).collect(),
            parents,
            mu_eff,
            c_one,
            c_mu,
            c_path: (4.0 + mu_eff / n) / (n + 4.0 + 2.0 * mu_eff / n), // 56
            c_sigma,
            d_sigma: 1.0 + 2.0 * (((mu_eff - 1.0) / (n + 1.0)).sqrt() - 1.0).max(0.0) + c_sigma, // 55
            chi: n.sqrt() * (1.0 - 1.0 / (4.0 * n) + 1.0 / (21.0 * n * n)),
        }
    }
}
