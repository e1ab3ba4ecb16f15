//! Transforms of every scope compose: what a chain does equals what plain loops do.

use std::ops::Range;

use proptest::prelude::*;
use tunesmith_core::Seed;
use tunesmith_optim::plugin::*;
use tunesmith_optim::{
    GradientDescent, Layout, Optimizer, Pace, Parts, Segment, StateData, clip_by_global_norm,
};
use tunesmith_tensor::{DType, Par};

/// LAMB's scaling (You et al. 2020): an update as long as its parameter; it remembers the last ratio of each.
#[derive(Debug)]
struct TrustRatio;
impl Transform for TrustRatio {
    fn states(&self) -> Vec<StateSpec> {
        vec![StateSpec::per_tensor("ratio", |_| 1)]
    }
    fn scope(&self) -> Scope {
        Scope::Tensor
    }
    fn update<T: Real>(&self, _: &Step, chunk: Chunk<'_, T>) {
        let Parts { value, update, state: [ratio], .. } = chunk.parts();
        ratio[0] = T::from_f64(trust(value, update));
        update.iter_mut().for_each(|update| *update *= ratio[0]);
    }
}

/// The ratio of the norms, or 1 where one is zero.
fn trust<T: Real>(value: &[T], update: &[T]) -> f64 {
    let ratio = norm(value) / norm(update);
    if ratio.is_finite() && ratio > 0.0 { ratio } else { 1.0 }
}

fn norm<T: Real>(x: &[T]) -> f64 {
    x.iter().map(|x| x.to_f64() * x.to_f64()).sum::<f64>().sqrt()
}

/// A running mean with one number per row of a matrix, as Adafactor keeps.
#[derive(Debug)]
struct RowMean;
impl Transform for RowMean {
    fn states(&self) -> Vec<StateSpec> {
        vec![
            StateSpec::per_tensor("row", |shape| shape.first().copied().unwrap_or(1)),
            StateSpec::per_element("last"),
        ]
    }
    fn scope(&self) -> Scope {
        Scope::Tensor
    }
    fn update<T: Real>(&self, _: &Step, chunk: Chunk<'_, T>) {
        let Parts { segment, update, state: [row, last], .. } = chunk.parts();
        last.copy_from_slice(update);
        let width = update.len() / row.len();
        assert_eq!(row.len(), segment.shape.first().copied().unwrap_or(1));
        for (row, update) in row.iter_mut().zip(update.chunks_exact_mut(width)) {
            *row = (*row + update.iter().copied().sum::<T>() / T::from_usize(width)) / T::from_f64(2.0);
            update.fill(*row);
        }
    }
}

fn optimizer(chain: Chain, layout: &Layout) -> Box<dyn Optimizer> {
    let mut optimizer = GradientDescent { lr: 1.0 }.optimizer();
    optimizer.prepend(chain);
    optimizer.init(layout, DType::F64);
    optimizer
}

fn normal(seed: Seed, len: usize) -> Vec<f64> {
    let mut generator = seed.generator();
    (0..len).map(|_| generator.normal()).collect()
}

/// Runs a chain, and beside it a function that makes an update of a gradient; both start at the same values.
fn compare(chain: Chain, layout: &Layout, mut by_hand: impl FnMut(&[f64], &[f64]) -> Vec<f64>) {
    let mut optimizer = optimizer(chain, layout);
    let mut values = normal(Seed::new(1), layout.len());
    let mut expected = values.clone();
    for step in 1..6 {
        let gradient = normal(Seed::new(2).at(step), layout.len());
        optimizer.step(&mut values, &[&gradient], Pace::default(), Par::Rayon).unwrap();
        let update = by_hand(&expected, &gradient);
        expected.iter_mut().zip(update).for_each(|(x, update)| *x -= update);
        for (ours, theirs) in values.iter().zip(&expected) {
            assert!((ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0), "{ours} {theirs} in step {step}");
        }
    }
}

/// Several chunks, several tasks, small parameters between large ones, and padding.
fn layout() -> Layout {
    let segment = |name: &str, shape: &[usize], range: Range<usize>| Segment {
        name: name.into(),
        shape: shape.to_vec(),
        range,
    };
    Layout::new(
        vec![
            segment("a", &[3, 2], 0..6),
            segment("b", &[], 16..17),
            segment("c", &[100, 300], 32..30_032),
            segment("d", &[4], 30_032..30_036),
            segment("e", &[70_000], 30_048..100_048),
        ],
        100_064,
    )
}

fn each_segment(layout: &Layout, f: impl FnMut(&Segment)) {
    layout.segments().iter().for_each(f);
}

#[test]
fn the_global_norm_is_of_all_elements() {
    let layout = layout();
    compare(ClipByGlobalNorm::new(2.5).into(), &layout, |_, gradient| {
        let mut update = gradient.to_vec();
        clip_by_global_norm(&mut [&mut update], 2.5);
        update
    });
}

#[test]
fn the_global_norm_sees_what_stands_before_it_with_and_without_state() {
    let layout = layout();
    let mut sum = vec![0.0; layout.len()];
    let momentum = Momentum { momentum: 0.5, dampening: 0.0, nesterov: false };
    let chain = chain!(
        ClipByValue::new(1.0),
        ClipByGlobalNorm::new(5.0),
        momentum,
        ClipByGlobalNorm::new(3.0),
        ClipByValue::new(0.02)
    );
    compare(chain, &layout, |_, gradient| {
        let mut update: Vec<f64> = gradient.iter().map(|g| g.clamp(-1.0, 1.0)).collect();
        clip_by_global_norm(&mut [&mut update], 5.0);
        sum.iter_mut().zip(&update).for_each(|(sum, update)| *sum = 0.5 * *sum + update);
        let mut update = sum.clone();
        clip_by_global_norm(&mut [&mut update], 3.0);
        update.iter().map(|u| u.clamp(-0.02, 0.02)).collect()
    });
}

#[test]
fn a_transform_of_whole_parameters_sees_each_with_its_shape_and_state() {
    let layout = layout();
    let mut sum = vec![0.0; layout.len()];
    let momentum = Momentum { momentum: 0.9, dampening: 0.0, nesterov: false };
    let chain = chain!(momentum, TrustRatio, AddL2::new(0.1), TrustRatio);
    compare(chain, &layout, |values, gradient| {
        sum.iter_mut().zip(gradient).for_each(|(sum, g)| *sum = 0.9 * *sum + g);
        let mut update = sum.clone();
        for decay in [0.0, 0.1] {
            update.iter_mut().zip(values).for_each(|(update, value)| *update += decay * value);
            each_segment(&layout, |segment| {
                let ratio = trust(&values[segment.range.clone()], &update[segment.range.clone()]);
                update[segment.range.clone()].iter_mut().for_each(|update| *update *= ratio);
            });
        }
        update
    });
}

#[test]
fn state_per_parameter_is_as_large_as_declared_and_named_apart() {
    let layout = Layout::packed([("w", vec![3, 4]), ("b", vec![4]), ("s", vec![])]);
    let mut optimizer = optimizer(chain!(RowMean, RowMean), &layout);
    assert_eq!(optimizer.state_bytes(), 8 * 2 * (3 + 4 + 1 + layout.len()));
    let mut values = vec![0.0; layout.len()];
    optimizer.step(&mut values, &[&vec![1.0; layout.len()]], Pace::default(), Par::Seq).unwrap();
    let mut seen = Vec::new();
    optimizer.visit(&mut |entry| match (entry.segment, entry.data) {
        (Some(segment), StateData::F64(data)) => {
            seen.push((entry.name.to_owned(), segment.name.clone(), data.len(), data[0]));
        }
        (segment, data) => assert_eq!((entry.name, segment, data), ("count", None, StateData::Count(&mut 1))),
    });
    let row = |name: &str, segment: &str, len: usize, x: f64| (name.to_owned(), segment.to_owned(), len, x);
    assert_eq!(seen[..3], [row("row", "w", 3, 0.5), row("row", "b", 4, 0.5), row("row", "s", 1, 0.5)]);
    assert_eq!(
        seen[6..9],
        [row("row_2", "w", 3, 0.25), row("row_2", "b", 4, 0.25), row("row_2", "s", 1, 0.25)]
    );
    assert_eq!(values[0], -0.25);
}

#[test]
fn penalties_touch_the_selected_parameters_alone() {
    let layout = layout();
    let chain = chain!(AddL2::new(0.1).only(Segment::is_weight), AddL1::new(0.01).only(|s| s.name == "d"));
    compare(chain, &layout, |values, gradient| {
        let mut update = gradient.to_vec();
        each_segment(&layout, |segment| {
            for i in segment.range.clone() {
                update[i] += if segment.shape.len() >= 2 { 0.1 * values[i] } else { 0.0 };
                update[i] += if segment.name == "d" { 0.01 * values[i].signum() } else { 0.0 };
            }
        });
        update
    });
}

#[test]
fn l1_pulls_towards_zero_and_leaves_zero_alone() {
    let layout = Layout::packed([("x", vec![3])]);
    let mut optimizer = optimizer(AddL1::new(0.1).into(), &layout);
    let mut values = [1.0, 0.0, -1.0];
    optimizer.step(&mut values, &[&[0.0; 3]], Pace::default(), Par::Seq).unwrap();
    assert_eq!(values, [0.9, 0.0, -0.9]);
}

#[test]
fn a_step_is_refused_before_a_chain_with_barriers_changes_anything() {
    let layout = layout();
    let momentum = Momentum { momentum: 0.5, dampening: 0.0, nesterov: false };
    let mut optimizer = optimizer(chain!(momentum, ClipByGlobalNorm::new(1.0), TrustRatio), &layout);
    let mut values = normal(Seed::new(1), layout.len());
    let mut gradient = normal(Seed::new(2), layout.len());
    optimizer.step(&mut values, &[&gradient], Pace::default(), Par::Seq).unwrap();
    let before = values.clone();
    gradient[100_000] = f64::NAN;
    let error = optimizer.step(&mut values, &[&gradient], Pace::default(), Par::Seq).unwrap_err();
    assert!(error.to_string().starts_with("the gradient of `e` is NaN"), "{error}");
    assert_eq!((values, optimizer.count()), (before, 1));
}

#[test]
#[should_panic(expected = "so its scope must be `Tensor`, not Element")]
fn state_per_parameter_needs_the_scope_tensor() {
    #[derive(Debug)]
    struct Confused;
    impl Transform for Confused {
        fn states(&self) -> Vec<StateSpec> {
            vec![StateSpec::per_tensor("one", |_| 1)]
        }
        fn update<T: Real>(&self, _: &Step, _: Chunk<'_, T>) {}
    }
    optimizer(Confused.into(), &Layout::packed([("x", vec![1])]));
}

#[test]
#[should_panic(expected = "step: the layout has 2 elements, a gradient 3")]
fn a_slab_of_the_wrong_length_is_the_callers_mistake() {
    let mut optimizer = optimizer(Chain::new(), &Layout::packed([("x", vec![2])]));
    let _ = optimizer.step(&mut [0.0; 2], &[&[0.0; 3]], Pace::default(), Par::Seq);
}

proptest! {
    #[test]
    fn a_clipped_gradient_keeps_its_direction_and_never_exceeds_the_norm(
        gradient in prop::collection::vec(-1e3..1e3_f64, 1..50), max_norm in 1e-3..1e3,
    ) {
        let mut clipped = gradient.clone();
        let before = clip_by_global_norm(&mut [&mut clipped], max_norm);
        let after = norm(&clipped);
        prop_assert!(after <= max_norm * (1.0 + 1e-12) && after <= before * (1.0 + 1e-12));
        for (a, b) in gradient.iter().zip(&clipped) {
            prop_assert!((a * after - b * before).abs() <= 1e-9 * before * after.max(1.0));
        }
    }

    #[test]
    fn an_f32_norm_does_not_overflow(size in 1e20f32..1e30) {
        let mut gradient = [size, -size];
        let norm = clip_by_global_norm(&mut [&mut gradient], 1.0);
        prop_assert!((norm / (f64::from(size) * 2f64.sqrt()) - 1.0).abs() < 1e-6);
        prop_assert!((f64::from(gradient[0]) - 0.5f64.sqrt()).abs() < 1e-6);
    }
}
