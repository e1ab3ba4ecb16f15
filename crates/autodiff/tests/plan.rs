//! A plan computes what its graph says: fused or not, in whatever memory.

use proptest::prelude::*;
use tunesmith_autodiff::{Feed, Graph, Runner, Var};

/// A random expression: each item applies an operation to earlier values.
fn grow(graph: &Graph, recipe: &[(u8, usize, usize)]) -> Vec<Var> {
    let x = graph.param("x", [6, 5]);
    let row = graph.param("row", [5]);
    let column = graph.param("column", [6, 1]);
    let mut values = vec![x.clone(), &x + &row, &x * &column, row, column];
    for &(kind, i, j) in recipe {
        let (a, b) = (values[i % values.len()].clone(), values[j % values.len()].clone());
        values.push(match kind % 9 {
            0 => &a + &b,
            1 => &a * &b,
            2 => &a - &b,
            3 => a.tanh(),
            4 => a.sigmoid() * 0.5,
            5 => a.relu(),
            6 => a.maximum(&b),
            7 if a.rank() == 2 && a.shape().dims() == [6, 5] => a.reshape([5, 6]).reshape([6, 5]).sum_axis(0),
            _ => a.square() * 0.1 + 1.0,
        });
    }
    values
}

fn params() -> Vec<f64> {
    (0..41).map(|i| f64::from(i * 37 % 41) / 20.0 - 1.0).collect()
}

proptest! {
    #[test]
    fn fusion_and_shared_memory_change_nothing(
        recipe in proptest::collection::vec((any::<u8>(), 0..64_usize, 0..64_usize), 1..24)
    ) {
        let graph = Graph::new();
        let values = grow(&graph, &recipe);
        // Parameters are read where they were fed, so only computed values can be outputs.
        let computed: Vec<&Var> = values[1..3].iter().chain(&values[5..]).collect();
        // As outputs, all values must be kept apart: nothing fuses away.
        let apart = graph.evaluate(&computed, &params());
        let last = computed[computed.len() - 1];
        let fused = graph.evaluate(&[last], &params());
        prop_assert_eq!(&fused[0], &apart[apart.len() - 1]);
    }

    #[test]
    fn gradients_are_the_same_with_and_without_other_outputs(
        recipe in proptest::collection::vec((any::<u8>(), 0..64_usize, 0..64_usize), 1..12)
    ) {
        let graph = Graph::new();
        let values = grow(&graph, &recipe);
        let loss = values[values.len() - 1].sum();
        let mut alone = vec![0.0; 41];
        let mut with = vec![0.0; 41];
        let feed = params();
        let mut runner = Runner::<f64>::new(graph.plan_training(&loss, &[]));
        runner.run_training(Feed { params: &feed, ..Feed::default() }, &mut alone);
        let outputs: Vec<&Var> = values[5..].iter().collect();
        let mut runner = Runner::<f64>::new(graph.plan_training(&loss, &outputs));
        runner.run_training(Feed { params: &feed, ..Feed::default() }, &mut with);
        prop_assert_eq!(alone, with);
    }
}

#[test]
fn an_activation_and_its_bias_are_one_kernel() {
    let graph = Graph::new();
    let x = graph.input("x", [8, 4]);
    let (w, b) = (graph.param("w", [3, 4]), graph.param("b", [3]));
    let y = (x.matmul_t(&w) + &b).tanh();
    let plan = graph.plan(&[&y]);
    assert_eq!(plan.kernels(), 2, "{}", plan.explain());
    assert!(plan.explain().contains("add+tanh: [8, 3] [3] -> [8, 3]"), "{}", plan.explain());
}

#[test]
fn what_nobody_reads_is_not_computed() {
    let graph = Graph::new();
    let x = graph.param("x", [3]);
    let _unused = x.exp().sum();
    let plan = graph.plan(&[&x.tanh()]);
    assert_eq!(plan.kernels(), 1);
}

#[test]
fn equal_expressions_are_one_node() {
    let graph = Graph::new();
    let x = graph.param("x", [3]);
    let (a, b) = (x.tanh().exp(), x.tanh().exp());
    assert_eq!(format!("{a:?}"), format!("{b:?}"));
}

#[test]
fn values_that_never_meet_share_memory() {
    let graph = Graph::new();
    let mut x = graph.param("x", [64, 64]);
    for _ in 0..10 {
        x = x.matmul(&x).softmax();
    }
    let plan = graph.plan(&[&x]);
    assert!(plan.arena_len() <= 3 * 64 * 64, "{}", plan.explain());
}

#[test]
fn a_parameter_without_influence_has_gradient_zero() {
    let graph = Graph::new();
    let (x, _y) = (graph.param("x", [2]), graph.param("y", [3]));
    let mut runner = Runner::<f32>::new(graph.plan_training(&x.square().sum(), &[]));
    let mut gradient = [f32::NAN; 5];
    runner.run_training(Feed { params: &[1.0, 2.0, 3.0, 4.0, 5.0], ..Feed::default() }, &mut gradient);
    assert_eq!(gradient, [2.0, 4.0, 0.0, 0.0, 0.0]);
}

#[test]
fn a_gradient_that_is_also_a_parameter_is_copied() {
    // d/dx and d/dy of <x, y> are y and x themselves.
    let graph = Graph::new();
    let (x, y) = (graph.param("x", [2]), graph.param("y", [2]));
    let mut runner = Runner::<f64>::new(graph.plan_training(&(&x * &y).sum(), &[]));
    let mut gradient = [0.0; 4];
    runner.run_training(Feed { params: &[1.0, 2.0, 3.0, 4.0], ..Feed::default() }, &mut gradient);
    assert_eq!(gradient, [3.0, 4.0, 1.0, 2.0]);
}

fn message(f: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let payload = std::panic::catch_unwind(f).expect_err("a panic");
    payload
        .downcast_ref::<String>()
        .cloned()
        .unwrap_or_else(|| (*payload.downcast_ref::<&str>().unwrap()).to_owned())
}

#[test]
fn shape_mistakes_say_both_shapes() {
    let said = message(|| {
        let graph = Graph::new();
        let _ = graph.input("a", [32, 10]).matmul(&graph.param("w", [12, 4]));
    });
    assert_eq!(said, "matmul: inner sizes differ, left [32, 10], right [12, 4]");
    let said = message(|| {
        let graph = Graph::new();
        let _ = graph.input("a", [32, 10]) + graph.param("b", [12]);
    });
    assert_eq!(said, "add: the shapes [32, 10] and [12] do not broadcast");
}

#[test]
fn a_wrong_feed_names_the_input() {
    let said = message(|| {
        let graph = Graph::new();
        let y = graph.input("pixels", [2, 3]).sum();
        Runner::<f32>::new(graph.plan(&[&y])).run(Feed { inputs: &[&[0.0; 5]], ..Feed::default() });
    });
    assert_eq!(said, "run: the input `pixels` of shape [2, 3] was fed 5 elements");
}
