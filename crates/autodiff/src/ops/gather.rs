//! `rows`: rows of a table by index, and its inverse, which adds rows up at their indices: what an embedding is made of.

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::{Real, elementwise};

use super::pick::checked;
use crate::op::{Call, Primitive, Site};
use crate::{Var, gradient_cases};

/// From a table `[rows, width]` and indices of any shape, the indexed rows, `[.., width]`.
///
/// The indices may be whole numbers or reals that hold whole numbers: `f32` holds every one up to 16,777,216.
#[derive(Clone, Copy, Debug)]
pub struct Rows {
    /// The row that gets no derivative: where sequences are filled up.
    pub padding: Option<usize>,
}

/// From rows `[.., width]` and an index for each, `[rows, width]` with each row added at its index.
#[derive(Clone, Copy, Debug)]
pub struct AddRows {
    /// The number of rows of the result.
    pub rows: usize,
    /// The index that is left out.
    pub padding: Option<usize>,
}

/// The indices of a call, as whole numbers below a bound.
fn each_index<T: Real>(reals: &[&[T]], wholes: &[&[i64]], bound: usize, mut f: impl FnMut(usize, usize)) {
    match wholes {
        [indices] => indices.iter().enumerate().for_each(|(at, &index)| f(at, checked(index, bound))),
        _ => reals[1].iter().enumerate().for_each(|(at, index)| {
            let index = index.to_f64();
            assert!(index.fract() == 0.0, "an index is a whole number, found {index}");
            f(at, checked(index as i64, bound));
        }),
    }
}

impl AddRows {
    /// Adds rows into a result that is zero there.
    fn add<T: Real>(&self, call: Call<'_, T>) {
        let width = call.shape.dims()[1];
        let (rows, out) = (call.inputs[0], call.out);
        each_index(call.inputs, call.indices, self.rows, |at, index| {
            if Some(index) != self.padding {
                let (sum, row) = (&mut out[index * width..][..width], &rows[at * width..][..width]);
                elementwise::zip_in_place(
                    sum,
                    row,
                    #[inline(always)]
                    |sum, x| sum + x,
                );
            }
        });
    }

    /// Runs on a result that is zero but for the rows that are listed, and lists those that are so afterwards.
    pub(crate) fn run_on_rows<T: Real>(&self, call: Call<'_, T>, touched: &mut Vec<u32>) {
        let width = call.shape.dims()[1];
        for &row in &*touched {
            call.out[row as usize * width..][..width].fill(T::ZERO);
        }
        touched.clear();
        each_index(call.inputs, call.indices, self.rows, |_, index| {
            if Some(index) != self.padding {
                touched.push(index as u32);
            }
        });
        touched.sort_unstable();
        touched.dedup();
        self.add(call);
    }
}

impl Primitive for Rows {
    const NAME: &'static str = "rows";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        match inputs[0].dims() {
            &[_, width] => {
                Ok(Shape::from(inputs[1].dims().iter().copied().chain([width]).collect::<Vec<_>>()))
            }
            _ => Err(format!("a table is [rows, width], found {}", inputs[0])),
        }
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let &[rows, width] = call.shapes[0].dims() else { unreachable!("checked while building") };
        let (table, out) = (call.inputs[0], call.out);
        each_index(call.inputs, call.indices, rows, |at, index| {
            out[at * width..][..width].copy_from_slice(&table[index * width..][..width]);
        });
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        let (table, index) = (&site.inputs[0], &site.inputs[1]);
        let add = AddRows { rows: table.shape().dims()[0], padding: self.padding };
        vec![site.wanted[0].then(|| table.graph().apply(add, &[site.gradient, index])), None]
    }

    fn flops(&self, _inputs: &[Shape], _output: &Shape) -> u64 {
        0
    }
}

impl Primitive for AddRows {
    const NAME: &'static str = "add_rows";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        match inputs[0].dims().split_last() {
            Some((&width, lead)) if lead == inputs[1].dims() => Ok(Shape::from([self.rows, width])),
            _ => Err(format!("an index per row is needed, found {} and {}", inputs[0], inputs[1])),
        }
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        call.out.fill(T::ZERO);
        self.add(call);
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        let index = &site.inputs[1];
        let back = || match self.padding {
            None => site.gradient.rows(index),
            // What was left out does not depend on its row.
            Some(row) => {
                let mut kept = vec![1.0; self.rows];
                kept[row] = 0.0;
                let kept = site.gradient.graph().constant([self.rows, 1], &kept);
                (site.gradient * &kept).rows(index)
            }
        };
        vec![site.wanted[0].then(back), None]
    }

    fn flops(&self, inputs: &[Shape], _output: &Shape) -> u64 {
        inputs[0].numel() as u64
    }
}

impl Var {
    /// The rows of this table at the indices, which are whole numbers or reals that hold whole numbers.
    ///
    /// # Panics
    /// When this is not `[rows, width]`. An index outside the rows is a panic when it is fed.
    #[must_use]
    #[track_caller]
    pub fn rows(&self, index: &Self) -> Self {
        self.rows_but(index, None)
    }

    /// As [`Var::rows`], with one row that gets no derivative.
    ///
    /// # Panics
    /// As [`Var::rows`].
    #[must_use]
    #[track_caller]
    pub fn rows_but(&self, index: &Self, padding: Option<usize>) -> Self {
        self.graph.apply(Rows { padding }, &[self, index])
    }
}

gradient_cases! {
    "rows" [[4, 3]] |x| x[0].square().rows(&x[0].graph().constant([2, 3], &[0.0, 3.0, 3.0, 1.0, 0.0, 3.0])).tanh();
    "rows, by labels" [[5, 3]] |x| x[0].rows(&crate::gradcheck::labels(&x[0], 3)).square();
}

#[cfg(test)]
mod tests {
    use crate::{Feed, Graph, Runner};

    #[test]
    fn the_padding_row_learns_nothing() {
        let graph = Graph::new();
        let table = graph.param("table", [3, 2]);
        let index = graph.constant([4], &[0.0, 2.0, 2.0, 1.0]);
        let loss = table.rows_but(&index, Some(2)).sum();
        let mut runner = Runner::<f64>::new(graph.plan_training(&loss, &[]));
        let mut gradient = [0.0; 6];
        runner
            .run_training(Feed { params: &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], ..Feed::default() }, &mut gradient);
        assert_eq!(runner.loss(), 3.0 + 7.0 + 22.0);
        assert_eq!(gradient, [1.0, 1.0, 1.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    #[should_panic(expected = "a whole number")]
    fn half_an_index_is_refused() {
        let graph = Graph::new();
        let rows = graph.param("table", [2, 1]).rows(&graph.constant([1], &[0.5]));
        let _ = graph.evaluate(&[&rows], &[1.0, 2.0]);
    }
}
