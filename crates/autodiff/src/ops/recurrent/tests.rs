//! Tests: wide and narrow walks in both precisions against the same steps as graph.

use proptest::prelude::*;

use super::{Cell, Direction, Gru, Lstm, Rnn, RnnActivation};
use crate::{Element, Feed, Graph, Runner, Var};

/// The outputs of all steps by elementary operations, `[time, rows, units]`.
fn by_hand<C: Cell>(cell: &C, operands: &[Var], direction: Direction) -> Var {
    let [projected, weight, bias_ih, bias_hh] = operands else { panic!("four operands") };
    let graph = projected.graph();
    let &[steps, rows, _] = projected.shape().dims() else { panic!("three axes") };
    let units = weight.shape().dims()[1];
    let gates =
        |whole: &Var| -> Vec<Var> { (0..C::GATES).map(|g| whole.slice(1, g * units, units)).collect() };
    let mut hidden = graph.scalar(0.0).expand([rows, units]);
    let mut state = if C::STATE { hidden.clone() } else { graph.scalar(0.0) };
    let mut outputs = vec![None; steps];
    for nth in 0..steps {
        let time = if direction == Direction::Forward { nth } else { steps - 1 - nth };
        let x = projected.slice(0, time, 1).reshape([rows, C::GATES * units]) + bias_ih;
        let h = hidden.matmul_t(weight) + bias_hh;
        let moment = cell.moment(&gates(&x), &gates(&h), hidden, state);
        (hidden, state) = (moment.hidden, moment.state);
        outputs[time] = Some(hidden.reshape([1, rows, units]));
    }
    let outputs: Vec<Var> = outputs.into_iter().flatten().collect();
    graph.concat(&outputs.iter().collect::<Vec<_>>(), 0)
}

/// The largest difference between a walk and the steps by hand, of outputs and all gradients.
fn difference<T: Element, C: Cell>(
    cell: &C,
    [steps, rows, units]: [usize; 3],
    direction: Direction,
    keep: bool,
    numbers: &[f64],
) -> f64 {
    let run = |walk: bool| -> Vec<f64> {
        let graph = Graph::new();
        let wide = C::GATES * units;
        let operands: Vec<Var> = [vec![steps, rows, wide], vec![wide, units], vec![wide], vec![wide]]
            .into_iter()
            .enumerate()
            .map(|(i, dims)| graph.param(&format!("x{i}"), dims))
            .collect();
        let outputs = if walk {
            let [projected, rest @ ..] = &operands[..] else { unreachable!() };
            projected.recurrent(cell.clone(), [&rest[0], &rest[1], &rest[2]], direction, keep).sequence()
        } else {
            by_hand(cell, &operands, direction)
        };
        let loss = outputs.square().sum();
        let mut runner = Runner::<T>::new(graph.plan_training(&loss, &[&outputs]));
        let len = runner.plan().param_len();
        let params: Vec<T> = numbers.iter().cycle().take(len).map(|&x| T::from_f64(x)).collect();
        let mut gradient = vec![T::ZERO; len];
        runner.run_training(Feed { params: &params, ..Feed::default() }, &mut gradient);
        runner.output(1).iter().chain(&gradient).map(|x| x.to_f64()).collect()
    };
    let (walked, by_hand) = (run(true), run(false));
    assert_eq!(walked.len(), by_hand.len());
    let far = walked.iter().zip(&by_hand).map(|(a, b)| (a - b).abs() / (1.0 + b.abs()));
    far.fold(0.0, |worst, error| if error > worst || error.is_nan() { error } else { worst })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_walk_is_its_steps(
        sizes in (1_usize..5, 1_usize..6, 1_usize..40),
        backward in any::<bool>(),
        keep in any::<bool>(),
        numbers in prop::collection::vec(-0.5_f64..0.5, 97),
    ) {
        let sizes = [sizes.0, sizes.1, sizes.2];
        let direction = if backward { Direction::Backward } else { Direction::Forward };
        let relu = Rnn { activation: RnnActivation::Relu };
        let tanh = Rnn { activation: RnnActivation::Tanh };
        prop_assert!(difference::<f64, _>(&Lstm, sizes, direction, keep, &numbers) < 1e-11);
        prop_assert!(difference::<f64, _>(&Gru, sizes, direction, keep, &numbers) < 1e-11);
        prop_assert!(difference::<f64, _>(&tanh, sizes, direction, keep, &numbers) < 1e-11);
        prop_assert!(difference::<f64, _>(&relu, sizes, direction, keep, &numbers) < 1e-11);
        prop_assert!(difference::<f32, _>(&Lstm, sizes, direction, keep, &numbers) < 1e-4);
        prop_assert!(difference::<f32, _>(&Gru, sizes, direction, keep, &numbers) < 1e-4);
        prop_assert!(difference::<f32, _>(&tanh, sizes, direction, keep, &numbers) < 1e-4);
    }
}

#[test]
fn what_does_not_fit_is_said_with_the_shapes() {
    let graph = Graph::new();
    let (projected, weight) = (graph.param("x", [3, 2, 8]), graph.param("w", [8, 3]));
    let bias = graph.param("b", [8]);
    let walk = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        projected.recurrent(Lstm, [&weight, &bias, &bias], Direction::Forward, true)
    }));
    let why = *walk.expect_err("the weights do not fit").downcast::<String>().unwrap();
    assert!(why.contains("lstm") && why.contains("[8, 3]"), "{why}");
}

#[test]
fn what_a_slice_of_the_last_step_fills_up_is_not_walked_through() {
    let graph = Graph::new();
    let operands = [vec![9, 2, 8], vec![8, 2], vec![8]].map(|dims| graph.param(&format!("{dims:?}"), dims));
    let [x, w, b] = &operands;
    let loss = x.recurrent(Lstm, [w, b, b], Direction::Forward, true).last().sum();
    let plan = graph.plan_training(&loss, &[]).explain();
    assert!(!plan.contains(" pad"), "{plan}");
}

#[test]
fn a_derivative_that_fades_becomes_zero_and_never_subnormal() {
    let graph = Graph::new();
    let (steps, wide) = (400, 4 * 17);
    let operands = [vec![steps, 1, wide], vec![wide, 17], vec![wide]].map(|dims| graph.param("x", dims));
    let [x, w, b] = &operands;
    let loss = x.recurrent(Lstm, [w, b, b], Direction::Forward, true).last().sum();
    let mut runner = Runner::<f32>::new(graph.plan_training(&loss, &[]));
    let params = vec![0.01; runner.plan().param_len()];
    let mut gradient = vec![0.0; params.len()];
    runner.run_training(Feed { params: &params, ..Feed::default() }, &mut gradient);
    let by_projected = &gradient[..steps * wide];
    assert!(by_projected[(steps - 1) * wide..].iter().all(|&x| x != 0.0));
    assert!(by_projected[..100 * wide].iter().all(|&x| x == 0.0));
    assert!(by_projected.iter().all(|x| !x.is_subnormal()));
}
