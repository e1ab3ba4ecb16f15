//! `Permutation`: a random order of 0..n that is never written down, however large n is.

use tunesmith_core::Seed;

/// Up to this size an exact shuffle by ranks is cheaper than the network.
const RANKED: u64 = 64;
/// Rounds of the Feistel network; four make a pseudo-random permutation of a pseudo-random function (Luby & Rackoff
/// 1988).
const ROUNDS: u64 = 4;

/// One of the n! orders of 0..n, chosen by a seed; any place of it costs the same.
///
/// A Feistel network on the next even number of bits, walked on until it lands inside (Black & Rogaway 2002, Ciphers
/// with Arbitrary Finite Domains).
#[derive(Clone, Copy, Debug)]
pub(super) struct Permutation {
    seed: Seed,
    n: u64,
    /// Bits of each half.
    half: u32,
}

impl Permutation {
    pub(super) fn new(seed: Seed, n: u64) -> Self {
        debug_assert!(n > 0, "an order of nothing");
        let bits = u64::BITS - n.saturating_sub(1).leading_zeros();
        Self { seed, n, half: bits.div_ceil(2).max(1) }
    }

    /// The number at a place of the order.
    pub(super) fn at(&self, place: u64) -> u64 {
        debug_assert!(place < self.n, "place {place} of {}", self.n);
        if self.n <= RANKED {
            // The rank of a place among random numbers, one per place; equals go by place.
            let key = |i: u64| (self.seed.at(i).value(), i);
            let own = key(place);
            return (0..self.n).filter(|&i| key(i) < own).count() as u64;
        }
        let mut number = self.network(place);
        while number >= self.n {
            number = self.network(number);
        }
        number
    }

    fn network(&self, number: u64) -> u64 {
        let mask = (1_u64 << self.half) - 1;
        let (mut left, mut right) = (number >> self.half, number & mask);
        for round in 0..ROUNDS {
            (left, right) = (right, left ^ (self.seed.at(round).at(right).value() & mask));
        }
        left << self.half | right
    }
}

#[cfg(test)]
mod tests {
    use super::Permutation;
    use proptest::prelude::*;
    use tunesmith_core::Seed;

    proptest! {
        #[test]
        fn every_number_comes_once(n in 1_u64..700, seed in any::<u64>()) {
            let order = Permutation::new(Seed::new(seed), n);
            let mut numbers: Vec<u64> = (0..n).map(|place| order.at(place)).collect();
            numbers.sort_unstable();
            prop_assert_eq!(numbers, (0..n).collect::<Vec<_>>());
        }

        #[test]
        fn the_largest_orders_stay_inside(n in (1_u64 << 40)..=u64::MAX / 2, place in any::<u64>()) {
            prop_assert!(Permutation::new(Seed::new(1), n).at(place % n) < n);
        }
    }

    #[test]
    fn each_number_is_equally_often_first() {
        for n in [2, 3, 7, 66, 100] {
            let mut counts = vec![0_u32; n as usize];
            let rounds = 2000 * n as u32;
            (0..rounds).for_each(|seed| {
                counts[Permutation::new(Seed::new(u64::from(seed)).named("order"), n).at(0) as usize] += 1;
            });
            // Five standard deviations of a count with mean 2000.
            assert!(counts.iter().all(|count| count.abs_diff(2000) < 225), "{n}: {counts:?}");
        }
    }
}
