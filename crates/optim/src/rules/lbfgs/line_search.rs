//! The line search of Wolfe's strong conditions: how far to go along a direction.

use tunesmith_tensor::kernel::Real;

/// Sufficient decrease: the share of what the slope at the start promises (Nocedal & Wright 2006, section 3.1).
const DECREASE: f64 = 1e-4;
/// Curvature: what may be left of the slope at the start.
const CURVATURE: f64 = 0.9;

/// The function along the line, at one place.
#[derive(Clone, Debug, Default)]
pub(super) struct Place<T> {
    /// How far along the direction.
    pub(super) t: f64,
    pub(super) loss: f64,
    /// The directional derivative.
    pub(super) slope: f64,
    pub(super) gradient: Vec<T>,
}

impl<T: Real> Place<T> {
    /// A place whose gradient can hold so many elements.
    pub(super) fn of_length(length: usize) -> Self {
        Self { t: 0.0, loss: 0.0, slope: 0.0, gradient: vec![T::ZERO; length] }
    }
}

/// The places a search works with; they keep their memory from one search to the next.
#[derive(Debug)]
pub(super) struct Places<T> {
    bracket: [Place<T>; 2],
    tried: Place<T>,
}

impl<T: Real> Places<T> {
    pub(super) fn of_length(length: usize) -> Self {
        let place = || Place::of_length(length);
        Self { bracket: [place(), place()], tried: place() }
    }

    /// Looks for a place where both conditions hold, with at most about `most` evaluations; moves `start` there.
    ///
    /// `evaluate` is given a place with its `t` set and fills in the rest. `length` is the largest element of the
    /// direction: a bracket shorter than `shortest` in every element is not searched. Returns how many evaluations
    /// there were. Bracketing and interpolation are those of `torch.optim.LBFGS`, so that steps are equal; what is
    /// not finite counts as too far, which there ends in NaN.
    pub(super) fn search(
        &mut self,
        start: &mut Place<T>,
        first: f64,
        length: f64,
        shortest: f64,
        most: usize,
        evaluate: &mut dyn FnMut(&mut Place<T>),
    ) -> usize {
        let Self { bracket, tried } = self;
        let (loss, slope) = (start.loss, start.slope);
        let mut evaluate_at = |place: &mut Place<T>, t: f64| {
            place.t = t;
            evaluate(place);
            if !place.slope.is_finite() || !place.loss.is_finite() {
                place.loss = f64::INFINITY;
            }
        };
        let too_high = |place: &Place<T>| place.loss > loss + DECREASE * place.t * slope;
        let is_flat = |place: &Place<T>| place.slope.abs() <= -CURVATURE * slope;

        // One end of the bracket is the place before, the other what was tried last.
        let [before, other] = bracket;
        (before.t, before.loss, before.slope) = (0.0, loss, slope);
        before.gradient.copy_from_slice(&start.gradient);
        evaluate_at(tried, first);
        let (mut evaluations, mut rounds) = (1, 0);
        loop {
            if rounds >= most {
                // The bracket is from the start to here; there are no evaluations left to search it.
                if tried.loss < loss {
                    std::mem::swap(start, tried);
                } else {
                    start.t = 0.0;
                }
                return evaluations;
            }
            if too_high(tried) || (rounds > 1 && tried.loss >= before.loss) {
                break;
            }
            if is_flat(tried) {
                std::mem::swap(start, tried);
                return evaluations;
            }
            if tried.slope >= 0.0 {
                break;
            }
            let bounds = (tried.t + 0.01 * (tried.t - before.t), tried.t * 10.0);
            let further = cubic_minimum(before, tried, bounds);
            std::mem::swap(before, tried);
            evaluate_at(tried, further);
            evaluations += 1;
            rounds += 1;
        }
        std::mem::swap(other, tried);

        let mut was_near_an_end = false;
        let mut low = usize::from(bracket[0].loss > bracket[1].loss);
        while rounds < most {
            let (least, greatest) = ends(bracket);
            if (greatest - least) * length < shortest {
                break;
            }
            let mut t = cubic_minimum(&bracket[0], &bracket[1], (least, greatest));
            // A place at an end of the bracket, or twice in a row near one, would hardly narrow it.
            let margin = 0.1 * (greatest - least);
            let is_near_an_end = (greatest - t).min(t - least) < margin;
            if is_near_an_end && (was_near_an_end || t >= greatest || t <= least) {
                t = if (t - greatest).abs() < (t - least).abs() { greatest - margin } else { least + margin };
                was_near_an_end = false;
            } else {
                was_near_an_end = is_near_an_end;
            }
            evaluate_at(tried, t);
            evaluations += 1;
            rounds += 1;
            if too_high(tried) || tried.loss >= bracket[low].loss {
                std::mem::swap(&mut bracket[1 - low], tried);
                low = usize::from(bracket[0].loss > bracket[1].loss);
            } else {
                let done = is_flat(tried);
                if !done && tried.slope * (bracket[1 - low].t - bracket[low].t) >= 0.0 {
                    bracket.swap(0, 1); // the low end becomes the high one, and below the old high one goes
                }
                std::mem::swap(&mut bracket[low], tried);
                if done {
                    break;
                }
            }
        }
        std::mem::swap(start, &mut bracket[low]);
        evaluations
    }
}

/// The nearer and the further end of a bracket.
fn ends<T>(bracket: &[Place<T>; 2]) -> (f64, f64) {
    let [a, b] = bracket.each_ref().map(|place| place.t);
    (a.min(b), a.max(b))
}

/// Where the cubic through two places with their slopes has its minimum, within bounds; the middle where it has none
/// (Nocedal & Wright 2006, equation 3.59).
fn cubic_minimum<T>(a: &Place<T>, b: &Place<T>, (least, greatest): (f64, f64)) -> f64 {
    let (a, b) = if a.t <= b.t { (a, b) } else { (b, a) };
    let chord = a.slope + b.slope - 3.0 * (a.loss - b.loss) / (a.t - b.t);
    let square = chord * chord - a.slope * b.slope;
    let root = square.sqrt();
    let minimum = b.t - (b.t - a.t) * ((b.slope + root - chord) / (b.slope - a.slope + 2.0 * root));
    if square >= 0.0 && minimum.is_finite() {
        minimum.max(least).min(greatest)
    } else {
        (least + greatest) / 2.0
    }
}

#[cfg(test)]
mod tests {
    use super::{Place, Places};

    /// Searches along the first axis of a function of one number.
    fn search(f: impl Fn(f64) -> (f64, f64), first: f64) -> (Place<f64>, usize) {
        let mut start: Place<f64> = Place::of_length(1);
        let fill = |place: &mut Place<f64>| {
            (place.loss, place.slope) = f(place.t);
            place.gradient[0] = place.slope;
        };
        fill(&mut start);
        let mut fill = fill;
        let evaluations = Places::of_length(1).search(&mut start, first, 1.0, 1e-9, 25, &mut fill);
        (start, evaluations)
    }

    #[test]
    fn both_conditions_hold_where_it_ends() {
        type Function = fn(f64) -> (f64, f64);
        let functions: [Function; 3] = [
            |t| ((t - 3.0).powi(2), 2.0 * (t - 3.0)),
            |t| (-t / (t * t + 2.0), (t * t - 2.0) / (t * t + 2.0).powi(2)), // Moré & Thuente 1994, function 1
            |t| (-(-(t - 1.0).powi(2)).exp(), 2.0 * (t - 1.0) * (-(t - 1.0).powi(2)).exp()),
        ];
        for (number, f) in functions.into_iter().enumerate() {
            for first in [1e-3, 0.1, 1.0, 10.0] {
                let (loss, slope) = f(0.0);
                let (found, evaluations) = search(f, first);
                assert!(found.loss <= loss + 1e-4 * found.t * slope, "{number} from {first}: {found:?}");
                assert!(found.slope.abs() <= 0.9 * slope.abs(), "{number} from {first}: {found:?}");
                assert!(evaluations <= 26, "{evaluations}");
                assert_eq!(found.gradient[0], found.slope);
            }
        }
    }

    #[test]
    fn what_is_not_finite_counts_as_too_far() {
        let f = |t: f64| if t > 2.0 { (f64::NAN, f64::NAN) } else { ((t - 1.0).powi(2), 2.0 * (t - 1.0)) };
        let (found, _) = search(f, 1e6);
        assert!(found.t <= 2.0 && found.loss < 1.0, "{found:?}");
    }
}
