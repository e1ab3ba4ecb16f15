//! Rows of large tables: a step that is told which rows a gradient touches does the same in less, and with sparse rows it
//! leaves the others alone.

use proptest::prelude::*;
use tunesmith_core::Seed;
use tunesmith_optim::{
    Adagrad, Adam, AdamW, ClipByGlobalNorm, Element, Gradient, Layout, Optimizer, Pace, Rule, Sgd, StateData,
    TouchedRows,
};
use tunesmith_tensor::{DType, Par};

/// Two tables with vectors between and behind them.
fn layout(rows: usize, width: usize) -> Layout {
    Layout::packed([
        ("bias", vec![5]),
        ("words", vec![rows, width]),
        ("kernel", vec![3, 7]),
        ("users", vec![40, 3]),
        ("last", vec![2]),
    ])
}

/// The places of the tables in the layout.
const TABLES: [usize; 2] = [1, 3];

fn normal<T: Element>(seed: Seed, count: usize) -> Vec<T> {
    let mut generator = seed.generator();
    (0..count).map(|_| T::from_f64(generator.normal())).collect()
}

/// Shards of a gradient that touches few rows of the tables, and which.
fn gradient<T: Element>(layout: &Layout, seed: Seed, met: usize) -> (Vec<Vec<T>>, Vec<TouchedRows>) {
    let mut shards: Vec<Vec<T>> =
        (0..2).map(|shard| normal(seed.named("dense").at(shard), layout.len())).collect();
    let mut generator = seed.named("rows").generator();
    let touched = TABLES.map(|segment| {
        let place = &layout.segments()[segment];
        let width = place.shape[1];
        let mut union = Vec::new();
        for shard in &mut shards {
            let mut rows: Vec<u32> = (0..met).map(|_| generator.below(place.shape[0] - 2) as u32).collect(); // two are never met
            rows.sort_unstable();
            rows.dedup();
            for row in (0..place.shape[0]).filter(|&row| rows.binary_search(&(row as u32)).is_err()) {
                shard[place.range.start + row * width..][..width].fill(T::ZERO);
            }
            union.extend(rows);
        }
        union.sort_unstable();
        union.dedup();
        TouchedRows { segment, rows: union }
    });
    (shards, touched.into())
}

/// Everything an optimizer and its values are, to the bit.
fn everything<T: Element>(optimizer: &mut dyn Optimizer, values: &[T]) -> Vec<u64> {
    let mut all: Vec<u64> = values.iter().map(|x| x.to_f64().to_bits()).collect();
    optimizer.visit(&mut |entry| match entry.data {
        StateData::F32(data) => all.extend(data.iter().map(|x| u64::from(x.to_bits()))),
        StateData::F64(data) => all.extend(data.iter().map(|x| x.to_bits())),
        StateData::Count(count) => all.push(*count),
        other => panic!("{other:?}"),
    });
    all
}

type Make = fn() -> Box<dyn Optimizer>;

/// Whether sparse rows change nothing, and the rule.
fn rules() -> Vec<(bool, Make)> {
    fn clipped(mut rule: Box<dyn Optimizer>) -> Box<dyn Optimizer> {
        rule.prepend(ClipByGlobalNorm::new(1.0).into());
        rule
    }
    vec![
        (true, || Sgd { lr: 0.1, ..Sgd::default() }.optimizer()),
        (true, || clipped(Sgd { lr: 0.1, ..Sgd::default() }.optimizer())),
        (true, || Adagrad::default().optimizer()),
        (true, || clipped(Adagrad { initial_accumulator_value: 0.1, ..Adagrad::default() }.optimizer())),
        (true, || Adagrad { dialect: "keras".into(), ..Adagrad::default() }.optimizer()),
        (false, || Sgd { lr: 0.1, momentum: 0.9, ..Sgd::default() }.optimizer()),
        (false, || Sgd { lr: 0.1, weight_decay: 0.1, ..Sgd::default() }.optimizer()),
        (false, || Adam::default().optimizer()),
        (false, || clipped(Adam { amsgrad: true, ..Adam::default() }.optimizer())),
        (false, || AdamW { dialect: "keras".into(), ..AdamW::default() }.optimizer()),
    ]
}

/// Takes steps, with the rows said or not.
fn run<T: Element>(make: Make, layout: &Layout, met: usize, rows: bool, par: Par) -> Vec<u64> {
    let mut optimizer = make();
    optimizer.init(layout, T::DTYPE);
    let mut values = normal::<T>(Seed::new(0), layout.len());
    for step in 0..4 {
        let (shards, touched) = gradient::<T>(layout, Seed::new(1).at(step), met);
        let slices: Vec<&[T]> = shards.iter().map(|shard| &shard[..]).collect();
        let touched = if rows { &touched[..] } else { &[] };
        let gradient = Gradient { shards: &slices, touched };
        optimizer.step_sparse(&mut values, gradient, Pace::default(), par).unwrap();
    }
    everything(&mut *optimizer, &values)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// What is known of a gradient changes no bit, whatever the rule; nor do sparse rows where nothing moves by itself.
    #[test]
    fn known_rows_change_no_bit(rows in 4_usize..600, width in 1_usize..40, met in 0_usize..20) {
        let dense = layout(rows, width);
        let sparse = dense.clone().sparse(|segment| segment.name == "words");
        for (same, make) in rules() {
            let single = run::<f32>(make, &dense, met, false, Par::Seq);
            prop_assert!(run::<f32>(make, &dense, met, true, Par::Seq) == single, "{:?}", make());
            let double = run::<f64>(make, &dense, met, false, Par::Seq);
            prop_assert!(run::<f64>(make, &dense, met, true, Par::Seq) == double, "{:?}", make());
            if same {
                prop_assert!(run::<f32>(make, &sparse, met, true, Par::Seq) == single, "{:?}", make());
            }
        }
    }

    /// A row that no batch meets stays as it is with its state, and the met ones go as they would in a table of their own.
    #[test]
    fn rows_that_are_not_met_stay_and_others_do_not_notice(
        rows in 4_usize..600, width in 1_usize..40, met in 1_usize..20,
    ) {
        let whole = layout(rows, width);
        for (_, make) in rules() {
            let (_, touched) = gradient::<f32>(&whole, Seed::new(2), met);
            let (segment, table) = (whole.segments()[1].range.clone(), &touched[0].rows);
            let small = Layout::packed([("words", vec![table.len(), width])]).sparse(|_| true);
            let alone = Layout::packed([("words", vec![rows, width])]).sparse(|_| true);
            let (mut large_rule, mut small_rule) = (make(), make());
            large_rule.init(&alone, DType::F32);
            small_rule.init(&small, DType::F32);
            let start = normal::<f32>(Seed::new(0), segment.len());
            let pick = |slab: &[f32]| -> Vec<f32> {
                table.iter().flat_map(|&row| slab[row as usize * width..][..width].to_vec()).collect()
            };
            let (mut large, mut few) = (start.clone(), pick(&start));
            let all: Vec<u32> = (0..table.len() as u32).collect();
            for step in 0..3 {
                let own = normal::<f32>(Seed::new(3).at(step), few.len());
                let mut slab = vec![0.0; large.len()];
                for (i, &row) in table.iter().enumerate() {
                    slab[row as usize * width..][..width].copy_from_slice(&own[i * width..][..width]);
                }
                let of_large = [TouchedRows { segment: 0, rows: table.clone() }];
                let of_small = [TouchedRows { segment: 0, rows: all.clone() }];
                let (slab, own) = ([&slab[..]], [&own[..]]);
                let pace = Pace::default();
                large_rule
                    .step_sparse(&mut large, Gradient { shards: &slab, touched: &of_large }, pace, Par::Seq)
                    .unwrap();
                small_rule
                    .step_sparse(&mut few, Gradient { shards: &own, touched: &of_small }, pace, Par::Seq)
                    .unwrap();
            }
            // A norm adds the same terms in another order.
            let close = |a: &f32, b: &f32| (a - b).abs() <= 1e-5 * a.abs().max(1.0);
            prop_assert!(pick(&large).iter().zip(&few).all(|(a, b)| close(a, b)), "{:?}", large_rule);
            for row in (0..rows as u32).filter(|row| !table.contains(row)) {
                let place = row as usize * width..(row as usize + 1) * width;
                prop_assert_eq!(&large[place.clone()], &start[place]);
            }
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let dense = layout(4_200, 64);
    let sparse = dense.clone().sparse(|segment| segment.name == "words");
    for (_, make) in rules().into_iter().skip(1).step_by(3) {
        for layout in [&dense, &sparse] {
            let alone = run::<f32>(make, layout, 800, true, Par::Seq);
            for threads in [2, 3] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                let with = pool.install(|| run::<f32>(make, layout, 800, true, Par::Rayon));
                assert!(with == alone, "{threads} threads, {:?}", make());
            }
        }
    }
}

#[test]
fn a_gradient_that_is_not_finite_in_a_touched_row_is_refused() {
    let layout = layout(10, 2).sparse(|segment| segment.name == "words");
    let mut adam = Adam::default().optimizer();
    adam.init(&layout, DType::F64);
    let mut values = vec![1.0; layout.len()];
    let mut shard = vec![0.0; layout.len()];
    shard[5 + 2 * 4 + 1] = f64::NAN;
    let touched = [TouchedRows { segment: 1, rows: vec![2, 4] }];
    let gradient = Gradient { shards: &[&shard], touched: &touched };
    let error = adam.step_sparse(&mut values, gradient, Pace::default(), Par::Seq).unwrap_err();
    assert!(error.to_string().contains("`words`"), "{error}");
    assert!(values.iter().all(|&x| x == 1.0));
}

#[test]
#[should_panic(expected = "the rows of `words` are sparse")]
fn sparse_rows_must_be_said() {
    let layout = layout(10, 2).sparse(|segment| segment.name == "words");
    let mut sgd = Sgd::default().optimizer();
    sgd.init(&layout, DType::F64);
    let gradient = vec![0.0; layout.len()];
    let _ = sgd.step(&mut vec![1.0; layout.len()], &[&gradient], Pace::default(), Par::Seq);
}

#[test]
#[should_panic(expected = "`adafactor` with `Factored` needs to see all rows")]
fn a_rule_that_needs_all_rows_is_refused() {
    let layout = layout(10, 2).sparse(|segment| segment.name == "words");
    tunesmith_optim::Adafactor::default().optimizer().init(&layout, DType::F32);
}
