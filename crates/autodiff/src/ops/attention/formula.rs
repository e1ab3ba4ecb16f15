//! Attention from elementary operations: what the derivative of its derivative is made of.

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::Real;

use super::Attention;
use super::shape::Sizes;
use crate::Var;
use crate::op::{Call, Primitive, Site};
use crate::ops::dropout::DropoutMask;

/// What is added to the score of a key that is not seen: its exponential is zero.
const HIDDEN: f64 = 1e30;

/// The result of an attention; keys and values as in the operation.
pub(super) fn attention(op: &Attention, sizes: &Sizes, parts: &[Var], mask: Option<&Var>) -> Var {
    let &Sizes { rows, heads, queries, keys, units } = sizes;
    let graph = parts[0].graph();
    let width = sizes.width();
    // `[rows, positions, units]`, some units of a tensor, as `[rows heads, positions, width]`.
    let stack = |tensor: &Var, nth: usize| {
        let positions = tensor.shape().dims()[1];
        let part = tensor.slice(2, nth * units, units).reshape([rows, positions, heads, width]);
        part.permute(&[0, 2, 1, 3]).reshape([rows * heads, positions, width])
    };
    let (q, k, v) = match parts {
        [queries, both] => (stack(queries, 0), stack(both, 0), stack(both, 1)),
        _ => (stack(&parts[0], 0), stack(&parts[0], 1), stack(&parts[0], 2)),
    };
    let all = Shape::from([rows, heads, queries, keys]);
    let mut scores = (q.batch_matmul_t(&k) * (1.0 / (width as f64).sqrt())).reshape(all);
    let mut seen: Option<Var> = mask.map(|mask| mask.reshape([rows, 1, 1, keys]).expand(all));
    if op.attend.causal {
        let values: Vec<f64> = (0..queries)
            .flat_map(|query| (0..keys).map(move |key| f64::from(u8::from(key <= query))))
            .collect();
        let causal = graph.constant([queries, keys], &values).expand(all);
        seen = Some(seen.map_or(causal.clone(), |seen| seen * causal));
    }
    if let Some(seen) = &seen {
        scores = scores * seen + (seen - 1.0) * HIDDEN;
    }
    let mut weights = scores.softmax();
    if let Some(seen) = seen {
        weights = weights * seen; // a query that sees no key gets nothing
    }
    if op.attend.dropout > 0.0 {
        let mask = DropoutMask { shape: all, rate: op.attend.dropout, stream: op.stream };
        weights = weights * graph.apply(mask, &[]);
    }
    let out = weights.reshape([rows * heads, queries, keys]).batch_matmul(&v);
    out.reshape([rows, heads, queries, width]).permute(&[0, 2, 1, 3]).reshape([rows, queries, units])
}

/// The derivatives of the sum of `along` times the derivatives of attention: by its parts, and by `upstream`.
pub(super) fn second(
    op: &Attention,
    sizes: &Sizes,
    parts: &[Var],
    mask: Option<&Var>,
    upstream: &Var,
    along: &[Var],
) -> (Vec<Var>, Var) {
    let graph = upstream.graph();
    // Values of their own: here one may depend on another without that being part of the derivative.
    let alone = |var: &Var| var.apply(Alone { id: graph.stream() });
    let parts: Vec<Var> = parts.iter().map(alone).collect();
    let weight = alone(&sizes.values(upstream));
    let by: Vec<&Var> = parts.iter().collect();
    let value = (attention(op, sizes, &parts, mask) * &weight).sum();
    let gradients = graph.gradient(&value, &by);
    let products = gradients.iter().zip(along).map(|(gradient, along)| (gradient * along).sum());
    let inner = products.reduce(|a, b| a + b).expect("attention has an operand");
    let by: Vec<&Var> = by.into_iter().chain([&weight]).collect();
    let mut second = graph.gradient(&inner, &by);
    let by_weight = second.pop().expect("one for each");
    let behind = upstream.shape().numel() - sizes.output();
    let by_upstream = by_weight.flatten(0).pad(0, 0, behind).reshape(upstream.shape());
    (second, by_upstream)
}

/// The same values as a value of its own.
#[derive(Clone, Copy, Debug)]
struct Alone {
    /// Sets it apart from others of the same graph.
    #[expect(dead_code, reason = "read through `Debug`, by which equal operations are found")]
    id: u64,
}

impl Primitive for Alone {
    const NAME: &'static str = "alone";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        Ok(inputs[0])
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        call.out.copy_from_slice(call.inputs[0]);
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        vec![Some(site.gradient.clone())]
    }

    fn flops(&self, _inputs: &[Shape], _output: &Shape) -> u64 {
        0
    }
}
