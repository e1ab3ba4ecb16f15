//! The gradient check: every derivative, and its derivative, against finite differences in f64.

use std::ops::Range;

use tunesmith_core::Seed;
use tunesmith_tensor::Shape;

use crate::{Feed, Graph, Runner, Var};

pub use crate::ops::cases::CaseList;

/// An expression whose derivative is checked.
#[derive(Clone, Debug)]
pub struct Case {
    /// What is checked.
    pub name: &'static str,
    build: fn(&[Var]) -> Var,
    operands: Vec<(Shape, Range<f64>)>,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The largest error of a first derivative, relative to the largest derivative.
    pub first: f64,
    /// The same for the derivative of the derivative in a random direction.
    pub second: f64,
}

impl Case {
    /// An expression of operands.
    #[must_use]
    pub fn new(name: &'static str, build: fn(&[Var]) -> Var) -> Self {
        Self { name, build, operands: Vec::new() }
    }

    /// Adds an operand of a shape with values from a range.
    #[must_use]
    pub fn operand(mut self, dims: &[usize], range: Range<f64>) -> Self {
        self.operands.push((Shape::from(dims), range));
        self
    }

    /// Compares derivatives with finite differences at a random point.
    ///
    /// ```
    /// use tunesmith_autodiff::gradcheck::Case;
    /// use tunesmith_core::Seed;
    /// let case = Case::new("x * tanh(x)", |x| &x[0] * x[0].tanh()).operand(&[3], -1.0..1.0);
    /// let report = case.check(Seed::new(0));
    /// assert!(report.first < 1e-7 && report.second < 1e-7);
    /// ```
    #[must_use]
    pub fn check(&self, seed: Seed) -> Report {
        let mut generator = seed.named(self.name).generator();
        let graph = Graph::new();
        let operands: Vec<Var> = self
            .operands
            .iter()
            .enumerate()
            .map(|(i, (shape, _))| graph.param(&format!("x{i}"), *shape))
            .collect();
        let point: Vec<f64> = self
            .operands
            .iter()
            .flat_map(|(shape, range)| vec![range.clone(); shape.numel()])
            .map(|range| generator.uniform_in(range.start, range.end))
            .collect();
        let mut weights = |shape: Shape| {
            let values: Vec<f64> = (0..shape.numel()).map(|_| generator.uniform_in(-1.0, 1.0)).collect();
            graph.constant(shape, &values)
        };
        // A random weighted sum of the results, so that no derivative hides behind another.
        let result = (self.build)(&operands);
        let loss = (&result * &weights(result.shape())).sum();
        let slopes = graph.gradient(&loss, &operands.iter().collect::<Vec<_>>());
        let along = slopes
            .iter()
            .map(|slope| (slope * &weights(slope.shape())).sum())
            .reduce(|a, b| a + b)
            .expect("a case has operands");
        Report { first: worst(&graph, &loss, &point), second: worst(&graph, &along, &point) }
    }
}

/// The largest difference between derivative and central difference, relative to the largest of either.
fn worst(graph: &Graph, loss: &Var, point: &[f64]) -> f64 {
    let mut runner = Runner::<f64>::new(graph.plan_training(loss, &[]));
    let mut gradient = vec![0.0; point.len()];
    let labels: Vec<Vec<i64>> =
        runner.plan().indices.iter().map(|(_, shape)| (0..shape.numel() as i64).collect()).collect();
    let labels: Vec<Vec<i64>> = labels.into_iter().map(|l| l.into_iter().map(|i| i % 3).collect()).collect();
    let indices: Vec<&[i64]> = labels.iter().map(Vec::as_slice).collect();
    let mut value = |params: &[f64], gradient: &mut [f64]| {
        runner.run_training(Feed { params, indices: &indices, ..Feed::default() }, gradient);
        runner.loss()
    };
    value(point, &mut gradient);
    let (mut error, mut scale) = (0.0_f64, 1e-3_f64);
    let mut moved = point.to_vec();
    let mut unused = vec![0.0; point.len()];
    for i in 0..point.len() {
        // Fourth-order central difference: error of order h^4, rounding of order 1e-16 / h.
        let h = 1e-3;
        let mut at = |offset: f64| {
            moved[i] = point[i] + offset;
            let v = value(&moved, &mut unused);
            moved[i] = point[i];
            v
        };
        let numeric = (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h);
        error = error.max((numeric - gradient[i]).abs());
        scale = scale.max(numeric.abs()).max(gradient[i].abs());
    }
    error / scale
}

/// An index per row of a value, below `classes` (at most 3 are drawn): what a case of a loss uses as labels.
#[must_use]
pub fn labels(rows_of: &Var, classes: usize) -> Var {
    assert!(classes >= 3, "labels: the check feeds 0, 1 and 2");
    rows_of.graph().index_input("labels", [rows_of.shape().dims()[0]])
}

/// Checks every case of every linked operation; returns those whose error exceeds the tolerance.
#[must_use]
pub fn check_all(seed: Seed, tolerance: f64) -> Vec<(&'static str, Report)> {
    let mut cases: Vec<Case> =
        tunesmith_core::inventory::iter::<CaseList>().flat_map(|list| (list.0)()).collect();
    cases.sort_by_key(|case| case.name);
    let failed = |case: &Case| {
        let report = case.check(seed);
        // Written so that NaN fails.
        (!(report.first <= tolerance && report.second <= tolerance)).then_some((case.name, report))
    };
    cases.iter().filter_map(failed).collect()
}

/// How many cases are linked.
#[must_use]
pub fn count() -> usize {
    tunesmith_core::inventory::iter::<CaseList>().map(|list| (list.0)().len()).sum()
}
