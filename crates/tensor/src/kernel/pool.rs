//! Pooling of images `[rows, height, width, channels]`: the largest or the mean under windows, and the derivatives.
//!
//! Windows are clipped to the input when they are made, so that padding costs nothing here. All channels of a pixel are
//! treated side by side.

use std::ops::Range;

use super::{Real, vectorize};

/// The windows along one axis, one per output position, inside the input.
///
/// ```
/// use tunesmith_tensor::kernel::pool::Windows;
/// assert_eq!(Windows::sliding(5, 3, 2, 1, 1).unwrap().ranges(), [0..2, 1..4, 3..5]);
/// assert_eq!(Windows::adaptive(5, 2).unwrap().ranges(), [0..3, 2..5]);
/// assert!(Windows::sliding(2, 3, 1, 0, 0).is_none());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Windows {
    size: usize,
    ranges: Vec<Range<usize>>,
}

impl Windows {
    /// Windows of one size that move by `stride` over an axis with padding before and after it, clipped; `None` when none
    /// fits, or one would see nothing but padding.
    #[must_use]
    pub fn sliding(size: usize, window: usize, stride: usize, before: usize, after: usize) -> Option<Self> {
        let last = (size + before + after).checked_sub(window)?;
        if window == 0 || stride == 0 || before >= window || after >= window {
            return None;
        }
        let clipped = |start: usize| start.saturating_sub(before)..(start + window - before).min(size);
        let ranges: Vec<_> = (0..=last).step_by(stride).map(clipped).collect();
        ranges.iter().all(|range| !range.is_empty()).then_some(Self { size, ranges })
    }

    /// As many windows as wanted, of sizes as equal as possible, that cover the axis, as PyTorch's adaptive pooling cuts
    /// them; `None` when there is nothing to cover.
    #[must_use]
    pub fn adaptive(size: usize, wanted: usize) -> Option<Self> {
        let range = |i: usize| i * size / wanted..((i + 1) * size).div_ceil(wanted);
        (size > 0 && wanted > 0).then(|| Self { size, ranges: (0..wanted).map(range).collect() })
    }

    /// The window of each output position.
    #[must_use]
    pub fn ranges(&self) -> &[Range<usize>] {
        &self.ranges
    }

    /// The number of output positions.
    #[must_use]
    pub fn count(&self) -> usize {
        self.ranges.len()
    }

    /// The size of the input's axis.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }
}

/// The sizes of a pooling: channels, and windows along height and width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Windows along the height.
    pub rows: Windows,
    /// Windows along the width.
    pub columns: Windows,
    /// Channels.
    pub channels: usize,
    /// What a mean divides by; the pixels that are seen when it is `None`.
    pub divisor: Option<usize>,
}

impl Pool {
    /// Calls `f` with each output pixel and the input pixels under its window.
    #[inline]
    fn each_window(&self, images: usize, mut f: impl FnMut(usize, &mut dyn Iterator<Item = usize>, usize)) {
        let (height, width) = (self.rows.size, self.columns.size);
        let mut out = 0;
        for image in 0..images {
            for rows in &self.rows.ranges {
                for columns in &self.columns.ranges {
                    let mut pixels = rows.clone().flat_map(|y| {
                        let columns = columns.clone();
                        columns.map(move |x| (image * height + y) * width + x)
                    });
                    f(out, &mut pixels, rows.len() * columns.len());
                    out += 1;
                }
            }
        }
    }

    /// The images, from the number of elements of an input and an output.
    #[track_caller]
    fn images(&self, input: usize, output: usize) -> usize {
        let image = self.rows.size * self.columns.size * self.channels;
        let pooled = self.rows.count() * self.columns.count() * self.channels;
        let images = input.checked_div(image).unwrap_or(0);
        assert!(
            images * image == input && images * pooled == output,
            "pool: {input} elements of input and {output} of output are no images of {image} and {pooled}"
        );
        images
    }

    fn share(&self, seen: usize) -> f64 {
        1.0 / self.divisor.unwrap_or(seen) as f64
    }
}

/// The largest of each window: `y = max x`. NaN when one is NaN.
///
/// ```
/// use tunesmith_tensor::kernel::pool::{Pool, Windows, max};
/// let pairs = Windows::sliding(4, 2, 2, 0, 0).unwrap();
/// let one = Windows::sliding(1, 1, 1, 0, 0).unwrap();
/// let pool = Pool { rows: one, columns: pairs, channels: 1, divisor: None };
/// let mut y = [0.0; 2];
/// max(&pool, &[1.0, 5.0, 3.0, 2.0], &mut y);
/// assert_eq!(y, [5.0, 3.0]);
/// ```
///
/// # Panics
/// When the slices are not images of these sizes; so for all that follow.
#[track_caller]
pub fn max<T: Real>(pool: &Pool, x: &[T], y: &mut [T]) {
    let (images, channels) = (pool.images(x.len(), y.len()), pool.channels);
    vectorize(
        #[inline(always)]
        || {
            pool.each_window(images, |out, pixels, _| {
                let y = &mut y[out * channels..][..channels];
                y.fill(T::NEG_INFINITY);
                for pixel in pixels {
                    let x = &x[pixel * channels..][..channels];
                    y.iter_mut().zip(x).for_each(|(y, &x)| *y = y.max(x));
                }
            });
        },
    );
}

/// The derivative of [`max`] by `x`, given `gradient` by `y`: it goes to the first of the largest, as in PyTorch.
///
/// `left` is room for as many elements as there are channels.
#[track_caller]
pub fn max_back<T: Real>(pool: &Pool, x: &[T], y: &[T], gradient: &[T], by_x: &mut [T], left: &mut [T]) {
    let (images, channels) = (pool.images(x.len(), y.len()), pool.channels);
    by_x.fill(T::ZERO);
    let left = &mut left[..channels];
    vectorize(
        #[inline(always)]
        || {
            pool.each_window(images, |out, pixels, _| {
                let y = &y[out * channels..][..channels];
                left.copy_from_slice(&gradient[out * channels..][..channels]);
                for pixel in pixels {
                    let x = &x[pixel * channels..][..channels];
                    let by_x = &mut by_x[pixel * channels..][..channels];
                    for (((by_x, &x), &y), left) in by_x.iter_mut().zip(x).zip(y).zip(left.iter_mut()) {
                        let taken = if x == y { *left } else { T::ZERO };
                        *by_x += taken;
                        *left -= taken;
                    }
                }
            });
        },
    );
}

/// What stands in `from` where each window of `x` is largest: the derivative of [`max_back`] by its gradient.
///
/// `open` is room for as many elements as there are channels.
#[track_caller]
pub fn pick_max<T: Real>(pool: &Pool, x: &[T], y: &[T], from: &[T], picked: &mut [T], open: &mut [T]) {
    let (images, channels) = (pool.images(x.len(), y.len()), pool.channels);
    let open = &mut open[..channels];
    pool.each_window(images, |out, pixels, _| {
        let y = &y[out * channels..][..channels];
        let picked = &mut picked[out * channels..][..channels];
        picked.fill(T::ZERO);
        open.fill(T::ONE);
        for pixel in pixels {
            let at = pixel * channels..(pixel + 1) * channels;
            let values = x[at.clone()].iter().zip(&from[at]);
            for ((((&x, &from), &y), picked), open) in
                values.zip(y).zip(picked.iter_mut()).zip(open.iter_mut())
            {
                if x == y && *open == T::ONE {
                    (*picked, *open) = (from, T::ZERO);
                }
            }
        }
    });
}

/// The mean of each window.
#[track_caller]
pub fn mean<T: Real>(pool: &Pool, x: &[T], y: &mut [T]) {
    let (images, channels) = (pool.images(x.len(), y.len()), pool.channels);
    vectorize(
        #[inline(always)]
        || {
            pool.each_window(images, |out, pixels, seen| {
                let y = &mut y[out * channels..][..channels];
                y.fill(T::ZERO);
                for pixel in pixels {
                    let x = &x[pixel * channels..][..channels];
                    y.iter_mut().zip(x).for_each(|(y, &x)| *y += x);
                }
                let share = T::from_f64(pool.share(seen));
                y.iter_mut().for_each(|y| *y *= share);
            });
        },
    );
}

/// The derivative of [`mean`] by `x`, given `gradient` by `y`: every pixel of a window gets its share.
#[track_caller]
pub fn mean_back<T: Real>(pool: &Pool, gradient: &[T], by_x: &mut [T]) {
    let (images, channels) = (pool.images(by_x.len(), gradient.len()), pool.channels);
    by_x.fill(T::ZERO);
    vectorize(
        #[inline(always)]
        || {
            pool.each_window(images, |out, pixels, seen| {
                let gradient = &gradient[out * channels..][..channels];
                let share = T::from_f64(pool.share(seen));
                for pixel in pixels {
                    let by_x = &mut by_x[pixel * channels..][..channels];
                    by_x.iter_mut().zip(gradient).for_each(|(x, &g)| *x += g * share);
                }
            });
        },
    );
}
