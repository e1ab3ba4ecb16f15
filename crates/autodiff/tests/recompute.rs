//! What recomputing promises: the same gradients, bit for bit, from less memory and not much more work.

use std::sync::Arc;

use tunesmith_autodiff::{Feed, Graph, Plan, Runner, Var};
use tunesmith_core::Seed;

const ROWS: usize = 128;
const WIDTH: usize = 32;

/// A deep net of dense layers with dropout, its loss, and what each layer puts out.
fn deep(graph: &Graph, depth: usize) -> (Var, Vec<Var>) {
    let mut x = graph.input("x", [ROWS, WIDTH]);
    let mut layers = Vec::new();
    for i in 0..depth {
        let weight = graph.param(&format!("{i}.weight"), [WIDTH, WIDTH]);
        let bias = graph.param(&format!("{i}.bias"), [WIDTH]);
        let sum = x.matmul_t(&weight) + &bias;
        x = sum.tanh() * &graph.dropout_mask([ROWS, WIDTH], 0.2);
        // A reshape and a buffer on the way: neither has memory of its own in the arena.
        x = x.reshape([WIDTH, ROWS]).reshape([ROWS, WIDTH]);
        layers.push(x.clone());
    }
    let seen = graph.buffer("seen", []);
    graph.update(&seen, &(&seen + &x.mean()));
    ((&x * &x).mean(), layers)
}

/// Loss, gradients and the buffer after a run.
fn run(plan: &Arc<Plan>) -> (f64, Vec<f32>, f32) {
    let mut g = Seed::new(3).generator();
    let params: Vec<f32> = (0..plan.slab_len()).map(|_| (0.3 * g.normal()) as f32).collect();
    let x: Vec<f32> = (0..ROWS * WIDTH).map(|_| g.normal() as f32).collect();
    let mut gradients = vec![0.0; plan.param_len()];
    let mut runner = Runner::<f32>::new(plan.clone());
    for noise in [1, 2] {
        runner.run_training(Feed { params: &params, inputs: &[&x], indices: &[], noise }, &mut gradients);
    }
    let mut slab = params.clone();
    runner.update(&mut slab);
    (runner.loss(), gradients, *slab.last().unwrap())
}

#[test]
fn gradients_are_the_same_bit_for_bit_and_the_arena_is_a_third_smaller() {
    let graph = Graph::new();
    let (loss, layers) = deep(&graph, 16);
    let plain = graph.plan_training(&loss, &[]);
    let recomputing = graph.plan_recomputing(&loss, &[], &layers);
    assert_eq!(run(&plain), run(&recomputing));
    assert!(run(&plain).1.iter().any(|&g| g != 0.0));
    let (before, after) = (plain.arena_len(), recomputing.arena_len());
    assert!(3 * after <= 2 * before, "{before} elements, recomputing {after}");
    let (before, after) = (plain.flops(), recomputing.flops());
    assert!(before < after && 10 * after <= 14 * before, "{before} operations, recomputing {after}");
    assert!(recomputing.kernels() > plain.kernels());
}

#[test]
fn memory_grows_with_the_root_of_the_depth() {
    let arena = |depth| {
        let graph = Graph::new();
        let (loss, layers) = deep(&graph, depth);
        graph.plan_recomputing(&loss, &[], &layers).arena_len()
    };
    let (shallow, deep) = (arena(9), arena(36));
    assert!(2 * deep <= 5 * shallow, "9 layers {shallow} elements, 36 layers {deep}");
}

#[test]
fn without_layers_to_keep_the_plan_is_the_plain_one() {
    let graph = Graph::new();
    let (loss, layers) = deep(&graph, 1);
    let plain = graph.plan_training(&loss, &[]);
    for layers in [&layers[..], &[]] {
        let plan = graph.plan_recomputing(&loss, &[], layers);
        assert_eq!((plan.kernels(), plan.arena_len()), (plain.kernels(), plain.arena_len()));
    }
}
