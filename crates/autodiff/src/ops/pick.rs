//! `pick`: one element of each row by index, and its inverse.

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::Real;

use crate::op::{Call, Primitive, Site};
use crate::{Var, gradient_cases};

/// From `[rows, cols]` and an index per row, the indexed element of each row, `[rows]`.
#[derive(Clone, Copy, Debug)]
pub struct Pick;

/// From `[rows]` and an index per row, `[rows, cols]` with each value at its index and zeros elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The number of columns.
    pub cols: usize,
}

/// The index of a row; one outside the columns is the feeder's mistake.
#[track_caller]
pub(super) fn checked(index: i64, cols: usize) -> usize {
    match usize::try_from(index) {
        Ok(i) if i < cols => i,
        _ => panic!("the index {index} is outside 0..{cols}"),
    }
}

impl Primitive for Pick {
    const NAME: &'static str = "pick";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        match (inputs[0].dims(), inputs[1].dims()) {
            (&[rows, _], &[count]) if rows == count => Ok(Shape::from([rows])),
            _ => Err(format!(
                "[rows, cols] and an index per row are needed, found {} and {}",
                inputs[0], inputs[1]
            )),
        }
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let cols = call.shapes[0].dims()[1];
        for ((out, row), &index) in
            call.out.iter_mut().zip(call.inputs[0].chunks_exact(cols)).zip(call.indices[0])
        {
            *out = row[checked(index, cols)];
        }
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        let cols = site.inputs[0].shape().dims()[1];
        vec![Some(site.gradient.place_at(&site.inputs[1], cols)), None]
    }
}

impl Primitive for Place {
    const NAME: &'static str = "place_at";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        match (inputs[0].dims(), inputs[1].dims()) {
            (&[rows], &[count]) if rows == count => Ok(Shape::from([rows, self.cols])),
            _ => {
                Err(format!("a value and an index per row are needed, found {} and {}", inputs[0], inputs[1]))
            }
        }
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        call.out.fill(T::ZERO);
        let rows = call.out.chunks_exact_mut(self.cols);
        for ((row, &value), &index) in rows.zip(call.inputs[0]).zip(call.indices[0]) {
            row[checked(index, self.cols)] = value;
        }
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        vec![Some(site.gradient.pick(&site.inputs[1])), None]
    }
}

impl Var {
    /// The element of each row at that row's index.
    ///
    /// # Panics
    /// When this is not `[rows, cols]` or the indices are not `[rows]`.
    #[must_use]
    #[track_caller]
    pub fn pick(&self, index: &Self) -> Self {
        self.graph.apply(Pick, &[self, index])
    }

    /// Puts each value into a row of zeros at that row's index.
    ///
    /// # Panics
    /// When the values or the indices are not `[rows]`.
    #[must_use]
    #[track_caller]
    pub fn place_at(&self, index: &Self, cols: usize) -> Self {
        self.graph.apply(Place { cols }, &[self, index])
    }
}

gradient_cases! {
    "pick" [[5, 3]] |x| x[0].square().pick(&crate::gradcheck::labels(&x[0], 3));
    "place_at" [[5]] |x| x[0].place_at(&crate::gradcheck::labels(&x[0], 3), 3).exp();
}
