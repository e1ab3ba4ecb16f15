//! The kernel of attention: tiles of queries over blocks of keys.

use tunesmith_tensor::kernel::gemm::gemm;
use tunesmith_tensor::kernel::{Real, vectorize};

use super::Attention;
use super::shape::Sizes;
use super::tile::{Corner, Dropped, Running, columns, hide, weigh};
use crate::op::Call;

/// A tile of scores, and three numbers of each query.
pub(super) fn scratch(op: &Attention, sizes: &Sizes) -> usize {
    let columns = columns(op.tile[0].min(sizes.queries));
    (op.tile[1].min(sizes.keys) + 3) * columns
}

pub(super) fn run<T: Real>(op: &Attention, sizes: &Sizes, call: Call<'_, T>) {
    let &Sizes { rows, heads, queries, keys, units } = sizes;
    let width = sizes.width();
    let Call { inputs, out, scratch, noise, .. } = call;
    let (of_queries, of_keys) = (inputs[0], inputs[op.parts() - 1]);
    let counts = if op.masked { inputs[op.parts()] } else { &[] };
    let [q, k, v] = sizes.parts(op.cross);
    let o = sizes.output_part();
    let (out, mut logarithms) = out.split_at_mut(sizes.output());
    let dropped = Dropped::of(op, noise);
    let scale = T::from_f64(1.0 / (width as f64).sqrt());
    let [most_queries, most_keys] = op.tile;
    let columns = columns(most_queries.min(queries));
    let (states, tile) = scratch.split_at_mut(3 * columns);
    let mut states = states.chunks_exact_mut(columns.max(1));
    let (Some(largest), Some(sums), Some(shrink)) = (states.next(), states.next(), states.next()) else {
        return; // no queries
    };
    let mut running = Running { largest, sums, shrink };
    if keys == 0 {
        return out.fill(T::ZERO);
    }

    for (row, head) in (0..rows).flat_map(|row| (0..heads).map(move |head| (row, head))) {
        let counts = if op.masked { &counts[row * keys..][..keys] } else { &[] };
        for query in (0..queries).step_by(most_queries) {
            let m = most_queries.min(queries - query);
            let seen = if op.attend.causal { keys.min(query + m) } else { keys };
            let weights = ((row * heads + head) * queries + query) * keys;
            let to = &mut out[o.at(row, head, query)..];
            running.start();
            for key in (0..seen).step_by(most_keys) {
                let n = most_keys.min(seen - key);
                let tile = &mut tile[..n * columns];
                let (keys_here, queries_here) =
                    (&of_keys[k.at(row, head, key)..], &of_queries[q.at(row, head, query)..]);
                let (by_key, by_query) = ((k.position, 1), (1, q.position));
                gemm(
                    n,
                    width,
                    m,
                    scale,
                    keys_here,
                    by_key,
                    queries_here,
                    by_query,
                    T::ZERO,
                    tile,
                    (columns, 1),
                );
                let corner = Corner { weights, query, key, keys };
                hide(tile, columns, corner, op.attend.causal, counts);
                weigh(tile, columns, &mut running, corner, dropped);
                if key > 0 {
                    scale_rows(to, units, width, &running.shrink[..m]);
                }
                let values = &of_keys[v.at(row, head, key)..];
                let beta = if key == 0 { T::ZERO } else { T::ONE };
                gemm(m, n, width, T::ONE, tile, (1, columns), values, (v.position, 1), beta, to, (units, 1));
            }
            finish(&mut running, m);
            scale_rows(to, units, width, &running.shrink[..m]);
            if !logarithms.is_empty() {
                let (here, rest) = logarithms.split_at_mut(m);
                here.copy_from_slice(&running.largest[..m]);
                logarithms = rest;
            }
        }
    }
}

/// Makes of the sums what results are divided by, in `shrink`, and of the largest scores the logarithms of the sums.
fn finish<T: Real>(running: &mut Running<'_, T>, queries: usize) {
    vectorize(
        #[inline(always)]
        || {
            let states = running.largest.iter_mut().zip(running.sums.iter()).zip(running.shrink.iter_mut());
            for ((largest, &sum), scale) in states.take(queries) {
                let some = sum > T::ZERO;
                *scale = if some { T::ONE / sum } else { T::ZERO };
                *largest = if some { *largest + sum.ln() } else { T::INFINITY };
                if sum.is_nan() {
                    (*scale, *largest) = (T::NAN, T::NAN);
                }
            }
        },
    );
}

/// Multiplies the row of each query by its factor.
fn scale_rows<T: Real>(rows: &mut [T], distance: usize, width: usize, factors: &[T]) {
    vectorize(
        #[inline(always)]
        || {
            for (row, &factor) in rows.chunks_mut(distance).zip(factors) {
                for x in &mut row[..width] {
                    *x *= factor;
                }
            }
        },
    );
}
