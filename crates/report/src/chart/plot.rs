//! The frame that most charts share: horizontal hairlines, labels at the left and below, nothing else.

use super::svg::{Anchor, Svg};
use super::{Axis, Size};

/// Where the data go inside a picture.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plot {
    pub(crate) left: f64,
    pub(crate) right: f64,
    pub(crate) top: f64,
    pub(crate) bottom: f64,
}

impl Plot {
    /// The space between margins: left, right, top, bottom.
    pub(crate) fn inside(size: Size, [left, right, top, bottom]: [f64; 4]) -> Self {
        let right = (size.width - right).max(left + 1.0);
        let bottom = (size.height - bottom).max(top + 1.0);
        Self { left, right, top, bottom }
    }

    /// From left to right.
    pub(crate) fn across(&self) -> (f64, f64) {
        (self.left, self.right)
    }

    /// From bottom to top: larger values stand higher.
    pub(crate) fn up(&self) -> (f64, f64) {
        (self.bottom, self.top)
    }

    /// Hairlines and labels of a vertical axis, and what it measures written above it.
    pub(crate) fn draw_y(&self, svg: &mut Svg, axis: &Axis, title: &str) {
        for tick in axis.ticks() {
            svg.line("grid", (self.left, tick.place), (self.right, tick.place));
            svg.text("tick", (self.left - 8.0, tick.place + 4.0), Anchor::End, &tick.label);
        }
        if !title.is_empty() {
            svg.text("axis", (2.0, self.top - 14.0), Anchor::Start, title);
        }
    }

    /// Labels of a horizontal axis below the data, and what it counts at its right end.
    pub(crate) fn draw_x(&self, svg: &mut Svg, axis: &Axis, title: &str) {
        svg.line("base", (self.left, self.bottom), (self.right, self.bottom));
        for tick in axis.ticks() {
            svg.line("base", (tick.place, self.bottom), (tick.place, self.bottom + 4.0));
            svg.text("tick", (tick.place, self.bottom + 18.0), Anchor::Middle, &tick.label);
        }
        if !title.is_empty() {
            svg.text("axis", (self.right, self.bottom + 34.0), Anchor::End, title);
        }
    }
}

/// The pieces of a line that lie between two heights, cut exactly where it leaves them; breaks at what is not finite.
pub(crate) fn clipped(points: &[(f64, f64)], low: f64, high: f64) -> Vec<Vec<(f64, f64)>> {
    let mut pieces: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut current: Vec<(f64, f64)> = Vec::new();
    let inside = |y: f64| (low..=high).contains(&y);
    let mut previous: Option<(f64, f64)> = None;
    for &(x, y) in points {
        if !x.is_finite() || !y.is_finite() {
            pieces.push(std::mem::take(&mut current));
            previous = None;
            continue;
        }
        if let Some((px, py)) = previous {
            let mut crossings: Vec<(f64, f64)> = [low, high]
                .into_iter()
                .filter(|edge| (py - edge) * (y - edge) < 0.0)
                .map(|edge| (px + (x - px) * ((edge - py) / (y - py)), edge))
                .collect();
            crossings.sort_by(|a, b| a.0.total_cmp(&b.0));
            for crossing in crossings {
                current.push(crossing);
                if current.len() > 1 && !inside(y) {
                    pieces.push(std::mem::take(&mut current));
                }
            }
        }
        if inside(y) {
            current.push((x, y));
        } else if !current.is_empty() {
            pieces.push(std::mem::take(&mut current));
        }
        previous = Some((x, y));
    }
    pieces.push(current);
    pieces.retain(|piece| piece.len() > 1);
    pieces
}

/// At most so many points of a line, the first and the last among them.
pub(crate) fn sampled<T: Copy>(points: &[T], most: usize) -> Vec<T> {
    if points.len() <= most || most < 2 {
        return points.to_vec();
    }
    (0..most).map(|i| points[i * (points.len() - 1) / (most - 1)]).collect()
}

/// Heights moved apart as little as possible until labels of that height do not overlap; the order stays.
pub(crate) fn apart(heights: &[f64], gap: f64, low: f64, high: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..heights.len()).collect();
    order.sort_by(|a, b| heights[*a].total_cmp(&heights[*b]));
    let mut placed = heights.to_vec();
    let mut floor = low;
    for &i in &order {
        placed[i] = placed[i].max(floor);
        floor = placed[i] + gap;
    }
    let mut ceiling = high;
    for &i in order.iter().rev() {
        placed[i] = placed[i].min(ceiling);
        ceiling = placed[i] - gap;
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::{apart, clipped, sampled};

    #[test]
    fn lines_are_cut_where_they_leave() {
        let pieces = clipped(&[(0.0, 0.0), (1.0, 2.0), (2.0, 0.0)], 0.0, 1.0);
        assert_eq!(pieces, [vec![(0.0, 0.0), (0.5, 1.0)], vec![(1.5, 1.0), (2.0, 0.0)]]);
        let through = clipped(&[(0.0, -1.0), (1.0, 2.0)], 0.0, 1.0);
        assert_eq!(through.len(), 1);
        assert!((through[0][0].1, through[0][1].1) == (0.0, 1.0));
        assert!(clipped(&[(0.0, 5.0), (1.0, 6.0)], 0.0, 1.0).is_empty());
    }

    #[test]
    fn lines_break_at_what_is_not_a_number() {
        let pieces = clipped(&[(0.0, 0.5), (1.0, 0.5), (2.0, f64::NAN), (3.0, 0.5), (4.0, 0.5)], 0.0, 1.0);
        assert_eq!(pieces.len(), 2);
    }

    #[test]
    fn sampling_keeps_the_ends() {
        let points: Vec<usize> = (0..1000).collect();
        let few = sampled(&points, 10);
        assert_eq!((few.len(), few[0], few[9]), (10, 0, 999));
    }

    #[test]
    fn labels_keep_their_order_and_distance() {
        let placed = apart(&[10.0, 11.0, 50.0], 14.0, 0.0, 60.0);
        assert!(placed[1] - placed[0] >= 14.0 && placed[2] - placed[1] >= 14.0, "{placed:?}");
    }
}
