//! A training loop written by hand for dense networks: what an engine without any overhead would reach.
//!
//! It does what one would write for exactly this network: preallocated buffers, matrixmultiply's products, one
//! gradient per thread, Adam in one pass. It has no graph, no plug-ins and no data set: its batch stays where it is.
//!
//! To be measured, let it take steps so small that it learns nothing: once it knows its one batch by heart, gradients
//! fall below the smallest normal number, where the processor takes many times as long.

use rayon::prelude::*;
use tunesmith_tensor::kernel::gemm::general;

/// The part of a batch that one thread works on.
#[derive(Clone, Debug)]
struct Shard {
    x: Vec<f32>,
    /// What each layer puts out, and the derivative of the loss by it.
    outputs: Vec<Vec<f32>>,
    slopes: Vec<Vec<f32>>,
    gradient: Vec<f32>,
}

/// A dense network with ReLU between its layers, in training by Adam on one batch, cut by hand for some threads.
#[derive(Clone, Debug)]
pub struct HandLoop {
    widths: Vec<usize>,
    batch: usize,
    lr: f32,
    /// Where each layer's weights start, `[in, out]` row-major with the bias behind them; the last is the end.
    starts: Vec<usize>,
    params: Vec<f32>,
    means: Vec<f32>,
    squares: Vec<f32>,
    shards: Vec<Shard>,
}

impl HandLoop {
    /// A network of these widths whose batch is cut into as many parts as there are threads, and Adam's step size.
    #[must_use]
    pub fn new(widths: &[usize], batch: usize, threads: usize, lr: f32) -> Self {
        let mut starts = vec![0];
        for pair in widths.windows(2) {
            starts.push(starts[starts.len() - 1] + pair[0] * pair[1] + pair[1]);
        }
        let len = starts[starts.len() - 1];
        let rows = batch / threads;
        let layers = || widths[1..].iter().map(|units| vec![0.0; rows * units]).collect();
        let shard = Shard {
            x: (0..rows * widths[0]).map(|i| (i % 97) as f32 / 97.0).collect(),
            outputs: layers(),
            slopes: layers(),
            gradient: vec![0.0; len],
        };
        Self {
            widths: widths.to_vec(),
            batch: rows * threads,
            lr,
            starts,
            params: (0..len).map(|i| ((i * 7919 % 1000) as f32 / 1000.0 - 0.5) * 0.05).collect(),
            means: vec![0.0; len],
            squares: vec![0.0; len],
            shards: vec![shard; threads],
        }
    }

    /// One step: forward, backward, Adam. Runs on the current rayon pool when the batch is cut.
    pub fn step(&mut self) {
        let Self { widths, batch, lr, starts, params, means, squares, shards } = self;
        match &mut shards[..] {
            [only] => {
                only.run(widths, starts, params, *batch);
                adam(*lr, params, means, squares, [&only.gradient, &[]]);
            }
            [first, second] => {
                let (shared, lr): (&[f32], f32) = (params, *lr);
                rayon::join(
                    || first.run(widths, starts, shared, *batch),
                    || second.run(widths, starts, shared, *batch),
                );
                let chunk = params.len() / 2 + 1;
                let slabs = params.par_chunks_mut(chunk).zip(means.par_chunks_mut(chunk));
                let slabs = slabs.zip(squares.par_chunks_mut(chunk)).zip(first.gradient.par_chunks(chunk));
                let slabs = slabs.zip(second.gradient.par_chunks(chunk));
                slabs.for_each(|((((params, means), squares), first), second)| {
                    adam(lr, params, means, squares, [first, second]);
                });
            }
            more => panic!("the hand-written loop is written for one or two threads, not {}", more.len()),
        }
    }
}

impl Shard {
    fn run(&mut self, widths: &[usize], starts: &[usize], params: &[f32], batch: usize) {
        let layers = widths.len() - 1;
        let Self { x, outputs, slopes, gradient } = self;
        for layer in 0..layers {
            let (ins, outs) = (widths[layer], widths[layer + 1]);
            let (weight, bias) = params[starts[layer]..starts[layer + 1]].split_at(ins * outs);
            let (before, after) = outputs.split_at_mut(layer);
            let (input, output) = (before.last().unwrap_or(x), &mut after[0]);
            output.chunks_exact_mut(outs).for_each(|row| row.copy_from_slice(bias));
            product([output.len() / outs, ins, outs], input, (ins, 1), weight, (outs, 1), 1.0, output);
            if layer + 1 < layers {
                output.iter_mut().for_each(|x| *x = x.max(0.0));
            }
        }
        loss_slopes(&outputs[layers - 1], &mut slopes[layers - 1], widths[layers], batch);
        for layer in (0..layers).rev() {
            let (ins, outs) = (widths[layer], widths[layer + 1]);
            let (weight, _) = params[starts[layer]..starts[layer + 1]].split_at(ins * outs);
            let input = if layer == 0 { &*x } else { &outputs[layer - 1] };
            let (before, after) = slopes.split_at_mut(layer);
            let slope = &after[0];
            let rows = slope.len() / outs;
            let (by_weight, by_bias) = gradient[starts[layer]..starts[layer + 1]].split_at_mut(ins * outs);
            product([ins, rows, outs], input, (1, ins), slope, (outs, 1), 0.0, by_weight);
            by_bias.fill(0.0);
            for row in slope.chunks_exact(outs) {
                by_bias.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
            }
            if let Some(by_input) = before.last_mut() {
                product([rows, outs, ins], slope, (outs, 1), weight, (1, outs), 0.0, by_input);
                let dead = by_input.iter_mut().zip(input).filter(|(_, output)| **output <= 0.0);
                dead.for_each(|(slope, _)| *slope = 0.0);
            }
        }
    }
}

/// The derivative of the mean cross-entropy by the last layer's sums, with class 0 as the label of every row; of the
/// binary one where there is a single output.
fn loss_slopes(sums: &[f32], slopes: &mut [f32], classes: usize, batch: usize) {
    let share = 1.0 / batch as f32;
    for (sums, slopes) in sums.chunks_exact(classes).zip(slopes.chunks_exact_mut(classes)) {
        if let ([sum], [slope]) = (sums, &mut *slopes) {
            *slope = share / (1.0 + (-sum).exp());
            continue;
        }
        let most = sums.iter().copied().fold(f32::MIN, f32::max);
        let mut total = 0.0;
        for (sum, slope) in sums.iter().zip(slopes.iter_mut()) {
            *slope = (sum - most).exp();
            total += *slope;
        }
        slopes.iter_mut().for_each(|slope| *slope *= share / total);
        slopes[0] -= share;
    }
}

/// Adam without the correction of its first steps, which takes no time that matters.
fn adam(lr: f32, params: &mut [f32], means: &mut [f32], squares: &mut [f32], gradients: [&[f32]; 2]) {
    let mut update = |i: usize, gradient: f32| {
        means[i] = 0.9 * means[i] + 0.1 * gradient;
        squares[i] = 0.999 * squares[i] + 0.001 * gradient * gradient;
        params[i] -= lr * means[i] / (squares[i].sqrt() + 1e-8);
    };
    match gradients {
        [only, []] => (0..only.len()).for_each(|i| update(i, only[i])),
        [first, second] => (0..first.len()).for_each(|i| update(i, first[i] + second[i])),
    }
}

/// Writes `A B + beta C` into the row-major `c`, for `[m, k, n]` and (row, column) strides.
fn product(
    [m, k, n]: [usize; 3],
    a: &[f32],
    a_strides: (usize, usize),
    b: &[f32],
    b_strides: (usize, usize),
    beta: f32,
    c: &mut [f32],
) {
    general(m, k, n, 1.0, a, a_strides, b, b_strides, beta, c, (n, 1));
}

#[cfg(test)]
mod tests {
    use super::HandLoop;

    #[test]
    fn it_learns_the_label_it_is_given() {
        for (widths, threads) in [(&[5, 8, 3][..], 1), (&[5, 8, 3], 2), (&[2, 10, 1], 2)] {
            let mut hand = HandLoop::new(widths, 8, threads, 1e-3);
            (0..3000).for_each(|_| hand.step());
            let classes = widths[widths.len() - 1];
            for row in hand.shards.iter().flat_map(|shard| shard.slopes[1].chunks_exact(classes)) {
                assert!(row[0].abs() < 1e-3, "{widths:?} on {threads} threads: {row:?}");
            }
        }
    }
}
