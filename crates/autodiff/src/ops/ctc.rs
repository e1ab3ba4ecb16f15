//! Connectionist temporal classification (Graves et al., 2006): the probability of a label sequence under all its
//! alignments with a longer sequence of frames, by the forward-backward recursions in log space.

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::{Real, softmax};

use super::log_number::{Dual, LogNumber, Plain};
use super::pick::checked;
use crate::op::{Call, Primitive, Site};
use crate::{Var, gradient_cases};

/// The class that stands for "no label" between labels, and fills a label sequence up behind its end.
const BLANK: usize = 0;

/// From logits `[rows, time, classes]` and labels `[rows, longest]`, `-ln` of the probability of each row's labels,
/// `[rows]`.
///
/// Class 0 is the blank; a row's labels end at its first 0. A row whose labels fit no alignment (more labels, and breaks
/// between equal ones, than frames) has probability zero: its loss is infinite, or zero on request, its derivative zero.
#[derive(Clone, Copy, Debug)]
pub struct Ctc {
    /// Whether each row's loss is divided by the number of its labels.
    pub per_label: bool,
    /// Whether a row without an alignment counts zero instead of infinity.
    pub zero_infinity: bool,
}

/// The derivative of [`Ctc`] by the logits, times an upstream number per row: what the softmax says of each class at
/// each frame less the share of alignments that pass there.
#[derive(Clone, Copy, Debug)]
pub struct CtcGradient {
    /// As in [`Ctc`].
    pub per_label: bool,
}

/// The second derivative of [`Ctc`] by the logits times a direction and an upstream number per row.
///
/// It is linear in both, and can be differentiated by them; third derivatives by the logits are not there.
#[derive(Clone, Copy, Debug)]
pub struct CtcCurvature {
    /// As in [`Ctc`].
    pub per_label: bool,
}

/// Sizes of a batch.
#[derive(Clone, Copy)]
struct Sizes {
    rows: usize,
    time: usize,
    classes: usize,
    longest: usize,
}

fn sizes(inputs: &[Shape]) -> Result<Sizes, String> {
    match (inputs[0].dims(), inputs[1].dims()) {
        (&[rows, time, classes], &[count, longest]) if rows == count && classes > 1 && time > 0 => {
            Ok(Sizes { rows, time, classes, longest })
        }
        _ => Err(format!(
            "logits [rows, time, classes] and labels [rows, longest] are needed, found {} and {}",
            inputs[0], inputs[1]
        )),
    }
}

impl Sizes {
    /// States of the longest alignment: labels with blanks around them.
    fn states(&self) -> usize {
        2 * self.longest + 1
    }

    /// Room for one row: ln-probabilities, all forward values, two rows of backward values, the row's occupancies.
    fn scratch(&self) -> usize {
        self.time * self.classes + (self.time + 2) * self.states() + self.classes
    }
}

/// The labels of a row: what stands before its first blank.
fn labels_of(row: &[i64]) -> &[i64] {
    &row[..row.iter().position(|&label| label == BLANK as i64).unwrap_or(row.len())]
}

/// The class of a state: blanks at even places, labels between them.
fn class_of(labels: &[i64], state: usize, classes: usize) -> usize {
    if state.is_multiple_of(2) { BLANK } else { checked(labels[state / 2], classes) }
}

/// Whether a path may go from the state before the last to this one: between labels that differ.
fn skips(labels: &[i64], state: usize) -> bool {
    state % 2 == 1 && state >= 3 && labels[state / 2] != labels[state / 2 - 1]
}

/// Fills the forward values of a row: the logarithm of the probability of all ways to a state at a frame. Returns the
/// logarithm of the probability of the labels.
fn forward<T: Real, N: LogNumber<T>>(sizes: Sizes, labels: &[i64], log_p: &[T], alpha: &mut [T]) -> N {
    let (states, classes) = (2 * labels.len() + 1, sizes.classes);
    for t in 0..sizes.time {
        for s in 0..states {
            let before = |back: usize| N::load(alpha, (t - 1) * states + s - back);
            let mut ways = if t > 0 {
                before(0)
            } else if s < 2 {
                N::load(log_p, class_of(labels, s, classes)).store(alpha, s);
                continue;
            } else {
                N::nothing().store(alpha, s);
                continue;
            };
            if s >= 1 {
                ways = ways.plus(before(1));
            }
            if skips(labels, s) {
                ways = ways.plus(before(2));
            }
            let here = N::load(log_p, t * classes + class_of(labels, s, classes));
            ways.times(here).store(alpha, t * states + s);
        }
    }
    let last = (sizes.time - 1) * states + states - 1;
    let end = N::load(alpha, last);
    if states > 1 { end.plus(N::load(alpha, last - 1)) } else { end }
}

/// Walks the frames backwards; calls `at` with each frame and the share of alignments that are in each class there.
/// Nothing is called for a row without an alignment.
fn occupancies<T: Real, N: LogNumber<T>>(
    sizes: Sizes,
    labels: &[i64],
    log_p: &[T],
    scratch: &mut [T],
    mut at: impl FnMut(usize, &[T]),
) {
    let (states, classes) = (2 * labels.len() + 1, sizes.classes);
    let (alpha, rest) = scratch.split_at_mut(sizes.time * sizes.states() * N::WIDTH);
    let total: N = forward(sizes, labels, log_p, alpha);
    if !total.value().is_finite() {
        return;
    }
    let (mut beta, rest) = rest.split_at_mut(sizes.states() * N::WIDTH);
    let (mut later, shares) = rest.split_at_mut(sizes.states() * N::WIDTH);
    let shares = &mut shares[..classes * N::WIDTH];
    for t in (0..sizes.time).rev() {
        std::mem::swap(&mut beta, &mut later);
        for s in 0..states {
            // What follows this frame, its own probability left out.
            let after = |ahead: usize| {
                let class = class_of(labels, s + ahead, classes);
                N::load(later, s + ahead).times(N::load(log_p, (t + 1) * classes + class))
            };
            let ways = if t + 1 == sizes.time {
                if s + 2 >= states { N::load(&[T::ZERO; 2], 0) } else { N::nothing() }
            } else {
                let mut ways = after(0);
                if s + 1 < states {
                    ways = ways.plus(after(1));
                }
                if s + 2 < states && skips(labels, s + 2) {
                    ways = ways.plus(after(2));
                }
                ways
            };
            ways.store(beta, s);
        }
        shares.fill(T::ZERO);
        for s in 0..states {
            let class = class_of(labels, s, classes);
            let share = N::load(alpha, t * states + s).times(N::load(beta, s)).over(total).exp();
            N::load(shares, class).add(share).store(shares, class);
        }
        at(t, shares);
    }
}

/// The divisor of a row's loss.
fn share_of_label<T: Real>(per_label: bool, labels: &[i64]) -> T {
    T::from_f64(if per_label { 1.0 / labels.len().max(1) as f64 } else { 1.0 })
}

impl Primitive for Ctc {
    const NAME: &'static str = "ctc";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        sizes(inputs).map(|sizes| Shape::from([sizes.rows]))
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let sizes = sizes(call.shapes).expect("checked while building");
        let row = sizes.time * sizes.classes;
        let (log_p, alpha) = call.scratch.split_at_mut(row);
        for (i, (out, logits)) in call.out.iter_mut().zip(call.inputs[0].chunks_exact(row)).enumerate() {
            let labels = labels_of(&call.indices[0][i * sizes.longest..][..sizes.longest]);
            softmax::log_softmax(logits, sizes.classes, log_p);
            let Plain(total) = forward(sizes, labels, log_p, alpha);
            let none = self.zero_infinity && total == -T::from_f64(f64::INFINITY);
            *out = if none { T::ZERO } else { -total * share_of_label(self.per_label, labels) };
        }
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        let gradient = CtcGradient { per_label: self.per_label };
        let (logits, labels) = (&site.inputs[0], &site.inputs[1]);
        vec![Some(logits.graph().apply(gradient, &[logits, labels, site.gradient])), None]
    }

    fn scratch(&self, inputs: &[Shape], _output: &Shape) -> usize {
        sizes(inputs).map_or(0, |sizes| sizes.scratch())
    }

    fn flops(&self, inputs: &[Shape], _output: &Shape) -> u64 {
        flops(inputs, 1)
    }
}

fn flops(inputs: &[Shape], passes: u64) -> u64 {
    let states = 2 * inputs[1].dims()[1] as u64 + 1;
    let frames = inputs[0].dims()[..2].iter().product::<usize>() as u64;
    5 * inputs[0].numel() as u64 + passes * 12 * frames * states
}

impl Primitive for CtcGradient {
    const NAME: &'static str = "ctc_gradient";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        sizes(inputs).map(|_| inputs[0])
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let sizes = sizes(call.shapes).expect("checked while building");
        let classes = sizes.classes;
        let row = sizes.time * classes;
        let (log_p, rest) = call.scratch.split_at_mut(row);
        let rows = call.out.chunks_exact_mut(row).zip(call.inputs[0].chunks_exact(row));
        for (i, (out, logits)) in rows.enumerate() {
            let labels = labels_of(&call.indices[0][i * sizes.longest..][..sizes.longest]);
            softmax::log_softmax(logits, classes, log_p);
            let factor = call.inputs[1][i] * share_of_label(self.per_label, labels);
            out.fill(T::ZERO);
            occupancies::<T, Plain<T>>(sizes, labels, log_p, rest, |t, shares| {
                let frame = out[t * classes..].iter_mut().zip(&log_p[t * classes..]).zip(shares);
                frame.for_each(|((out, log_p), &share)| *out = factor * (log_p.exp() - share));
            });
        }
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        let (logits, labels, upstream, h) =
            (&site.inputs[0], &site.inputs[1], &site.inputs[2], site.gradient);
        let graph = logits.graph();
        let curvature = CtcCurvature { per_label: self.per_label };
        // The second derivative is symmetric: what comes from above goes through it as a direction.
        let by_logits = || graph.apply(curvature, &[logits, labels, upstream, h]);
        let by_upstream = || along_rows(h, &graph.apply(*self, &[logits, labels, &ones(upstream)]));
        vec![site.wanted[0].then(by_logits), None, site.wanted[2].then(by_upstream)]
    }

    fn scratch(&self, inputs: &[Shape], _output: &Shape) -> usize {
        sizes(inputs).map_or(0, |sizes| sizes.scratch())
    }

    fn flops(&self, inputs: &[Shape], _output: &Shape) -> u64 {
        flops(inputs, 2)
    }
}

fn ones(like: &Var) -> Var {
    like.graph().scalar(1.0).expand(like.shape())
}

/// The inner product of each row of two `[rows, time, classes]`, `[rows]`.
fn along_rows(a: &Var, b: &Var) -> Var {
    (a * b).flatten(1).sum_axis(1)
}

impl Primitive for CtcCurvature {
    const NAME: &'static str = "ctc_curvature";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        sizes(inputs).map(|_| inputs[0])
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let sizes = sizes(call.shapes).expect("checked while building");
        let classes = sizes.classes;
        let row = sizes.time * classes;
        let (duals, rest) = call.scratch.split_at_mut(2 * row);
        let rows = call.out.chunks_exact_mut(row).zip(call.inputs[0].chunks_exact(row));
        for (i, (out, logits)) in rows.enumerate() {
            let labels = labels_of(&call.indices[0][i * sizes.longest..][..sizes.longest]);
            let direction = &call.inputs[2][i * row..][..row];
            // The direction moves a logarithm by itself less its mean under the softmax.
            softmax::log_softmax(logits, classes, out);
            let frames = out.chunks_exact(classes).zip(direction.chunks_exact(classes));
            for ((log_p, h), duals) in frames.zip(duals.chunks_exact_mut(2 * classes)) {
                let mut mean = T::ZERO;
                log_p.iter().zip(h).for_each(|(log_p, &h)| mean += log_p.exp() * h);
                for (c, (&log_p, &h)) in log_p.iter().zip(h).enumerate() {
                    Dual(log_p, h - mean).store(duals, c);
                }
            }
            let factor = call.inputs[1][i] * share_of_label(self.per_label, labels);
            out.fill(T::ZERO);
            occupancies::<T, Dual<T>>(sizes, labels, duals, rest, |t, shares| {
                for (c, out) in out[t * classes..][..classes].iter_mut().enumerate() {
                    let p = Dual::load(duals, t * classes + c).exp();
                    *out = factor * (p.1 - Dual::load(shares, c).1);
                }
            });
        }
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        let [logits, labels, upstream, direction] = site.inputs else {
            unreachable!("four operands were given")
        };
        assert!(!site.wanted[0], "ctc: third derivatives by the logits are not there");
        let (graph, h) = (logits.graph(), site.gradient);
        let by_upstream =
            || along_rows(h, &graph.apply(*self, &[logits, labels, &ones(upstream), direction]));
        let by_direction = || graph.apply(*self, &[logits, labels, upstream, h]);
        vec![None, None, site.wanted[2].then(by_upstream), site.wanted[3].then(by_direction)]
    }

    fn scratch(&self, inputs: &[Shape], _output: &Shape) -> usize {
        sizes(inputs).map_or(0, |sizes| 2 * sizes.scratch())
    }

    fn flops(&self, inputs: &[Shape], _output: &Shape) -> u64 {
        flops(inputs, 4)
    }
}

impl Var {
    /// `-ln` of the probability of each row's labels `[rows, longest]`, ended by class 0, under logits
    /// `[rows, time, classes]`: see [`Ctc`].
    ///
    /// ```
    /// use tunesmith_autodiff::{Feed, Graph, Runner};
    /// let graph = Graph::new();
    /// let (logits, labels) = (graph.param("logits", [1, 2, 2]), graph.index_input("labels", [1, 1]));
    /// let loss = logits.ctc(&labels, false, false);
    /// let mut runner = Runner::<f64>::new(graph.plan(&[&loss]));
    /// runner.run(Feed { params: &[0.0; 4], indices: &[&[1]], ..Feed::default() });
    /// // Of the four paths of two frames, three are the label 1: "1 1", "_ 1", "1 _".
    /// assert!((runner.output(0)[0] + 0.75_f64.ln()).abs() < 1e-15);
    /// ```
    ///
    /// # Panics
    /// When the shapes are others.
    #[must_use]
    #[track_caller]
    pub fn ctc(&self, labels: &Self, per_label: bool, zero_infinity: bool) -> Self {
        self.graph.apply(Ctc { per_label, zero_infinity }, &[self, labels])
    }
}

/// Label sequences for the gradient check, which feeds 0, 1, 2, 0, 1, ...
fn sequences(rows_of: &Var, longest: usize) -> Var {
    rows_of.graph().index_input("labels", [rows_of.shape().dims()[0], longest])
}

gradient_cases! {
    "ctc" [[3, 4, 3]] |x| x[0].ctc(&sequences(&x[0], 2), false, false);
    "ctc, inside, per label" [[2, 5, 3], [2]] |x| (x[0].tanh() * 2.0).ctc(&sequences(&x[0], 4), true, false) * &x[1];
}
