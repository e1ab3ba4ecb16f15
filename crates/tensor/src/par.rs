//! `Par`: whether a loop over chunks uses one thread or rayon's pool, as a visible argument.

use std::array;

use rayon::iter::{IntoParallelIterator, ParallelIterator};

/// How a loop over chunks runs. The result is the same for both, and for any number of threads: the size of a
/// chunk is the caller's and never follows from the machine.
///
/// Entering the pool costs some microseconds; below about 100 000 cheap elements `Seq` is faster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Par {
    /// On the calling thread.
    #[default]
    Seq,
    /// On the current rayon pool.
    Rayon,
}

impl Par {
    /// Cuts equally long slices into chunks of `chunk` elements and calls `f(offset, writes, reads)` on each.
    ///
    /// ```
    /// use tunesmith_tensor::Par;
    /// let (mut value, mut velocity, gradient) = (vec![1.0f32; 1000], vec![0.0f32; 1000], vec![0.5f32; 1000]);
    /// Par::Rayon.for_each_chunk(256, [&mut value, &mut velocity], [&gradient], |_, [value, velocity], [gradient]| {
    ///     for i in 0..value.len() {
    ///         velocity[i] = 0.9 * velocity[i] + gradient[i];
    ///         value[i] -= velocity[i];
    ///     }
    /// });
    /// assert!(value.iter().all(|&v| v == 0.5));
    /// ```
    ///
    /// # Panics
    /// When `chunk` is zero or the lengths differ.
    #[track_caller]
    pub fn for_each_chunk<A: Send, B: Sync, const W: usize, const R: usize>(
        self,
        chunk: usize,
        writes: [&mut [A]; W],
        reads: [&[B]; R],
        f: impl Fn(usize, [&mut [A]; W], [&[B]; R]) + Sync,
    ) {
        assert!(chunk > 0, "for_each_chunk: the chunk size is zero");
        let mut lengths = writes.iter().map(|slice| slice.len()).chain(reads.iter().map(|slice| slice.len()));
        let length = lengths.next().unwrap_or(0);
        if let Some(other) = lengths.find(|&other| other != length) {
            panic!("for_each_chunk: lengths differ, {length} and {other}");
        }
        if length > 0 {
            self.halve(chunk, 0, length, writes, reads, &f);
        }
    }

    /// Calls `f` on the numbers `0..count` and collects the results in order.
    ///
    /// ```
    /// use tunesmith_tensor::Par;
    /// assert_eq!(Par::Rayon.map(4, |i| i * i), [0, 1, 4, 9]);
    /// ```
    pub fn map<R: Send>(self, count: usize, f: impl Fn(usize) -> R + Sync + Send) -> Vec<R> {
        match self {
            Par::Seq => (0..count).map(f).collect(),
            Par::Rayon => (0..count).into_par_iter().map(f).collect(),
        }
    }

    /// How many threads may run at once.
    ///
    /// ```
    /// use tunesmith_tensor::Par;
    /// assert_eq!(Par::Seq.threads(), 1);
    /// ```
    #[must_use]
    pub fn threads(self) -> usize {
        match self {
            Par::Seq => 1,
            Par::Rayon => rayon::current_num_threads(),
        }
    }

    /// Calls both, side by side where there is a pool, and returns both results.
    ///
    /// ```
    /// use tunesmith_tensor::Par;
    /// assert_eq!(Par::Rayon.join(|| 1, || "two"), (1, "two"));
    /// ```
    pub fn join<A: Send, B: Send>(
        self,
        left: impl FnOnce() -> A + Send,
        right: impl FnOnce() -> B + Send,
    ) -> (A, B) {
        match self {
            Par::Seq => (left(), right()),
            Par::Rayon => rayon::join(left, right),
        }
    }

    /// Splits at the chunk border nearest the middle until one chunk is left.
    fn halve<A: Send, B: Sync, const W: usize, const R: usize>(
        self,
        chunk: usize,
        offset: usize,
        length: usize,
        writes: [&mut [A]; W],
        reads: [&[B]; R],
        f: &(impl Fn(usize, [&mut [A]; W], [&[B]; R]) + Sync),
    ) {
        if length <= chunk {
            return f(offset, writes, reads);
        }
        let middle = length.div_ceil(chunk) / 2 * chunk;
        let mut halves = writes.map(|slice| slice.split_at_mut(middle));
        let left = halves.each_mut().map(|(left, _)| std::mem::take(left));
        let right = halves.map(|(_, right)| right);
        let read_left = array::from_fn(|i| &reads[i][..middle]);
        let read_right = array::from_fn(|i| &reads[i][middle..]);
        self.join(
            || self.halve(chunk, offset, middle, left, read_left, f),
            || self.halve(chunk, offset + middle, length - middle, right, read_right, f),
        );
    }
}
