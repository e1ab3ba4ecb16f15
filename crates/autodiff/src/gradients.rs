//! `Gradients`: the slab of derivatives by all parameters, of which large tables are written a few rows at a time.

use std::fmt::{self, Debug};

use crate::op::Element;
use crate::ops::gather::AddRows;
use crate::plan::{Step, Target};
use crate::{ParamPlace, Plan};

/// A parameter of which a plan reads rows by index and nothing else, so that its derivative is zero in all other rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    /// The parameter's place in [`Plan::params`].
    pub param: usize,
    /// Its rows.
    pub rows: usize,
    /// The numbers of a row.
    pub width: usize,
    /// How many indices a run looks up: it touches at most so many rows.
    pub indices: usize,
    /// The step that writes the derivative.
    pub(crate) step: usize,
}

impl Table {
    /// The tables among a plan's parameters, in the order of the steps that write their derivatives.
    pub(crate) fn all(steps: &[Step], params: &[ParamPlace]) -> Vec<Self> {
        let table = |(at, step): (usize, &Step)| match step.target {
            Target::Gradient(place) if step.op.any().is::<AddRows>() => {
                let param = params.iter().position(|p| p.offset == place.offset && p.shape.numel() > 0)?;
                let &[rows, width] = step.shape.dims() else { return None };
                Some(Self { param, rows, width, indices: step.shapes[1].numel(), step: at })
            }
            _ => None,
        };
        steps.iter().enumerate().filter_map(table).collect()
    }
}

/// The derivatives of a loss by all parameters in one slab, which is zero at first.
///
/// Of the tables that are wanted, a run clears the rows that the run before it touched and writes its own, and leaves all
/// others alone, which are zero. The slab holds the same as one that is written as a whole; what is saved is the time that
/// takes, and [`touched`](Gradients::touched) tells an optimizer where to look.
///
/// ```
/// use tunesmith_autodiff::{Feed, Gradients, Graph, Runner};
/// let graph = Graph::new();
/// let table = graph.param("table", [1000, 2]);
/// let words = graph.index_input("words", [3]);
/// let plan = graph.plan_training(&table.rows(&words).square().sum(), &[]);
/// let mut gradients = Gradients::<f64>::new(&plan, |table| 2 * table.indices <= table.rows);
/// let mut runner = Runner::new(plan);
/// let params = vec![1.0; 2000];
/// for words in [[7, 900, 7], [1, 2, 3]] {
///     runner.run_rows(Feed { params: &params, indices: &[&words], ..Feed::default() }, &mut gradients);
/// }
/// assert_eq!(gradients.touched().collect::<Vec<_>>(), [(0, &[1, 2, 3][..])]);
/// assert_eq!(gradients.values()[..8], [0.0, 0.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0]);
/// assert_eq!(gradients.values()[14], 0.0);
/// ```
#[derive(Clone)]
pub struct Gradients<T> {
    pub(crate) values: Vec<T>,
    pub(crate) tables: Vec<(Table, Vec<u32>)>,
}

impl<T: Element> Gradients<T> {
    /// A slab for a plan; `wanted` says of which tables only touched rows are written.
    #[must_use]
    pub fn new(plan: &Plan, wanted: impl Fn(&Table) -> bool) -> Self {
        let tables = plan.tables().iter().filter(|table| wanted(table));
        // A run that touches more rows than any before it allocates nothing.
        let tables = tables.map(|table| (*table, Vec::with_capacity(table.indices))).collect();
        Self { values: vec![T::ZERO; plan.param_len()], tables }
    }

    /// The slab.
    #[must_use]
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// The wanted tables' places in [`Plan::params`], each with the rows that the last run touched: ascending, each once.
    pub fn touched(&self) -> impl Iterator<Item = (usize, &[u32])> {
        self.tables.iter().map(|(table, rows)| (table.param, &rows[..]))
    }

    /// Bytes it holds.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let indices: usize = self.tables.iter().map(|(table, _)| table.indices).sum();
        size_of_val(&*self.values) + indices * size_of::<u32>()
    }
}

impl<T> Debug for Gradients<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let touched: Vec<usize> = self.tables.iter().map(|(_, rows)| rows.len()).collect();
        f.debug_struct("Gradients")
            .field("values", &self.values.len())
            .field("touched", &touched)
            .finish_non_exhaustive()
    }
}
