//! The confusion matrix.

use super::Size;
use super::svg::{Anchor, Svg};
use crate::Confusion;
use crate::number::percent;

/// Beyond this many classes cells are too small for numbers.
const READABLE: usize = 24;

/// True classes as rows, predicted ones as columns, and for each class the share that was found.
///
/// Hits are pale and mistakes strong, since mistakes are what one looks for.
///
/// ```
/// use tunesmith_report::{Confusion, chart::confusion};
/// let counted = Confusion {
///     labels: vec!["cat".into(), "dog".into()],
///     matrix: vec![vec![9, 1], vec![0, 5]],
///     part: "test".into(),
/// };
/// assert!(confusion(&counted).contains("90\u{a0}%"));
/// ```
#[must_use]
pub fn confusion(counted: &Confusion) -> String {
    let n = counted.matrix.len();
    let longest = (0..n).map(|class| counted.label(class).chars().count()).max().unwrap_or(0).min(14);
    let side = (380.0 / n.max(1) as f64).clamp(8.0, 54.0);
    let (left, top) = (30.0 + 7.0 * longest as f64, 52.0);
    let extent = side * n as f64;
    let size = Size { width: (left + extent + 70.0).max(200.0), height: top + extent + 12.0 };
    let mistakes = counted.total() - (0..n).map(|class| count(counted, class, class)).sum::<u64>();
    let description = format!("{} classes, {} samples, {mistakes} mistakes.", n, counted.total());
    let mut svg =
        Svg::new("confusion", size, &format!("Confusion matrix, {} part", counted.part), &description);
    svg.text("axis", (left, 16.0), Anchor::Start, "predicted");
    svg.text("axis", (left - 8.0, top - 10.0), Anchor::End, "true");
    svg.text("axis", (left + extent + 8.0, top - 10.0), Anchor::Start, "found");
    for class in 0..n {
        let middle = (class as f64 + 0.5) * side;
        let label: String = counted.label(class).chars().take(14).collect();
        if n <= READABLE {
            let column: String = label.chars().take((side / 6.5).max(1.0) as usize).collect();
            svg.text("tick", (left + middle, top - 10.0), Anchor::Middle, &column);
            svg.text("tick", (left - 8.0, top + middle + 4.0), Anchor::End, &label);
            if let Some(recall) = counted.recall(class) {
                svg.text("tick", (left + extent + 8.0, top + middle + 4.0), Anchor::Start, &percent(recall));
            }
        }
        let all: u64 = counted.matrix[class].iter().sum();
        for predicted in 0..n {
            let hits = count(counted, class, predicted);
            let share = if all > 0 { hits as f64 / all as f64 } else { 0.0 };
            let corner = (left + predicted as f64 * side, top + class as f64 * side);
            let (kind, strength) = if predicted == class {
                ("hit", 0.05 + 0.1 * share)
            } else {
                ("miss", (share * 3.0).sqrt().min(1.0))
            };
            let opacity = if hits == 0 { 0.0 } else { (strength * 100.0).round() / 100.0 };
            svg.rect(kind, corner, (side - 1.5, side - 1.5), &format!(" fill-opacity=\"{opacity}\""));
            if hits > 0 && n <= READABLE {
                let strong = if kind == "miss" && opacity > 0.6 { "cell strong" } else { "cell" };
                svg.text(
                    strong,
                    (corner.0 + side / 2.0, corner.1 + side / 2.0 + 4.0),
                    Anchor::Middle,
                    &hits.to_string(),
                );
            }
        }
    }
    svg.finish()
}

fn count(counted: &Confusion, class: usize, predicted: usize) -> u64 {
    counted.matrix[class].get(predicted).copied().unwrap_or(0)
}
