//! Transforms of every scope compose: what a chain does equals what plain loops do.

use std::ops::Range;

use proptest::prelude::*;
use tunesmith_core::Seed;
use tunesmith_optim::plugin::*;
use tunesmith_optim::{
    GradientDescent, Layout, Optimizer, Pace, Segment, Sgd, StateData, clip_by_global_norm,
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
fn a_constrained_norm_holds_after_every_step_whatever_the_rule_did() {
    let layout = Layout::packed([("w", vec![5, 4]), ("k", vec![3, 2, 2]), ("b", vec![5])]);
    for (constraint, least) in [(ConstrainNorm::at_most(0.7), 0.0), (ConstrainNorm::unit(), 1.0)] {
        let most = if least > 0.0 { 1.0 } else { 0.7 };
        let mut optimizer = Sgd { lr: 0.3, momentum: 0.5, ..Sgd::default() }.optimizer();
        optimizer.append(constraint.into());
        optimizer.init(&layout, DType::F64);
        let mut values = normal(Seed::new(1), layout.len());
        for step in 1..20 {
            let gradient = normal(Seed::new(2).at(step), layout.len());
            optimizer.step(&mut values, &[&gradient], Pace::default(), Par::Seq).unwrap();
            let rows = values[..32].chunks(4).map(norm);
            assert!(rows.into_iter().all(|norm| least - 1e-9 <= norm && norm <= most + 1e-9), "step {step}");
        }
        assert!(norm(&values[32..]) > most, "vectors are free");
    }
}

#[test]
fn the_orthogonal_penalty_is_the_gradient_of_what_it_says() {
    // |W W' - I|² of wide and |W' W - I|² of tall weights, by central differences.
    let penalty = |w: &[f64], rows: usize, columns: usize| {
        let (short, long) = (rows.min(columns), rows.max(columns));
        let at = |i: usize, k: usize| if rows <= columns { w[i * columns + k] } else { w[k * columns + i] };
        let product = |i, j| (0..long).map(|k| at(i, k) * at(j, k)).sum::<f64>() - f64::from(i == j);
        (0..short)
            .flat_map(|i| (0..short).map(move |j| (i, j)))
            .map(|(i, j)| product(i, j).powi(2))
            .sum::<f64>()
    };
    for (rows, columns) in [(2, 5), (5, 2), (3, 3), (1, 4)] {
        let layout = Layout::packed([("w", vec![rows, columns])]);
        let mut optimizer = optimizer(AddOrthogonality::new(0.5).into(), &layout);
        let before = normal(Seed::new(3), layout.len());
        let mut after = before.clone();
        optimizer.step(&mut after, &[&vec![0.0; layout.len()]], Pace::default(), Par::Seq).unwrap();
        for i in 0..layout.len() {
            let beside = |d: f64| {
                let mut w = before.clone();
                w[i] += d;
                0.5 * penalty(&w, rows, columns)
            };
            let slope = (beside(1e-5) - beside(-1e-5)) / 2e-5;
            assert!(
                (before[i] - after[i] - slope).abs() < 1e-6 * slope.abs().max(1.0),
                "[{rows}, {columns}]"
            );
        }
    }
}

#[test]
fn noise_follows_from_seed_name_and_step_and_fades() {
    let run = |names: [&str; 2], seed: u64| {
        let layout = Layout::packed(names.map(|name| (name, vec![2000])));
        let mut optimizer =
            optimizer(AddNoise { eta: 0.25, gamma: 1.0, seed: Seed::new(seed) }.into(), &layout);
        let mut steps = Vec::new();
        for _ in 0..4 {
            let mut values = vec![0.0; layout.len()];
            optimizer.step(&mut values, &[&vec![0.0; layout.len()]], Pace::default(), Par::Rayon).unwrap();
            steps.push(values);
        }
        steps
    };
    let (one, other) = (run(["a", "b"], 1), run(["b", "a"], 1));
    assert_eq!(one[3][..2000], other[3][2000..]);
    assert_ne!(one[0][..2000], one[0][2000..]);
    assert_ne!(one[0], run(["a", "b"], 2)[0]);
    for (step, values) in one.iter().enumerate() {
        let deviation = norm(values) / 4000_f64.sqrt();
        assert!((deviation / (0.5 / (step as f64 + 1.0).sqrt()) - 1.0).abs() < 0.05, "{deviation}");
    }
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
