//! The kernel of the derivative of attention: the tiles of scores again, and five products each.

use tunesmith_tensor::kernel::gemm::gemm;
use tunesmith_tensor::kernel::{Real, vectorize};

use super::Attention;
use super::shape::Sizes;
use super::tile::{Corner, Dropped, Known, columns, differentiate, hide};
use crate::op::Call;

/// A tile of scores, one of derivatives, and two numbers of each query.
pub(super) fn scratch(op: &Attention, sizes: &Sizes) -> usize {
    let columns = columns(op.tile[0].min(sizes.queries));
    2 * (op.tile[1].min(sizes.keys) + 1) * columns
}

pub(super) fn run<T: Real>(op: &Attention, sizes: &Sizes, call: Call<'_, T>) {
    let &Sizes { rows, heads, queries, keys, units } = sizes;
    let width = sizes.width();
    let parts = op.parts();
    let (of_queries, of_keys) = (call.inputs[0], call.inputs[parts - 1]);
    let (result, upstream) = (call.inputs[parts], call.inputs[parts + 1]);
    let counts = if op.masked { call.inputs[parts + 2] } else { &[] };
    let [q, k, v] = sizes.parts(op.cross);
    let [by_q, by_k, by_v] = sizes.gradient_parts(op.cross);
    let o = sizes.output_part();
    let mut all_logarithms = &result[sizes.output()..];
    let dropped = Dropped::of(op, call.noise);
    let scale = T::from_f64(1.0 / (width as f64).sqrt());
    let [most_queries, most_keys] = op.tile;
    let columns = columns(most_queries.min(queries));
    let (states, tiles) = call.scratch.split_at_mut(2 * columns);
    let (means, logarithms) = states.split_at_mut(columns);
    let (tile, by_tile) = tiles.split_at_mut(most_keys.min(keys) * columns);
    let out = call.out;

    // What several tiles add to starts at zero, and so does what no tile writes; else the first tile writes it.
    let none = queries == 0 || keys == 0;
    let several = none || queries > most_queries || op.attend.causal && keys > queries;
    let first = if several { T::ONE } else { T::ZERO };
    if several {
        out.fill(T::ZERO);
    }

    for (row, head) in (0..rows).flat_map(|row| (0..heads).map(move |head| (row, head))) {
        let counts = if op.masked { &counts[row * keys..][..keys] } else { &[] };
        for query in (0..queries).step_by(most_queries) {
            let m = most_queries.min(queries - query);
            let seen = if op.attend.causal { keys.min(query + m) } else { keys };
            let weights = ((row * heads + head) * queries + query) * keys;
            let from = o.at(row, head, query);
            let by_result = &upstream[from..];
            let known = if op.keeps_sums(sizes) {
                let (here, rest) = all_logarithms.split_at(m);
                logarithms[..m].copy_from_slice(here);
                all_logarithms = rest;
                products(&result[from..], by_result, units, width, &mut means[..m]);
                Known::Before { logarithms, means }
            } else {
                Known::Here
            };
            let queries_here = &of_queries[q.at(row, head, query)..];
            for key in (0..seen).step_by(most_keys) {
                let n = most_keys.min(seen - key);
                let (tile, by_tile) = (&mut tile[..n * columns], &mut by_tile[..n * columns]);
                let (keys_here, values) =
                    (&of_keys[k.at(row, head, key)..], &of_keys[v.at(row, head, key)..]);
                let apart = (columns, 1);
                let (zero, one) = (T::ZERO, T::ONE);
                // Scores, and the derivatives by weights.
                let by_key = (k.position, 1);
                gemm(n, width, m, scale, keys_here, by_key, queries_here, (1, q.position), zero, tile, apart);
                gemm(n, width, m, one, values, (v.position, 1), by_result, (1, units), zero, by_tile, apart);
                let corner = Corner { weights, query, key, keys };
                hide(tile, columns, corner, op.attend.causal, counts);
                differentiate(tile, by_tile, columns, known, corner, dropped);

                let to = &mut out[by_v.at(row, head, key)..];
                gemm(n, m, width, one, tile, apart, by_result, (units, 1), first, to, (by_v.position, 1));
                let to = &mut out[by_k.at(row, head, key)..];
                let by_query = (q.position, 1);
                gemm(
                    n,
                    m,
                    width,
                    scale,
                    by_tile,
                    apart,
                    queries_here,
                    by_query,
                    first,
                    to,
                    (by_k.position, 1),
                );
                let to = &mut out[by_q.at(row, head, query)..];
                let beta = if key == 0 { zero } else { one };
                gemm(
                    m,
                    n,
                    width,
                    scale,
                    by_tile,
                    (1, columns),
                    keys_here,
                    by_key,
                    beta,
                    to,
                    (by_q.position, 1),
                );
            }
        }
    }
}

/// The product of each result with its derivative: the mean over keys, by their weights, of the derivatives by weights.
fn products<T: Real>(result: &[T], by_result: &[T], distance: usize, width: usize, out: &mut [T]) {
    vectorize(
        #[inline(always)]
        || {
            for ((out, a), b) in out.iter_mut().zip(result.chunks(distance)).zip(by_result.chunks(distance)) {
                const LANES: usize = 16;
                let (a, b) = (&a[..width], &b[..width]);
                let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
                let mut sums = [T::ZERO; LANES];
                for (a, b) in a.iter().zip(b) {
                    for l in 0..LANES {
                        sums[l] += a[l] * b[l];
                    }
                }
                let mut sum = T::ZERO;
                for half in [8, 4, 2, 1] {
                    for l in 0..half {
                        sums[l] += sums[l + half];
                    }
                }
                for (&a, &b) in a_rest.iter().zip(b_rest) {
                    sum += a * b;
                }
                *out = sums[0] + sum;
            }
        },
    );
}
