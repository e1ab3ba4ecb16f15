//! The confusion matrix.

use super::Size;
use super::svg::{Anchor, Svg, shortened, width_of};
use crate::Confusion;
use crate::number::percent;

/// Beyond this many classes cells are too small for numbers.
const READABLE: usize = 24;
/// Longer names are shortened in the middle; the table behind the picture has them whole.
const NAME: usize = 26;
/// The matrix is not drawn wider than this.
const EXTENT: f64 = 380.0;

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
    let names: Vec<String> = match n {
        0..=READABLE => (0..n).map(|class| shortened(&counted.label(class), NAME)).collect(),
        _ => Vec::new(),
    };
    let longest = names.iter().map(|name| width_of(name)).fold(0.0, f64::max);
    let high = (EXTENT / n.max(1) as f64).clamp(8.0, 54.0);
    // Names stand over their columns where cells can be made wide enough, else they read upwards.
    let level = (longest + 10.0) * n as f64 <= EXTENT.max(54.0 * n as f64);
    let wide = if level { high.max(longest + 10.0) } else { high };
    let (left, top) = (34.0 + longest, if level { 52.0 } else { 46.0 + longest });
    let (across, down) = (wide * n as f64, high * n as f64);
    // Two classes must not be blown up to the width of a page.
    let size = Size { width: (left + across + 70.0).max(400.0), height: top + down + 12.0 };
    let mistakes = counted.total() - (0..n).map(|class| count(counted, class, class)).sum::<u64>();
    let description = format!("{} classes, {} samples, {mistakes} mistakes.", n, counted.total());
    let mut svg =
        Svg::new("confusion", size, &format!("Confusion matrix, {} part", counted.part), &description);
    svg.text("axis", (left, 16.0), Anchor::Start, "predicted");
    svg.text("axis", (left - 8.0, top - 10.0), Anchor::End, "true");
    svg.text("axis", (left + across + 8.0, top - 10.0), Anchor::Start, "found");
    for class in 0..n {
        let (column, row) = (left + (class as f64 + 0.5) * wide, top + (class as f64 + 0.5) * high);
        if let Some(name) = names.get(class) {
            if level {
                svg.text("tick", (column, top - 10.0), Anchor::Middle, name);
            } else {
                svg.text_upwards("tick", (column + 4.0, top - 8.0), name);
            }
            svg.text("tick", (left - 8.0, row + 4.0), Anchor::End, name);
            if let Some(recall) = counted.recall(class) {
                svg.text("tick", (left + across + 8.0, row + 4.0), Anchor::Start, &percent(recall));
            }
        }
        let all: u64 = counted.matrix[class].iter().sum();
        for predicted in 0..n {
            let hits = count(counted, class, predicted);
            let share = if all > 0 { hits as f64 / all as f64 } else { 0.0 };
            let corner = (left + predicted as f64 * wide, top + class as f64 * high);
            let (kind, strength) = if predicted == class {
                ("hit", 0.05 + 0.1 * share)
            } else {
                ("miss", (share * 3.0).sqrt().min(1.0))
            };
            let opacity = if hits == 0 { 0.0 } else { (strength * 100.0).round() / 100.0 };
            svg.rect(kind, corner, (wide - 1.5, high - 1.5), &format!(" fill-opacity=\"{opacity}\""));
            if hits > 0 && n <= READABLE {
                let strong = if kind == "miss" && opacity > 0.6 { "cell strong" } else { "cell" };
                svg.text(
                    strong,
                    (corner.0 + wide / 2.0, corner.1 + high / 2.0 + 4.0),
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

#[cfg(test)]
mod tests {
    use super::confusion;
    use crate::Confusion;
    use crate::chart::svg::{shortened, width_of};

    fn drawn(names: &[&str]) -> String {
        let n = names.len();
        let matrix = (0..n).map(|i| (0..n).map(|j| if i == j { 30 } else { 1 }).collect()).collect();
        let labels = names.iter().map(|&name| name.to_owned()).collect();
        confusion(&Confusion { labels, matrix, part: "test".into() })
    }

    /// The place of the last text that says this before a mark.
    fn place(svg: &str, axis: &str, name: &str) -> f64 {
        let text =
            svg.split("<text").filter(|text| text.contains(&format!(">{name}</text>"))).last().unwrap();
        let value = text.split_once(&format!(" {axis}=\"")).unwrap().1;
        value.split_once('"').unwrap().0.parse().unwrap()
    }

    #[test]
    fn names_of_two_classes_stand_whole_at_rows_and_columns() {
        let svg = drawn(&["malignant", "benign"]);
        for name in ["malignant", "benign"] {
            assert_eq!(svg.matches(&format!(">{name}</text>")).count(), 2, "{name}");
        }
        assert!(!svg.contains("rotate("));
    }

    #[test]
    fn names_too_long_for_their_columns_read_upwards_whole() {
        let names =
            ["white-crowned sparrow", "song sparrow", "fox sparrow", "house sparrow", "field sparrow"];
        let svg = drawn(&names);
        for name in names {
            assert_eq!(svg.matches(&format!(">{name}</text>")).count(), 2, "{name}");
            // Room to the left of the rows, and above the columns, where the name begins.
            assert!(place(&svg, "x", name) >= width_of(name));
            let upwards = svg.split("<text").find(|t| t.contains("rotate(") && t.contains(name)).unwrap();
            assert!(place(&format!("<text{upwards}"), "y", name) >= width_of(name) + 16.0);
        }
        assert_eq!(svg.matches("rotate(-90").count(), 5);
    }

    #[test]
    fn very_long_names_lose_their_middle_with_a_sign() {
        assert_eq!(shortened("malignant", 26), "malignant");
        let (a, b) = (format!("{}_left", "x".repeat(60)), format!("{}_right", "x".repeat(60)));
        let svg = drawn(&[a.as_str(), b.as_str()]);
        assert!(svg.contains("…xxx_left<") && svg.contains("…xx_right<"), "{svg}");
        assert_eq!(shortened(&a, 26).chars().count(), 26);
    }
}
