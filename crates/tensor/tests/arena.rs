//! The arena hands out only places that do not collide; `Par` gives the same result for any number of threads.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::prelude::{Strategy, prop, prop_assert, prop_assert_eq, proptest};
use tunesmith_tensor::Par;
use tunesmith_tensor::kernel::{Arena, Place};

const LENGTH: usize = 64;

fn place() -> impl Strategy<Value = Place> {
    (0usize..LENGTH + 4, 0usize..20).prop_map(|(offset, len)| Place::new(offset, len))
}

/// The rule, told element by element: everything inside, and no element both written and used twice.
fn allowed(reads: &[Place], writes: &[Place]) -> bool {
    let inside = reads.iter().chain(writes).all(|place| place.offset + place.len <= LENGTH);
    let uses = |places: &[Place], i: usize| places.iter().filter(|place| place.range().contains(&i)).count();
    inside && (0..LENGTH).all(|i| uses(writes, i) == 0 || uses(writes, i) + uses(reads, i) == 1)
}

proptest! {
    #[test]
    fn colliding_places_are_refused(reads in prop::array::uniform3(place()), writes in prop::array::uniform2(place())) {
        let mut arena = Arena::<f32>::new(LENGTH);
        let by_array = catch_unwind(AssertUnwindSafe(|| {
            arena.split(reads, writes);
        }));
        prop_assert_eq!(by_array.is_ok(), allowed(&reads, &writes));
        let by_slice = catch_unwind(AssertUnwindSafe(|| {
            arena.split_slice(&reads, writes);
        }));
        prop_assert_eq!(by_slice.is_ok(), allowed(&reads, &writes));
    }

    /// The twin of the unsafe slices: the same copy done through safe, one at a time.
    #[test]
    fn split_slices_are_the_places(read in place(), write in place()) {
        if !allowed(&[read], &[write]) || read.len != write.len {
            return Ok(());
        }
        let mut arena = Arena::<f64>::new(LENGTH);
        for (i, x) in arena.as_mut_slice().iter_mut().enumerate() {
            *x = i as f64;
        }
        let mut twin = arena.clone();
        let ([from], [to]) = arena.split([read], [write]);
        to.copy_from_slice(from);
        let copied = twin.read(read).to_vec();
        twin.write(write).copy_from_slice(&copied);
        prop_assert_eq!(arena.as_slice(), twin.as_slice());
        let (reads, [to]) = twin.split_slice(&[read, read], [write]);
        to.fill(0.0);
        prop_assert_eq!(reads.len(), 2);
        prop_assert_eq!(reads[0], reads[1]);
    }

    #[test]
    fn an_arena_is_aligned_and_zeroed(length in 0usize..300) {
        let arena = Arena::<f32>::new(length);
        prop_assert!(arena.as_slice().iter().all(|&x| x == 0.0) && arena.len() == length);
        prop_assert_eq!(arena.as_slice().as_ptr().align_offset(64), 0);
        prop_assert_eq!(arena.clone().as_slice().as_ptr().align_offset(64), 0);
    }

    #[test]
    fn chunks_cover_everything_once_for_any_number_of_threads(length in 0usize..2000, chunk in 1usize..300) {
        let input: Vec<u64> = (0..length as u64).collect();
        let run = |par: Par| {
            let (mut a, mut b) = (vec![0u64; length], vec![0u64; length]);
            par.for_each_chunk(chunk, [&mut a, &mut b], [&input], |offset, [a, b], [input]| {
                assert!(offset.is_multiple_of(chunk) && a.len() <= chunk);
                let first: u64 = input.iter().sum(); // depends on where the chunk begins and ends
                for i in 0..a.len() {
                    a[i] += input[i] + 1;
                    b[i] += first + offset as u64;
                }
            });
            (a, b)
        };
        let want = run(Par::Seq);
        prop_assert!(want.0.iter().zip(&input).all(|(a, i)| *a == i + 1));
        for threads in [1, 2, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a small pool");
            prop_assert_eq!(&pool.install(|| run(Par::Rayon)), &want);
        }
    }
}

#[test]
#[should_panic(expected = "arena: written place 0..4 overlaps place 3..5")]
fn a_collision_is_named() {
    Arena::<f32>::new(8).split([Place::new(3, 2)], [Place::new(0, 4)]);
}

#[test]
#[should_panic(expected = "for_each_chunk: lengths differ, 3 and 2")]
fn unequal_slices_are_named() {
    Par::Seq.for_each_chunk(1, [&mut [0; 3][..]], [&[0; 2][..]], |_, _, _| {});
}
