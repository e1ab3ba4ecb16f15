//! Derivatives with autodiff alone: `cargo run --release -p tunesmith-autodiff --example gradients`.
//!
//! Newton's method on Rosenbrock's valley, gradient and curvature from the graph.
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use tunesmith_autodiff::{Graph, Var};

fn main() {
    let graph = Graph::new();
    let x = graph.param("x", [2]);
    let (a, b) = (x.slice(0, 0, 1).sum(), x.slice(0, 1, 1).sum());
    let valley = (1.0 - &a).square() + (&b - &a.square()).square() * 100.0;

    // The gradient is graph, so each of its entries can be differentiated again.
    let gradient = graph.gradient(&valley, &[&x]).remove(0);
    let row = |i: usize| graph.gradient(&gradient.slice(0, i, 1).sum(), &[&x]).remove(0);
    let outputs: Vec<Var> = vec![valley, gradient.clone(), row(0), row(1)];
    let outputs: Vec<&Var> = outputs.iter().collect();

    let mut point = [-1.2, 1.0];
    for step in 0.. {
        let values = graph.evaluate(&outputs, &point);
        println!("step {step}: ({:9.6}, {:9.6}), value {:.3e}", point[0], point[1], values[0][0]);
        let (g, h) = (&values[1], [&values[2], &values[3]]);
        if g.iter().all(|g| g.abs() < 1e-10) {
            break;
        }
        // Solve the 2x2 system by Cramer's rule.
        let determinant = h[0][0] * h[1][1] - h[0][1] * h[1][0];
        point[0] -= (g[0] * h[1][1] - g[1] * h[0][1]) / determinant;
        point[1] -= (g[1] * h[0][0] - g[0] * h[1][0]) / determinant;
    }
    assert!((point[0] - 1.0).abs() < 1e-8 && (point[1] - 1.0).abs() < 1e-8);
}
