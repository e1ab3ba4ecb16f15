//! Quantiles of sorted numbers, interpolated linearly.

/// The quantile at `q` in 0..=1 of sorted numbers, between neighbours in proportion (definition 7 of Hyndman & Fan
/// 1996, the default of NumPy and R).
pub(super) fn quantile(sorted: &[f64], q: f64) -> f64 {
    let position = q * (sorted.len() - 1) as f64;
    let below = sorted[position.floor() as usize];
    let above = sorted[position.ceil() as usize];
    below + (above - below) * position.fract()
}

/// The middle of numbers, which are sorted on the way.
pub(super) fn median(cells: &mut [f64]) -> f64 {
    cells.sort_by(f64::total_cmp);
    quantile(cells, 0.5)
}

#[cfg(test)]
mod tests {
    use super::quantile;

    #[test]
    fn interpolates_between_neighbours() {
        let numbers = [1.0, 2.0, 4.0, 8.0];
        assert_eq!(quantile(&numbers, 0.0), 1.0);
        assert_eq!(quantile(&numbers, 0.5), 3.0);
        assert_eq!(quantile(&numbers, 0.25), 1.75);
        assert_eq!(quantile(&numbers, 1.0), 8.0);
        assert_eq!(quantile(&[5.0], 0.3), 5.0);
    }
}
