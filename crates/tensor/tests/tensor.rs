//! `Tensor` against a naive model (a shape and a function of the index), over random shapes and chains of views.

use proptest::prelude::{
    Just, ProptestConfig, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest,
};
use tunesmith_tensor::{DType, Shape, Tensor};

/// All indices of a shape in row-major order.
fn indices(shape: &[usize]) -> Vec<Vec<usize>> {
    let mut all = vec![vec![]];
    for &size in shape {
        all = all.iter().flat_map(|index| (0..size).map(move |i| [&index[..], &[i]].concat())).collect();
    }
    all
}

/// The tensor read through `at`, one index at a time.
fn read(tensor: &Tensor) -> Vec<f64> {
    indices(&tensor.shape()).iter().map(|index| tensor.at(index)).collect()
}

fn numbered(shape: &[usize]) -> Tensor {
    Tensor::arange(0.0f64, Shape::from(shape).numel() as f64, 1.0).reshape(shape)
}

fn shape(axes: std::ops::Range<usize>) -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(1usize..5, axes)
}

/// One step of a chain of views; the numbers are reduced to what the tensor at hand allows.
#[derive(Clone, Debug)]
enum Step {
    Transpose(usize, usize),
    Slice(usize, usize, usize, usize),
    Select(usize, usize),
    Unsqueeze(usize),
    Expand(usize),
    Reshape(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let n = || 0usize..64;
    prop_oneof![
        (n(), n()).prop_map(|(a, b)| Step::Transpose(a, b)),
        (n(), n(), n(), 1usize..4).prop_map(|(axis, a, b, by)| Step::Slice(axis, a, b, by)),
        (n(), n()).prop_map(|(axis, i)| Step::Select(axis, i)),
        n().prop_map(Step::Unsqueeze),
        (2usize..4).prop_map(Step::Expand),
        n().prop_map(Step::Reshape),
    ]
}

/// Takes the step, and says for an index of the result which index of the argument it shows.
#[expect(clippy::type_complexity, reason = "a tensor and the map of indices that explains it")]
fn take(x: &Tensor, step: &Step) -> Option<(Tensor, Box<dyn Fn(&[usize]) -> Vec<usize>>)> {
    let (shape, n) = (x.shape().to_vec(), x.ndim());
    if n == 0 && !matches!(step, Step::Unsqueeze(_) | Step::Expand(_)) {
        return None;
    }
    Some(match *step {
        Step::Transpose(a, b) => {
            let (a, b) = (a % n, b % n);
            let back = move |index: &[usize]| {
                let mut index = index.to_vec();
                index.swap(a, b);
                index
            };
            (x.transpose(a as isize, b as isize), Box::new(back))
        }
        Step::Slice(axis, a, b, by) => {
            let axis = axis % n;
            let (a, b) = (a % (shape[axis] + 1), b % (shape[axis] + 1));
            let (start, end) = (a.min(b), a.max(b));
            let back = move |index: &[usize]| {
                let mut index = index.to_vec();
                index[axis] = start + index[axis] * by;
                index
            };
            (x.slice(axis as isize, start..end, by), Box::new(back))
        }
        Step::Select(axis, i) => {
            let axis = axis % n;
            if shape[axis] == 0 {
                return None;
            }
            let i = i % shape[axis];
            let back = move |index: &[usize]| {
                let mut index = index.to_vec();
                index.insert(axis, i);
                index
            };
            (x.select(axis as isize, i), Box::new(back))
        }
        Step::Unsqueeze(axis) => {
            let axis = axis % (n + 1);
            if n == 8 {
                return None;
            }
            let back = move |index: &[usize]| {
                let mut index = index.to_vec();
                index.remove(axis);
                index
            };
            (x.unsqueeze(axis as isize), Box::new(back))
        }
        Step::Expand(times) => {
            if n == 8 || x.numel() > 2000 {
                return None;
            }
            (x.expand(&[&[times], &shape[..]].concat()[..]), Box::new(|index| index[1..].to_vec()))
        }
        Step::Reshape(k) => {
            // Merge two neighbouring axes, or split off an axis of one.
            let k = k % n;
            let mut new = shape.clone();
            if k + 1 < n {
                let size = new.remove(k + 1);
                new[k] *= size;
            }
            let (old, flat) = (shape, Shape::from(&new[..]));
            let back = move |index: &[usize]| {
                let mut place = index.iter().zip(flat.iter()).fold(0, |place, (i, size)| place * size + i);
                let mut index = vec![0; old.len()];
                for (i, size) in index.iter_mut().zip(&old).rev() {
                    *i = place % size;
                    place /= size;
                }
                index
            };
            (x.reshape(&new[..]), Box::new(back))
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn chains_of_views_show_the_right_elements(start in shape(0..5), steps in prop::collection::vec(step(), 1..7)) {
        let mut x = numbered(&start);
        for step in &steps {
            let Some((next, back)) = take(&x, step) else { continue };
            let want: Vec<f64> = indices(&next.shape()).iter().map(|index| x.at(&back(index))).collect();
            prop_assert_eq!(read(&next), want.clone(), "{:?} of shape {}", step, x.shape());
            prop_assert_eq!(next.to_vec::<f64>(), want.clone());
            prop_assert_eq!(next.cast(DType::I64).to_vec::<f64>(), want.clone());
            let copy = next.contiguous();
            prop_assert_eq!(copy.as_slice::<f64>(), Some(&want[..]));
            x = next;
        }
    }

    #[test]
    fn permuting_and_back_is_nothing(start in shape(1..5), order in Just(vec![0isize, 1, 2, 3]).prop_shuffle()) {
        let x = numbered(&start);
        let order: Vec<isize> = order.into_iter().filter(|&axis| (axis as usize) < x.ndim()).collect();
        let mut back = vec![0isize; order.len()];
        for (new, &old) in order.iter().enumerate() {
            back[old as usize] = new as isize;
        }
        prop_assert_eq!(x.permute(&order).permute(&back).to_vec::<f64>(), x.to_vec::<f64>());
    }

    /// Every pair of broadcasting shapes, among them those with loops of their own: rows, columns, numbers.
    #[test]
    fn binary_operations_broadcast(
        whole in shape(1..5), keep_a in any::<[bool; 4]>(), keep_b in any::<[bool; 4]>(), short in 0usize..3, flip: bool,
    ) {
        let squash = |keep: [bool; 4]| -> Vec<usize> {
            whole.iter().zip(keep).map(|(&size, keep)| if keep { size } else { 1 }).collect()
        };
        let (a, b) = (squash(keep_a), squash(keep_b));
        let a = numbered(&a[short.min(a.len())..]);
        let b = numbered(&b) * 2.0 + 1.0;
        let (a, b) = if flip { (b, a) } else { (a, b) };
        let shape = a.shape().broadcast(&b.shape()).expect("both are squashed from one shape");
        let (wide_a, wide_b) = (read(&a.expand(shape)), read(&b.expand(shape)));
        type Operation = (fn(&Tensor, &Tensor) -> Tensor, fn(f64, f64) -> f64);
        let operations: [Operation; 6] = [
            (|a, b| a + b, |a, b| a + b),
            (|a, b| a - b, |a, b| a - b),
            (|a, b| a * b, |a, b| a * b),
            (|a, b| a / b, |a, b| a / b),
            (Tensor::maximum, f64::max),
            (Tensor::gt, |a, b| f64::from(u8::from(a > b))),
        ];
        for (of_tensors, of_numbers) in operations {
            let want: Vec<f64> = wide_a.iter().zip(&wide_b).map(|(&a, &b)| of_numbers(a, b)).collect();
            let got = of_tensors(&a, &b);
            prop_assert_eq!(got.shape(), shape);
            let same = got.to_vec::<f64>().iter().zip(&want).all(|(a, b)| a == b || (a.is_nan() && b.is_nan()));
            prop_assert!(same, "{} with {}: {:?}, not {:?}", a.shape(), b.shape(), got, want);
        }
        let integers = &a.cast(DType::I64) + &b.cast(DType::I64);
        prop_assert_eq!(integers.dtype(), DType::I64);
        prop_assert_eq!(integers.to_vec::<f64>(), (&a + &b).to_vec::<f64>());
    }

    #[test]
    fn reductions_are_the_naive_loops(start in shape(1..5), chosen in any::<[bool; 4]>(), transposed: bool, keepdim: bool) {
        let x = numbered(&start);
        let x = if transposed { x.transpose(0, -1) } else { x };
        let axes: Vec<usize> = (0..x.ndim()).filter(|&axis| chosen[axis]).collect();
        let signed: Vec<isize> = axes.iter().map(|&axis| axis as isize - x.ndim() as isize).collect();
        let kept = |index: &[usize]| -> Vec<usize> {
            let places = index.iter().enumerate().filter(|(axis, _)| keepdim || !axes.contains(axis));
            places.map(|(axis, &i)| if axes.contains(&axis) { 0 } else { i }).collect()
        };
        let check = |got: &Tensor, fold: &dyn Fn(&[f64]) -> f64| {
            for index in indices(&got.shape()) {
                let group: Vec<f64> =
                    indices(&x.shape()).iter().filter(|all| kept(all) == index).map(|all| x.at(all)).collect();
                assert!((got.at(&index) - fold(&group)).abs() < 1e-9, "{got} at {index:?} of {x}");
            }
        };
        let mean = |group: &[f64]| group.iter().sum::<f64>() / group.len() as f64;
        let largest = |group: &[f64]| group.iter().copied().fold(f64::MIN, f64::max);
        check(&x.sum_axes(&signed, keepdim), &|group| group.iter().sum());
        check(&x.cast(DType::I64).sum_axes(&signed, keepdim), &|group| group.iter().sum());
        check(&x.mean_axes(&signed, keepdim), &mean);
        check(&x.max_axes(&signed, keepdim), &largest);
        check(&x.cast(DType::I64).max_axes(&signed, keepdim), &largest);
        check(&x.min_axes(&signed, keepdim), &|group| group.iter().copied().fold(f64::MAX, f64::min));
        check(&x.norm_axes(&signed, keepdim), &|group| group.iter().map(|x| x * x).sum::<f64>().sqrt());
        check(&x.var_axes(&signed, 0, keepdim), &|group| {
            group.iter().map(|x| (x - mean(group)).powi(2)).sum::<f64>() / group.len() as f64
        });
        if let [axis] = signed[..] {
            let place = |group: &[f64]| group.iter().position(|&x| x == largest(group)).map_or(-1.0, |i| i as f64);
            check(&x.argmax(axis, keepdim), &place);
            check(&x.cast(DType::I64).argmax(axis, keepdim), &place);
            let total = |group: &[f64]| largest(group) + group.iter().map(|x| (x - largest(group)).exp()).sum::<f64>().ln();
            check(&x.logsumexp(axis, keepdim), &total);
            prop_assert!(x.softmax(axis).sum_axes(&[axis], keepdim).all_close(&x.sum_axes(&[axis], keepdim).map(|_| 1.0), 0.0, 1e-12).is_ok());
            prop_assert!(x.log_softmax(axis).exp().all_close(&x.softmax(axis), 1e-12, 1e-300).is_ok());
        }
    }

    #[test]
    fn products_of_views_are_the_naive_ones(
        (m, k, n) in (1usize..6, 1usize..6, 1usize..6), batch in shape(0..3), squash in any::<[bool; 2]>(),
        transposed in any::<[bool; 2]>(),
    ) {
        let matrix = |rows: usize, cols: usize, transposed: bool, batch: &[usize]| {
            let sizes = if transposed { [cols, rows] } else { [rows, cols] };
            let x = numbered(&[batch, &sizes].concat());
            if transposed { x.transpose(-1, -2) } else { x }
        };
        let squashed = |squash: bool| if squash { vec![1; batch.len()] } else { batch.clone() };
        let a = matrix(m, k, transposed[0], &squashed(squash[0]));
        let b = matrix(k, n, transposed[1], &squashed(squash[1]));
        let c = a.matmul(&b);
        let batches = Shape::from(&a.shape()[..batch.len()]).broadcast(&Shape::from(&b.shape()[..batch.len()]));
        prop_assert_eq!(Shape::from(&c.shape()[..batch.len()]), batches.expect("squashed from one shape"));
        let (a, b) = (a.expand(&[&c.shape()[..batch.len()], &[m, k]].concat()[..]), b.expand(&[&c.shape()[..batch.len()], &[k, n]].concat()[..]));
        for index in indices(&c.shape()) {
            let (outer, place) = index.split_at(batch.len());
            let want: f64 = (0..k).map(|p| a.at(&[outer, &[place[0], p]].concat()) * b.at(&[outer, &[p, place[1]]].concat())).sum();
            prop_assert_eq!(c.at(&index), want); // small whole numbers are exact
        }
    }

    #[test]
    fn joining_undoes_splitting(start in shape(1..4), axis in 0usize..4, cut in 0usize..5) {
        let x = numbered(&start);
        let axis = (axis % x.ndim()) as isize;
        let cut = cut.min(x.size(axis));
        let parts = x.split(&[cut, x.size(axis) - cut], axis);
        prop_assert_eq!(Tensor::cat(&parts.iter().collect::<Vec<_>>(), axis).to_vec::<f64>(), x.to_vec::<f64>());
        let slices: Vec<Tensor> = (0..x.size(axis)).map(|i| x.select(axis, i)).collect();
        prop_assert_eq!(Tensor::stack(&slices.iter().collect::<Vec<_>>(), axis).to_vec::<f64>(), x.to_vec::<f64>());
        for count in 1..7 {
            let parts = x.chunk(count, axis);
            prop_assert!(parts.len() <= count);
            prop_assert_eq!(Tensor::cat(&parts.iter().collect::<Vec<_>>(), axis).to_vec::<f64>(), x.to_vec::<f64>());
        }
    }

    #[test]
    fn gathering_follows_the_indices(start in shape(1..4), axis in 0usize..4, picks in prop::collection::vec(0usize..64, 1..6)) {
        let x = numbered(&start);
        let axis = axis % x.ndim();
        let size = x.shape()[axis];
        let picks: Vec<i64> = picks.into_iter().map(|pick| (pick % size) as i64).collect();
        let selected = x.index_select(axis as isize, &Tensor::from(picks.clone()));
        let mut sizes = start.clone();
        sizes[axis] = picks.len();
        let mut next = picks.iter().copied().cycle();
        let wanted = Tensor::from_fn(&sizes[..], || next.next().unwrap_or(0));
        let gathered = x.gather(axis as isize, &wanted);
        for index in indices(&sizes) {
            let with = |i: f64| {
                let mut index = index.clone();
                index[axis] = i as usize;
                index
            };
            prop_assert_eq!(selected.at(&index), x.at(&with(picks[index[axis]] as f64)));
            prop_assert_eq!(gathered.at(&index), x.at(&with(wanted.at(&index))));
        }
        // Scattering ones counts how often each place was gathered.
        let counts = Tensor::zeros(&start[..], DType::F64).scatter_add(axis as isize, &wanted, &gathered.map(|_| 1.0));
        prop_assert_eq!(counts.sum().item(), wanted.numel() as f64);
        prop_assert_eq!((&counts * &x).sum().item(), gathered.sum().item());
    }
}

#[test]
fn writing_to_a_shared_tensor_leaves_the_others_alone() {
    let x = numbered(&[2, 3]);
    let (mut row, mut turned) = (x.select(0, 1), x.t());
    row.set(&[0], 100.0);
    turned.as_mut_slice::<f64>()[0] = -1.0;
    assert_eq!(x.to_vec::<f64>(), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    assert_eq!(row.to_vec::<f64>(), [100.0, 4.0, 5.0]);
    assert_eq!(turned.to_vec::<f64>(), [-1.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
}

#[test]
fn types_promote() {
    let (i, s, d) = (Tensor::from([3i64]), Tensor::from([0.5f32]), Tensor::from([0.25f64]));
    assert_eq!((&i + &i).dtype(), DType::I64);
    assert_eq!((&i + &s).dtype(), DType::F32);
    assert_eq!((&s + &d).dtype(), DType::F64);
    assert_eq!((&i / &i).dtype(), DType::F32);
    assert_eq!((&i * 0.5).to_vec::<f32>(), [1.5]);
    assert_eq!((1.0 - &s).dtype(), DType::F32);
    assert_eq!(i.exp().dtype(), DType::F32);
    assert_eq!(i.square().to_vec::<i64>(), [9]);
    assert_eq!((-&i).dtype(), DType::I64);
    let large = Tensor::from([i64::MAX]);
    assert_eq!(large.to_vec::<i64>(), [i64::MAX], "whole numbers never pass through floats");
}

#[test]
fn empty_tensors_work() {
    let x = Tensor::zeros([0, 3], DType::F32);
    assert_eq!(x.sum().item(), 0.0);
    assert!(x.mean().item().is_nan());
    assert_eq!(x.sum_axes(&[0], false).to_vec::<f32>(), [0.0; 3]);
    assert_eq!((&x + 1.0).shape(), [0, 3]);
    assert_eq!(x.softmax(1).shape(), [0, 3]);
    assert_eq!(x.matmul(&Tensor::zeros([3, 2], DType::F32)).shape(), [0, 2]);
    assert_eq!(x.t().matmul(&x).to_vec::<f32>(), [0.0; 9]);
    assert_eq!(Tensor::cat(&[&x, &Tensor::ones([1, 3], DType::F32)], 0).shape(), [1, 3]);
    assert_eq!(x.to_string(), "[]");
}
