//! Projected L-BFGS: minimises a smooth function in a box.

/// How far each coordinate may go.
#[derive(Clone, Debug)]
pub(crate) struct Bounds {
    /// The lowest values.
    pub(crate) low: Vec<f64>,
    /// The highest values.
    pub(crate) high: Vec<f64>,
}

/// When a search ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lbfgs {
    /// At most so many evaluations.
    pub(crate) evaluations: usize,
    /// No slope into the box is steeper than this.
    pub(crate) slope: f64,
    /// A step gains less than this.
    pub(crate) gain: f64,
}

/// Differences that are remembered (Nocedal & Wright 2006, section 7.2).
const MEMORY: usize = 8;

impl Lbfgs {
    /// Goes down from `x` and returns the value where it ends, with `x` moved there; coordinates at a bound whose slope
    /// points outwards stand still (the active set), steps are cut at the box and halved until they go down (Armijo).
    ///
    /// `f` writes the gradient and returns the value; a value that is not finite is a step too far.
    pub(crate) fn minimize(
        self,
        x: &mut Vec<f64>,
        bounds: &Bounds,
        mut f: impl FnMut(&[f64], &mut [f64]) -> f64,
    ) -> f64 {
        let n = x.len();
        for ((x, low), high) in x.iter_mut().zip(&bounds.low).zip(&bounds.high) {
            *x = x.clamp(*low, *high);
        }
        let mut gradient = vec![0.0; n];
        let mut value = f(x, &mut gradient);
        let mut left = self.evaluations.saturating_sub(1);
        if !value.is_finite() {
            return value;
        }
        let mut memory: Vec<(Vec<f64>, Vec<f64>, f64)> = Vec::new();
        let (mut next, mut next_gradient, mut direction) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
        let mut coefficients = [0.0; MEMORY];
        while left > 0 {
            let free = |i: usize| {
                !(x[i] <= bounds.low[i] && gradient[i] > 0.0 || x[i] >= bounds.high[i] && gradient[i] < 0.0)
            };
            let steepest = (0..n).filter(|&i| free(i)).fold(0.0, |max: f64, i| max.max(gradient[i].abs()));
            if steepest <= self.slope {
                break;
            }
            for (i, direction) in direction.iter_mut().enumerate() {
                *direction = if free(i) { -gradient[i] } else { 0.0 };
            }
            for ((s, y, rho), coefficient) in memory.iter().rev().zip(&mut coefficients) {
                *coefficient = rho * dot(s, &direction);
                add(&mut direction, -*coefficient, y);
            }
            if let Some((s, y, _)) = memory.last() {
                let scale = dot(s, y) / dot(y, y);
                direction.iter_mut().for_each(|d| *d *= scale);
            } else {
                // The first step goes at most a tenth of a unit in each coordinate.
                let scale = 0.1 / steepest.max(0.1);
                direction.iter_mut().for_each(|d| *d *= scale);
            }
            let used = memory.len();
            for ((s, y, rho), coefficient) in memory.iter().zip(coefficients[..used].iter().rev()) {
                let back = rho * dot(y, &direction);
                add(&mut direction, coefficient - back, s);
            }
            for (i, direction) in direction.iter_mut().enumerate() {
                if !free(i) {
                    *direction = 0.0;
                }
            }
            if dot(&direction, &gradient) >= 0.0 {
                if memory.is_empty() {
                    break;
                }
                memory.clear(); // curvature that no longer holds
                continue;
            }
            let mut step = 1.0;
            let mut next_value = f64::INFINITY;
            let mut accepted = false;
            while left > 0 {
                let mut descent = 0.0;
                for i in 0..n {
                    next[i] = (x[i] + step * direction[i]).clamp(bounds.low[i], bounds.high[i]);
                    descent += gradient[i] * (next[i] - x[i]);
                }
                left -= 1;
                next_value = f(&next, &mut next_gradient);
                if next_value.is_finite() && next_value <= value + 1e-4 * descent {
                    accepted = true;
                    break;
                }
                step *= 0.4;
                if step < 1e-8 {
                    break;
                }
            }
            if !accepted {
                break;
            }
            let s: Vec<f64> = next.iter().zip(&*x).map(|(a, b)| a - b).collect();
            let y: Vec<f64> = next_gradient.iter().zip(&gradient).map(|(a, b)| a - b).collect();
            let curvature = dot(&s, &y);
            if curvature > 1e-10 * dot(&y, &y).sqrt() * dot(&s, &s).sqrt() {
                if memory.len() == MEMORY {
                    memory.remove(0);
                }
                memory.push((s, y, 1.0 / curvature));
            }
            let gain = value - next_value;
            std::mem::swap(x, &mut next);
            std::mem::swap(&mut gradient, &mut next_gradient);
            value = next_value;
            if gain < self.gain {
                break;
            }
        }
        value
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn add(to: &mut [f64], factor: f64, what: &[f64]) {
    to.iter_mut().zip(what).for_each(|(to, what)| *to += factor * what);
}

#[cfg(test)]
mod tests {
    use super::{Bounds, Lbfgs};

    fn rosenbrock(x: &[f64], gradient: &mut [f64]) -> f64 {
        let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
        gradient[0] = -2.0 * a - 400.0 * x[0] * b;
        gradient[1] = 200.0 * b;
        a * a + 100.0 * b * b
    }

    const SEARCH: Lbfgs = Lbfgs { evaluations: 200, slope: 1e-9, gain: 0.0 };

    #[test]
    fn finds_the_bottom_of_a_curved_valley() {
        let bounds = Bounds { low: vec![-5.0; 2], high: vec![5.0; 2] };
        let mut x = vec![-1.2, 1.0];
        assert!(SEARCH.minimize(&mut x, &bounds, rosenbrock) < 1e-14);
        assert!((x[0] - 1.0).abs() < 1e-6 && (x[1] - 1.0).abs() < 1e-6, "{x:?}");
    }

    #[test]
    fn stops_at_the_edge_where_the_valley_leaves_the_box() {
        let bounds = Bounds { low: vec![-5.0, -5.0], high: vec![0.5, 5.0] };
        let mut x = vec![-1.2, 1.0];
        let value = SEARCH.minimize(&mut x, &bounds, rosenbrock);
        // On the edge x = 1/2 the best is y = 1/4, with value 1/4.
        assert!((value - 0.25).abs() < 1e-9 && x[0] == 0.5 && (x[1] - 0.25).abs() < 1e-5, "{x:?} {value}");
    }

    #[test]
    fn never_spends_more_than_it_may() {
        let bounds = Bounds { low: vec![-5.0; 2], high: vec![5.0; 2] };
        for evaluations in [1, 2, 7] {
            let mut n = 0;
            let search = Lbfgs { evaluations, ..SEARCH };
            search.minimize(&mut vec![-1.2, 1.0], &bounds, |x, gradient| {
                n += 1;
                rosenbrock(x, gradient)
            });
            assert!(n <= evaluations);
        }
    }
}
