//! Attention against its formula, and what it promises of masks.

use super::{Attend, Attention, TILE, formula};
use crate::{Feed, Graph, Runner, Var};

/// Numbers without a pattern.
fn numbers(count: usize) -> Vec<f64> {
    (0..count).map(|i| (i as f64 * 1.37).sin() + (i as f64 * 0.11).cos()).collect()
}

/// The result and the derivative by the parameters, of attention and of its formula.
fn both(
    sizes: [usize; 4],
    heads: usize,
    attend: Attend,
    masked: bool,
    tile: [usize; 2],
) -> [Vec<Vec<f64>>; 2] {
    let [rows, queries, keys, units] = sizes;
    [false, true].map(|by_formula| {
        let graph = Graph::new();
        let cross = queries != keys;
        let parts = if cross {
            vec![graph.param("q", [rows, queries, units]), graph.param("kv", [rows, keys, 2 * units])]
        } else {
            vec![graph.param("qkv", [rows, keys, 3 * units])]
        };
        let mask = masked.then(|| {
            let counts: Vec<f64> = (0..rows * keys).map(|i| f64::from(u8::from(i % 7 < 4))).collect();
            graph.constant([rows, keys], &counts)
        });
        let attend = Attend { heads, ..attend };
        let y = if by_formula {
            let operands: Vec<Var> = parts.iter().chain(&mask).cloned().collect();
            let stream = if attend.dropout > 0.0 { graph.stream() } else { 0 };
            let op = Attention { attend, cross, masked, stream, tile };
            let sizes = op.sizes(&super::shapes(&operands)).unwrap();
            formula::attention(&op, &sizes, &parts, mask.as_ref())
        } else {
            graph.attention(&parts.iter().collect::<Vec<_>>(), attend, mask.as_ref(), tile)
        };
        let weights = graph.constant(y.shape(), &numbers(y.shape().numel()));
        let loss = (&y * weights).sum();
        let by = graph.gradient(&loss, &parts.iter().collect::<Vec<_>>());
        let outputs: Vec<&Var> = std::iter::once(&y).chain(&by).collect();
        let mut runner = Runner::<f64>::new(graph.plan(&outputs));
        let count = parts.iter().map(|part| part.shape().numel()).sum();
        runner.run(Feed { params: &numbers(count), noise: 7, ..Feed::default() });
        (0..outputs.len()).map(|i| runner.output(i).to_vec()).collect()
    })
}

#[test]
fn tiles_give_what_the_formula_gives() {
    let plain = Attend::heads(1);
    for sizes in
        [[2, 70, 70, 6], [1, 130, 130, 4], [2, 3, 9, 4], [2, 9, 3, 8], [1, 1, 1, 2], [1, 200, 150, 2]]
    {
        for attend in [plain, plain.causal(true), plain.dropout(0.3), plain.causal(true).dropout(0.5)] {
            for masked in [false, true] {
                for (tile, heads) in [(TILE, 2), (TILE, 1), ([4, 3], 2), ([33, 64], 1), ([1, 1], 1)] {
                    let [found, wanted] = both(sizes, heads, attend, masked, tile);
                    let largest = wanted.iter().flatten().fold(0.0, |m: f64, x| m.max(x.abs()));
                    let error = |(a, b): (&f64, &f64)| (a - b).abs() / largest;
                    for (found, wanted) in found.iter().zip(&wanted) {
                        assert_eq!(found.len(), wanted.len());
                        let worst = found.iter().zip(wanted).map(error).fold(0.0, f64::max);
                        assert!(worst < 1e-12, "{sizes:?} {attend:?} {masked} {tile:?}: {worst}");
                        assert!(found.iter().all(|x| x.is_finite()));
                    }
                }
            }
        }
    }
}

#[test]
fn a_query_that_sees_no_key_gets_zeros() {
    for tile in [TILE, [2, 2]] {
        let graph = Graph::new();
        let x = graph.param("x", [2, 3, 6]);
        let mask = graph.constant([2, 3], &[0.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
        let y = graph.attention(&[&x], Attend::heads(2), Some(&mask), tile);
        let by = &graph.gradient(&y.square().sum(), &[&x])[0];
        let found = graph.evaluate(&[&y, by], &numbers(36));
        assert_eq!(found[0][..6], [0.0; 6]);
        assert_eq!(found[1][..18], [0.0; 18]);
        assert!(found[0][6..].iter().chain(&found[1][18..]).all(|x| x.is_finite() && *x != 0.0));
    }
}

#[test]
fn no_keys_and_no_queries_are_no_mistake() {
    for (queries, keys) in [(2, 0), (0, 2), (0, 0)] {
        let graph = Graph::new();
        let (q, kv) = (graph.param("q", [1, queries, 2]), graph.param("kv", [1, keys, 4]));
        let y = q.cross_attention(&kv, Attend::heads(1), None);
        let by = graph.gradient(&y.square().sum(), &[&q, &kv]);
        let found = graph.evaluate(&[&y, &by[0], &by[1]], &numbers(2 * queries + 4 * keys));
        assert_eq!(found, [vec![0.0; 2 * queries], vec![0.0; 2 * queries], vec![0.0; 4 * keys]]);
    }
}

#[test]
fn what_a_causal_query_does_not_see_does_not_matter() {
    let (rows, positions, units) = (1, 150, 4);
    let run = |change: bool| {
        let graph = Graph::new();
        let x = graph.param("x", [rows, positions, 3 * units]);
        let mut point = numbers(positions * 3 * units);
        if change {
            point[100 * 3 * units..].iter_mut().for_each(|x| *x = 1e3);
        }
        graph.evaluate(&[&x.attention(Attend::heads(2).causal(true), None)], &point).remove(0)
    };
    assert_eq!(run(false)[..100 * units], run(true)[..100 * units]);
}

#[test]
#[should_panic(expected = "3 heads do not divide 4 units")]
fn heads_divide_units() {
    let graph = Graph::new();
    let _ = graph.param("x", [1, 2, 12]).attention(Attend::heads(3), None);
}
