//! The logarithm of the expected improvement of a normal variable, and its derivative.

use super::normal::{LN_SQRT_2PI, erfcx};

/// Below this the series is used: the closed form would lose digits to cancellation.
const SERIES_BELOW: f64 = -25.0;

/// ln h(z) and its derivative, h(z) = phi(z) + z Phi(z): the expected improvement of a normal variable with standard
/// deviation one that lies `z` above the threshold (Ament et al. 2023, arXiv 2310.20708, section 4).
///
/// `z` below -1e150 would overflow; no model gets there.
pub(crate) fn log_improvement(z: f64) -> (f64, f64) {
    const SQRT_HALF_PI: f64 = 1.253_314_137_315_500_3;
    if z >= 0.0 {
        let density = (-0.5 * z * z - LN_SQRT_2PI).exp();
        let below = 1.0 - density * SQRT_HALF_PI * erfcx(z * std::f64::consts::FRAC_1_SQRT_2);
        let h = density + z * below;
        return (h.ln(), below / h);
    }
    let log_density = -0.5 * z * z - LN_SQRT_2PI;
    if z >= SERIES_BELOW {
        // Mills' ratio Phi(z) / phi(z) never vanishes where both do.
        let ratio = SQRT_HALF_PI * erfcx(-z * std::f64::consts::FRAC_1_SQRT_2);
        let part = 1.0 + z * ratio;
        return (log_density + part.ln(), ratio / part);
    }
    // Asymptotic: h = phi / z^2 (1 - 3 w + 15 w^2 - ...), Phi = phi / -z (1 - w + 3 w^2 - ...), w = 1 / z^2.
    let w = 1.0 / (z * z);
    let h = 1.0 + w * (-3.0 + w * (15.0 + w * (-105.0 + w * (945.0 - w * 10_395.0))));
    let below = 1.0 + w * (-1.0 + w * (3.0 + w * (-15.0 + w * (105.0 - w * 945.0))));
    (log_density - 2.0 * (-z).ln() + h.ln(), -z * below / h)
}

#[cfg(test)]
mod tests {
    use super::log_improvement;

    #[test]
    fn values_are_those_of_multiple_precision() {
        // mpmath, 50 digits; that at -10 by Python 3.11: log(phi + z * erfc(-z / sqrt(2)) / 2).
        for (z, expected) in [
            (-1.0, -2.485_121_025_712_64),
            (-5.0, -16.744_301_162_661_0),
            (-10.0, -55.553_122_036_12),
            (-25.1, -322.374_409_872),
            (-40.0, -808.298_568_357),
        ] {
            let (value, _) = log_improvement(z);
            assert!((value - expected).abs() < 1e-9 * f64::max(1.0, value.abs()), "{z}: {value}");
        }
        assert!((log_improvement(0.0).0 + super::LN_SQRT_2PI).abs() < 1e-15);
        assert!((log_improvement(30.0).0 - 30.0_f64.ln()).abs() < 1e-14);
    }

    #[test]
    fn the_derivative_is_the_slope_on_both_sides_of_every_seam() {
        for z in [-80.0, -25.01, -24.99, -9.0, -1.0, -1e-4, 1e-4, 0.7, 5.0] {
            let step = 1e-5;
            let slope = (log_improvement(z + step).0 - log_improvement(z - step).0) / (2.0 * step);
            let (_, derivative) = log_improvement(z);
            assert!((slope - derivative).abs() < 1e-6 * (1.0 + derivative), "{z}: {slope} {derivative}");
        }
    }
}
