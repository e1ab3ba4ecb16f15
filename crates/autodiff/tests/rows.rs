//! A slab of which large tables are written a few rows at a time holds what one that is written as a whole holds.

use proptest::prelude::*;
use tunesmith_autodiff::{Feed, Gradients, Graph, Plan, Runner};

/// Two tables, one of which is looked up twice; one has a padding row.
fn plan(rows: usize, width: usize, count: usize) -> std::sync::Arc<Plan> {
    let graph = Graph::new();
    let (a, b) = (graph.param("a", [rows, width]), graph.param("b", [rows, width]));
    let twice = graph.param("twice", [rows, width]);
    let scale = graph.param("scale", [width]);
    let (x, y) = (graph.index_input("x", [count]), graph.index_input("y", [count]));
    let both = a.rows(&x) * b.rows_but(&y, Some(1)) * twice.rows(&x) * twice.rows(&y);
    graph.plan_training(&(both * &scale).tanh().sum(), &[])
}

/// The same derivative for two tables: one value of the graph.
fn twins() -> std::sync::Arc<Plan> {
    let graph = Graph::new();
    let (a, b) = (graph.param("a", [9, 2]), graph.param("b", [9, 2]));
    let x = graph.index_input("x", [3]);
    graph.plan_training(&(a.rows(&x) + b.rows(&x)).square().sum(), &[])
}

proptest! {
    #[test]
    fn rows_are_what_the_whole_is(
        rows in 2_usize..60,
        width in 1_usize..20,
        fed in prop::collection::vec(prop::collection::vec(0_i64..1_000, 8), 1..5),
    ) {
        let plan = plan(rows, width, 4);
        let (mut runner, mut other) = (Runner::<f32>::new(plan.clone()), Runner::<f32>::new(plan.clone()));
        prop_assert_eq!(plan.tables().iter().map(|table| table.param).collect::<Vec<_>>().len(), 2);
        let params: Vec<f32> = (0..plan.slab_len()).map(|i| (i as f32).sin()).collect();
        let mut by_rows = Gradients::new(&plan, |_| true);
        let mut whole = vec![f32::NAN; plan.param_len()];
        for indices in fed {
            let indices: Vec<i64> = indices.into_iter().map(|index| index % rows as i64).collect();
            let (x, y) = indices.split_at(4);
            let feed = Feed { params: &params, indices: &[x, y], ..Feed::default() };
            runner.run_rows(feed, &mut by_rows);
            other.run_training(feed, &mut whole);
            let bits = |slab: &[f32]| slab.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(by_rows.values()), bits(&whole));
            for (param, touched) in by_rows.touched() {
                let met = if param == 0 { x } else { y };
                let mut met: Vec<u32> = met.iter().map(|&index| index as u32).collect();
                met.retain(|&index| param == 0 || index != 1);
                met.sort_unstable();
                met.dedup();
                prop_assert_eq!(touched, &met[..]);
            }
        }
    }
}

#[test]
fn two_tables_with_one_derivative_are_both_tables() {
    let plan = twins();
    assert_eq!(plan.tables().len(), 2);
    let params: Vec<f64> = (0..36).map(f64::from).collect();
    let feed = Feed { params: &params, indices: &[&[4, 8, 4]], ..Feed::default() };
    let (mut by_rows, mut whole) = (Gradients::new(&plan, |table| table.param == 1), vec![0.0; 36]);
    Runner::new(plan.clone()).run_rows(feed, &mut by_rows);
    Runner::new(plan).run_training(feed, &mut whole);
    assert_eq!(by_rows.values(), whole);
    assert_eq!(by_rows.touched().collect::<Vec<_>>(), [(1, &[4, 8][..])]);
}

#[test]
#[should_panic(expected = "made for another plan")]
fn a_slab_of_another_plan_is_refused() {
    let plan = plan(5, 2, 4);
    let mut gradients = Gradients::<f32>::new(&twins(), |_| true);
    let params = vec![0.0; plan.slab_len()];
    let feed = Feed { params: &params, indices: &[&[0; 4], &[0; 4]], ..Feed::default() };
    Runner::new(plan).run_rows(feed, &mut gradients);
}
