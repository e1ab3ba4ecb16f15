//! Nested uniform scrambling (Owen 1995): digits of a number in [0, 1) permuted, each in a way that depends on all
//! digits before it, so that points stay as evenly spread as they were and become uniform one by one.

use tunesmith_core::Seed;

use super::permutation::Permutation;

/// 2^-53: what one more digit could add is lost in a double.
const RESOLUTION: f64 = 1.0 / (1_u64 << 53) as f64;

/// A number whose digits in that base, the most significant first, are scrambled; it goes on with random digits after
/// the last, different for any two numbers.
pub(super) fn scramble(seed: Seed, base: u64, digits: impl Iterator<Item = u64>) -> f64 {
    let mut seed = seed;
    let (mut x, mut unit) = (0.0, 1.0);
    for digit in digits {
        unit /= base as f64;
        x += unit * scrambled(seed, base, digit) as f64;
        seed = seed.at(digit);
        if unit < RESOLUTION {
            break;
        }
    }
    x += unit * (seed.named("tail").value() >> 11) as f64 * RESOLUTION;
    x.min(1.0 - RESOLUTION)
}

fn scrambled(seed: Seed, base: u64, digit: u64) -> u64 {
    match base {
        2 => digit ^ (seed.value() & 1),
        _ => Permutation::new(seed, base).at(digit),
    }
}

#[cfg(test)]
mod tests {
    use super::scramble;
    use tunesmith_core::Seed;

    /// Of base^k numbers that share no digits, one lands in each of base^k intervals, wherever inside.
    #[test]
    fn every_interval_keeps_its_number_and_numbers_are_uniform_inside() {
        for base in [2, 3, 5, 67] {
            let mut mean = 0.0;
            for seed in 0..200 {
                let mut hit = vec![0; (base * base) as usize];
                for i in 0..base * base {
                    let x = scramble(Seed::new(seed), base, [i % base, i / base].into_iter());
                    hit[(x * (base * base) as f64) as usize] += 1;
                    mean += x;
                }
                assert!(hit.iter().all(|hits| *hits == 1), "base {base}: {hit:?}");
            }
            mean /= (200 * base * base) as f64;
            assert!((mean - 0.5).abs() < 0.01, "base {base}: mean {mean}");
        }
    }
}
