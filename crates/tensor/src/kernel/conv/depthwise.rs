//! The convolution of every channel for itself, and its two transposes.

use super::Conv;
use crate::kernel::{Real, vectorize};

/// Every channel for itself: a row of channels times a row of weights at every tap.
pub(super) fn depthwise<T: Real>(conv: &Conv, x: &[T], weight: &[T], y: &mut [T]) {
    let channels = conv.outputs;
    for (pixel, y) in y.chunks_exact_mut(channels).enumerate() {
        y.fill(T::ZERO);
        conv.each_tap(pixel, |tap, from| {
            if let Some(from) = from {
                let (x, weight) = (&x[from * channels..][..channels], &weight[tap * channels..][..channels]);
                add_product(x, weight, y);
            }
        });
    }
}

pub(super) fn depthwise_back<T: Real>(conv: &Conv, y: &[T], weight: &[T], x: &mut [T]) {
    x.fill(T::ZERO);
    let channels = conv.outputs;
    for (pixel, y) in y.chunks_exact(channels).enumerate() {
        conv.each_tap(pixel, |tap, from| {
            if let Some(from) = from {
                let weight = &weight[tap * channels..][..channels];
                add_product(y, weight, &mut x[from * channels..][..channels]);
            }
        });
    }
}

pub(super) fn depthwise_weight<T: Real>(conv: &Conv, x: &[T], y: &[T], weight: &mut [T]) {
    let channels = conv.outputs;
    for (pixel, y) in y.chunks_exact(channels).enumerate() {
        conv.each_tap(pixel, |tap, from| {
            if let Some(from) = from {
                let x = &x[from * channels..][..channels];
                add_product(x, y, &mut weight[tap * channels..][..channels]);
            }
        });
    }
}

fn add_product<T: Real>(a: &[T], b: &[T], sum: &mut [T]) {
    vectorize(
        #[inline(always)]
        || {
            for ((sum, &a), &b) in sum.iter_mut().zip(a).zip(b) {
                *sum += a * b;
            }
        },
    );
}
