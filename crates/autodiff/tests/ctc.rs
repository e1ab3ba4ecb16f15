//! The probability of a label sequence is the sum over all paths that spell it.

use proptest::prelude::*;
use tunesmith_autodiff::{Feed, Graph, Runner};

/// What a path of classes spells: repeats joined, blanks (class 0) left out.
fn spelled(path: &[usize]) -> Vec<i64> {
    let joined = path.iter().enumerate().filter(|&(t, class)| t == 0 || path[t - 1] != *class);
    joined.map(|(_, &class)| class as i64).filter(|&class| class != 0).collect()
}

/// `-ln` of the sum over all `classes^time` paths that spell the labels.
fn by_enumeration(logits: &[f64], classes: usize, labels: &[i64]) -> f64 {
    let frames: Vec<Vec<f64>> = logits
        .chunks(classes)
        .map(|row| {
            let sum: f64 = row.iter().map(|z| z.exp()).sum();
            row.iter().map(|z| z.exp() / sum).collect()
        })
        .collect();
    let mut probability = 0.0;
    for number in 0..classes.pow(frames.len() as u32) {
        let path: Vec<usize> = (0..frames.len()).map(|t| number / classes.pow(t as u32) % classes).collect();
        if spelled(&path) == labels {
            probability += path.iter().zip(&frames).map(|(&class, frame)| frame[class]).product::<f64>();
        }
    }
    -probability.ln()
}

fn ctc(
    logits: &[f64],
    [rows, time, classes]: [usize; 3],
    labels: &[i64],
    zero: bool,
) -> (Vec<f64>, Vec<f64>) {
    let graph = Graph::new();
    let z = graph.param("z", [rows, time, classes]);
    let y = graph.index_input("y", [rows, labels.len() / rows]);
    let each = z.ctc(&y, false, zero);
    let mut runner = Runner::<f64>::new(graph.plan_training(&each.sum(), &[&each]));
    let mut gradient = vec![0.0; logits.len()];
    runner.run_training(Feed { params: logits, indices: &[labels], ..Feed::default() }, &mut gradient);
    (runner.output(1).to_vec(), gradient)
}

proptest! {
    #[test]
    fn the_loss_is_that_of_all_alignments(
        logits in prop::collection::vec(-3.0..3.0_f64, 2 * 5 * 3),
        labels in prop::collection::vec(prop::collection::vec(1_i64..3, 0..4), 2),
    ) {
        let padded: Vec<i64> = labels.iter().flat_map(|row| (0..3).map(|i| row.get(i).copied().unwrap_or(0))).collect();
        let (found, gradient) = ctc(&logits, [2, 5, 3], &padded, false);
        for ((row, labels), found) in logits.chunks(15).zip(&labels).zip(found) {
            let expected = by_enumeration(row, 3, labels);
            if expected.is_finite() {
                prop_assert!((found - expected).abs() < 1e-10 * (1.0 + expected), "{found} {expected} {labels:?}");
            } else {
                prop_assert_eq!(found, f64::INFINITY);
            }
        }
        // Shifting all logits of a frame changes nothing, so each frame's derivatives sum to zero.
        for frame in gradient.chunks(3) {
            prop_assert!(frame.iter().sum::<f64>().abs() < 1e-10 && frame.iter().all(|g| g.is_finite()));
        }
    }
}

#[test]
fn labels_that_do_not_fit_count_nothing_on_request() {
    // "1 1" needs a blank between: three frames.
    let logits = [0.3, -0.2, 0.1, 0.9];
    assert_eq!(ctc(&logits, [1, 2, 2], &[1, 1], false), (vec![f64::INFINITY], vec![0.0; 4]));
    assert_eq!(ctc(&logits, [1, 2, 2], &[1, 1], true), (vec![0.0], vec![0.0; 4]));
}
