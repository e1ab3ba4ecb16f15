//! `permute`: the axes in another order.
//!
//! Images are `[rows, channels, height, width]` outside and `[rows, height, width, channels]` where the work is done.
//! Layers say so with a permute before and one after; two that meet cancel, and elementwise operations move to the inner
//! side of one (`past_permutes`), so that between two convolutions nothing is moved.

use tunesmith_tensor::kernel::Real;
use tunesmith_tensor::{MAX_AXES, Shape};

use crate::op::{Call, Primitive, Site};
use crate::{Graph, Var, gradient_cases};

/// The axes in another order.
#[derive(Clone, Debug)]
pub struct Permute {
    /// For each new axis, which old one it is.
    pub axes: Vec<usize>,
}

impl Primitive for Permute {
    const NAME: &'static str = "permute";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        let mut sorted = self.axes.clone();
        sorted.sort_unstable();
        if sorted != (0..inputs[0].dims().len()).collect::<Vec<_>>() {
            return Err(format!("{:?} is not an order of the axes of {}", self.axes, inputs[0]));
        }
        Ok(Shape::from(self.axes.iter().map(|&axis| inputs[0].dims()[axis]).collect::<Vec<_>>()))
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        if !call.out.is_empty() {
            let (axes, count) = self.merged(call.shapes[0].dims());
            moved(call.inputs[0], &axes[..count], call.out);
        }
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        let mut back = vec![0; self.axes.len()];
        for (new, &old) in self.axes.iter().enumerate() {
            back[old] = new;
        }
        vec![Some(site.gradient.permute(&back))]
    }

    fn flops(&self, _inputs: &[Shape], _output: &Shape) -> u64 {
        0
    }
}

/// An axis of the result: its size, and how far apart its positions are in the operand.
type Axis = (usize, usize);

impl Permute {
    /// The axes of the result, neighbours that were neighbours before joined into one, and how many they are.
    fn merged(&self, old: &[usize]) -> ([Axis; MAX_AXES], usize) {
        let stride = |axis: usize| old[axis + 1..].iter().product::<usize>();
        let (mut axes, mut count) = ([(0, 0); MAX_AXES], 0_usize);
        for &axis in self.axes.iter().filter(|&&axis| old[axis] != 1) {
            let before = count.checked_sub(1).map(|last| &mut axes[last]);
            match before {
                Some((size, step)) if *step == old[axis] * stride(axis) => {
                    (*size, *step) = (*size * old[axis], stride(axis));
                }
                _ => {
                    axes[count] = (old[axis], stride(axis));
                    count += 1;
                }
            }
        }
        (axes, count)
    }
}

/// Copies `x` into `out` by the axes of the result.
fn moved<T: Real>(x: &[T], axes: &[Axis], out: &mut [T]) {
    match *axes {
        [] => out.copy_from_slice(&x[..1]),
        [(size, 1)] => out.copy_from_slice(&x[..size]),
        [(_, step)] => out.iter_mut().zip(x.iter().step_by(step)).for_each(|(out, &x)| *out = x),
        // A transposition: square blocks, so that both sides stay in the cache.
        [(rows, 1), (cols, step)] if cols > 1 => {
            const BLOCK: usize = 16;
            for row in (0..rows).step_by(BLOCK) {
                for col in (0..cols).step_by(BLOCK) {
                    for c in col..cols.min(col + BLOCK) {
                        for r in row..rows.min(row + BLOCK) {
                            out[r * cols + c] = x[c * step + r];
                        }
                    }
                }
            }
        }
        [(size, step), ref inner @ ..] => {
            let len = out.len() / size;
            for (i, out) in out.chunks_exact_mut(len).enumerate() {
                moved(&x[i * step..], inner, out);
            }
        }
    }
}

/// An elementwise operation on values whose axes were put in another order alike, computed before that.
pub(crate) fn past_permutes<P: Primitive>(graph: &Graph, op: &P, operands: &[&Var]) -> Option<Var> {
    if !P::ELEMENTWISE {
        return None;
    }
    let mut order: Option<Vec<usize>> = None;
    let mut inner = Vec::new();
    for var in operands {
        match var.made_by::<Permute>() {
            Some((permute, inputs)) if order.as_ref().is_none_or(|axes| *axes == permute.axes) => {
                order = Some(permute.axes);
                inner.extend(inputs);
            }
            None if var.shape().dims().is_empty() => inner.push((*var).clone()),
            _ => return None,
        }
    }
    let inner: Vec<&Var> = inner.iter().collect();
    order.map(|axes| graph.apply(op.clone(), &inner).permute(&axes))
}

impl Var {
    /// The axes in another order: `permute(&[1, 0])` transposes a matrix.
    ///
    /// # Panics
    /// When that is not an order of the axes.
    #[must_use]
    #[track_caller]
    pub fn permute(&self, axes: &[usize]) -> Self {
        if axes.iter().copied().eq(0..self.rank()) {
            return self.clone();
        }
        if let Some((before, inputs)) = self.made_by::<Permute>()
            && axes.len() == before.axes.len()
            && axes.iter().all(|&axis| axis < axes.len())
        {
            let joined: Vec<usize> = axes.iter().map(|&axis| before.axes[axis]).collect();
            return inputs[0].permute(&joined);
        }
        self.apply(Permute { axes: axes.to_vec() })
    }

    /// The transpose of a matrix.
    ///
    /// # Panics
    /// When this is not a matrix.
    #[must_use]
    #[track_caller]
    pub fn t(&self) -> Self {
        assert!(self.rank() == 2, "t: a matrix has a transpose, found the shape {}", self.shape());
        self.permute(&[1, 0])
    }
}

gradient_cases! {
    "transpose" [[3, 4]] |x| x[0].t().square();
    "permute" [[2, 3, 4]] |x| x[0].permute(&[2, 0, 1]).tanh();
    "permute, there and back" [[2, 3, 4]] |x| {
        let there = x[0].permute(&[0, 2, 1]);
        (there.tanh() * &there + 1.0).permute(&[0, 2, 1])
    };
}

#[cfg(test)]
mod tests {
    use crate::Graph;
    use crate::ops::permute::Permute;

    /// Every order of four axes, two of which may be one, against an index by index move.
    #[test]
    fn moves_every_element_to_its_place() {
        for dims in [[2, 3, 4, 5], [1, 17, 1, 33], [3, 1, 2, 1]] {
            let numbers: Vec<f64> = (0..dims.iter().product::<usize>()).map(|i| i as f64).collect();
            for code in 0..256_usize {
                let axes = [code & 3, code >> 2 & 3, code >> 4 & 3, code >> 6];
                if (0..4).any(|axis| !axes.contains(&axis)) {
                    continue;
                }
                let graph = Graph::new();
                let x = graph.param("x", dims);
                let found = &graph.evaluate(&[&(x.permute(&axes) + 0.0 * x.sum())], &numbers)[0];
                let new = axes.map(|axis| dims[axis]);
                for (place, &value) in found.iter().enumerate() {
                    let at = [
                        place / (new[1] * new[2] * new[3]),
                        place / (new[2] * new[3]) % new[1],
                        place / new[3] % new[2],
                        place % new[3],
                    ];
                    let mut old = [0; 4];
                    (0..4).for_each(|i| old[axes[i]] = at[i]);
                    let wanted = ((old[0] * dims[1] + old[1]) * dims[2] + old[2]) * dims[3] + old[3];
                    assert_eq!(value, wanted as f64, "{dims:?} by {axes:?}");
                }
            }
        }
    }

    #[test]
    fn elementwise_work_between_two_moves_leaves_nothing_to_move() {
        let graph = Graph::new();
        let x = graph.param("x", [2, 3, 4]);
        let y = (x.permute(&[0, 2, 1]).relu() * 2.0).permute(&[0, 2, 1]);
        assert!(y.made_by::<Permute>().is_none());
        assert_eq!(graph.plan(&[&y]).kernels(), 1);
    }
}
