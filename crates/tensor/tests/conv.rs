//! Convolution against seven plain loops, its two transposes by what makes them transposes, and pooling likewise.

use proptest::prelude::*;
use tunesmith_tensor::kernel::conv::{Conv, convolve, convolve_back, convolve_weight};
use tunesmith_tensor::kernel::pool::{Pool, Windows, max, max_back, mean, mean_back, pick_max};

fn convolutions() -> impl Strategy<Value = Conv> {
    let pair = |range: std::ops::Range<usize>| (range.clone(), range).prop_map(|(a, b)| [a, b]);
    let sizes = (0..3_usize, pair(1..9), 1..4_usize, 1..4_usize, 1..4_usize);
    let moves = (pair(1..4), pair(1..4), pair(0..3), pair(0..3), pair(1..3), any::<bool>());
    (sizes, moves).prop_filter_map("the kernel fits", |(sizes, moves)| {
        let (rows, [height, width], channels, outputs, groups) = sizes;
        let (kernel, stride, before, after, dilation, depthwise) = moves;
        let (channels, outputs, groups) = if depthwise {
            (channels, channels, channels)
        } else {
            (channels * groups, outputs * groups, groups)
        };
        let conv = Conv {
            stride,
            padding: before,
            padding_after: Some(after),
            dilation,
            groups,
            ..Conv::new([rows, height, width, channels], kernel, outputs)
        };
        conv.problem().is_none().then_some(conv)
    })
}

fn numbers(count: usize, salt: f64) -> Vec<f64> {
    (0..count).map(|i| (i as f64 * 1.7 + salt).sin()).collect()
}

fn naive(conv: &Conv, x: &[f64], weight: &[f64]) -> Vec<f64> {
    let [rows, out_height, out_width, outputs] = conv.output().unwrap();
    let ([_, height, width, channels], [_, _, group, _]) = (conv.input, conv.weight());
    let mut y = vec![0.0; rows * out_height * out_width * outputs];
    for row in 0..rows {
        for (oy, ox) in (0..out_height).flat_map(|oy| (0..out_width).map(move |ox| (oy, ox))) {
            for output in 0..outputs {
                for (ky, kx) in (0..conv.kernel[0]).flat_map(|ky| (0..conv.kernel[1]).map(move |kx| (ky, kx)))
                {
                    let at = |o: usize, k: usize, axis: usize| {
                        (o * conv.stride[axis] + k * conv.dilation[axis]).checked_sub(conv.padding[axis])
                    };
                    let (Some(iy), Some(ix)) = (at(oy, ky, 0), at(ox, kx, 1)) else { continue };
                    if iy >= height || ix >= width {
                        continue;
                    }
                    for c in 0..group {
                        let channel = output / (outputs / conv.groups) * group + c;
                        let x = x[((row * height + iy) * width + ix) * channels + channel];
                        let w = weight[((ky * conv.kernel[1] + kx) * group + c) * outputs + output];
                        y[((row * out_height + oy) * out_width + ox) * outputs + output] += x * w;
                    }
                }
            }
        }
    }
    y
}

fn inner(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

proptest! {
    #[test]
    fn convolution_is_what_the_loops_say(conv in convolutions()) {
        let (x, w) = (numbers(conv.input.iter().product(), 0.1), numbers(conv.weight().iter().product(), 0.7));
        let wanted = naive(&conv, &x, &w);
        let g = numbers(wanted.len(), 1.3);
        // Old contents and rooms hold what must not be read.
        let mut y = vec![f64::NAN; wanted.len()];
        convolve(&conv, &x, &w, &mut y, &mut vec![f64::NAN; conv.scratch()]);
        for (found, wanted) in y.iter().zip(&wanted) {
            prop_assert!((found - wanted).abs() < 1e-12, "{found} is not {wanted}");
        }
        let (mut by_x, mut by_w) = (vec![f64::NAN; x.len()], vec![f64::NAN; w.len()]);
        convolve_back(&conv, &g, &w, &mut by_x, &mut vec![f64::NAN; conv.scratch_back()]);
        convolve_weight(&conv, &x, &g, &mut by_w, &mut vec![f64::NAN; conv.scratch_weight()]);
        // Linear in x and in w: the derivative along either is the value again.
        let whole = inner(&wanted, &g);
        prop_assert!((inner(&by_x, &x) - whole).abs() < 1e-10, "{} is not {whole}", inner(&by_x, &x));
        prop_assert!((inner(&by_w, &w) - whole).abs() < 1e-10, "{} is not {whole}", inner(&by_w, &w));
    }

    #[test]
    fn pooling_hands_back_what_it_took(
        sizes in (1..7_usize, 1..7_usize, 1..3_usize, 1..4_usize),
        moves in (1..4_usize, 1..4_usize, 0..3_usize),
    ) {
        let ((height, width, channels, images), (window, stride, padding)) = (sizes, moves);
        let windows = |size| Windows::sliding(size, window, stride, padding, padding);
        let (Some(rows), Some(columns)) = (windows(height), windows(width)) else { return Ok(()) };
        let pool = Pool { rows, columns, channels, divisor: None };
        let x = numbers(images * height * width * channels, 0.3);
        let count = images * pool.rows.count() * pool.columns.count() * channels;
        let (g, mut y) = (numbers(count, 0.9), vec![f64::NAN; count]);
        let (mut by_x, mut room) = (vec![f64::NAN; x.len()], vec![f64::NAN; channels]);
        mean(&pool, &x, &mut y);
        mean_back(&pool, &g, &mut by_x);
        prop_assert!((inner(&y, &g) - inner(&x, &by_x)).abs() < 1e-12);
        max(&pool, &x, &mut y);
        max_back(&pool, &x, &y, &g, &mut by_x, &mut room);
        prop_assert!((inner(&y, &g) - inner(&x, &by_x)).abs() < 1e-12);
        let mut picked = vec![f64::NAN; count];
        pick_max(&pool, &x, &y, &x, &mut picked, &mut room);
        prop_assert_eq!(picked, y);
    }
}
