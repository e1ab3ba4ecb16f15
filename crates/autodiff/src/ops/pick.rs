//! `pick`: one element of each row by index, and its inverse.

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::Real;

use crate::op::{Call, Primitive, Site};
use crate::{Var, gradient_cases};

/// From `[..., cols]` and an index per row `[...]`, the indexed element of each row, `[...]`.
#[derive(Clone, Copy, Debug)]
pub struct Pick;

/// From `[...]` and an index per value, `[..., cols]` with each value at its index and zeros elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The number of columns.
    pub cols: usize,
}

/// The axes before the last, when each row has an index, and the last: the length of a row.
pub(super) fn lead<'a>(rows: &'a Shape, index: &Shape) -> Result<(&'a [usize], usize), String> {
    match rows.dims().split_last() {
        Some((&cols, lead)) if lead == index.dims() => Ok((lead, cols)),
        _ => Err(format!("rows [..., cols] and an index per row [...] are needed, found {rows} and {index}")),
    }
}

/// The shape with an axis more, when each value has an index.
pub(super) fn extended(values: &Shape, index: &Shape, cols: usize) -> Result<Shape, String> {
    if values != index {
        return Err(format!("a value and an index for it are needed, found {values} and {index}"));
    }
    Ok(Shape::from([values.dims(), &[cols]].concat()))
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
        lead(&inputs[0], &inputs[1]).map(|(lead, _)| Shape::from(lead))
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let (_, cols) = lead(&call.shapes[0], &call.shapes[1]).expect("checked while building");
        for ((out, row), &index) in
            call.out.iter_mut().zip(call.inputs[0].chunks_exact(cols)).zip(call.indices[0])
        {
            *out = row[checked(index, cols)];
        }
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        let cols = *site.inputs[0].shape().dims().last().expect("checked while building");
        vec![Some(site.gradient.place_at(&site.inputs[1], cols)), None]
    }
}

impl Primitive for Place {
    const NAME: &'static str = "place_at";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        extended(&inputs[0], &inputs[1], self.cols)
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
    /// When this is not `[..., cols]` or the indices are not `[...]`.
    #[must_use]
    #[track_caller]
    pub fn pick(&self, index: &Self) -> Self {
        self.graph.apply(Pick, &[self, index])
    }

    /// Puts each value into a row of zeros at that row's index.
    ///
    /// # Panics
    /// When there is not an index for each value.
    #[must_use]
    #[track_caller]
    pub fn place_at(&self, index: &Self, cols: usize) -> Self {
        self.graph.apply(Place { cols }, &[self, index])
    }
}

gradient_cases! {
    "pick" [[5, 3]] |x| x[0].square().pick(&crate::gradcheck::labels(&x[0], 3));
    "pick, two axes of rows" [[5, 2, 3]] |x| {
        let index = x[0].graph().index_input("index", [5, 2]);
        x[0].square().pick(&index)
    };
    "place_at" [[5]] |x| x[0].place_at(&crate::gradcheck::labels(&x[0], 3), 3).exp();
}
