//! `ScheduleFree`: averaging that makes a schedule unnecessary.

use tunesmith_tensor::kernel::Real;

use crate::{Chunk, Globals, StateSpec, Step, Transform, View};

/// Turns normalised updates into steps of schedule-free learning (Defazio et al. 2024, "The road less scheduled",
/// algorithm 1): the values are `y`, where gradients are taken, between the base sequence `z`, which steps by the
/// learning rate, and its average `x`, which is what to evaluate. It is the last transform of its chain and contains
/// the learning rate.
///
/// ```
/// use tunesmith_optim::{Chain, ScheduleFree};
/// let chain = Chain::from(ScheduleFree { lr: 0.1, beta: 0.9, warmup_steps: 0, r: 0.0, weight_lr_power: 2.0 });
/// assert_eq!(chain.states()[0].name, "z");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScheduleFree {
    /// The learning rate of the base sequence.
    pub lr: f64,
    /// How far gradients are taken towards the average.
    pub beta: f64,
    /// Steps in which the rate rises from zero.
    pub warmup_steps: usize,
    /// The power of the step's number in its weight in the average.
    pub r: f64,
    /// The power of the largest rate so far in a step's weight in the average.
    pub weight_lr_power: f64,
}

impl ScheduleFree {
    fn rate(&self, step: &Step) -> f64 {
        let risen = (step.count as f64 / self.warmup_steps.max(1) as f64).min(1.0);
        self.lr * step.scale * risen
    }

    /// The weight of a step in the average.
    fn weight(&self, step: &Step, largest_rate: f64) -> f64 {
        (step.count as f64).powf(self.r) * largest_rate.powf(self.weight_lr_power)
    }
}

impl Transform for ScheduleFree {
    fn states(&self) -> Vec<StateSpec> {
        vec![StateSpec::per_element("z"), StateSpec::global("weight_sum"), StateSpec::global("lr_max")]
    }

    fn settle(&self, step: &Step, [sum, largest, ..]: &mut Globals) {
        *largest = largest.max(self.rate(step));
        *sum += self.weight(step, *largest);
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let [sum, largest, ..] = step.globals;
        let rate = self.rate(step);
        let share = if sum > 0.0 { self.weight(step, largest) / sum } else { 0.0 };
        let beyond = T::from_f64(rate * (self.beta * (1.0 - share) - 1.0));
        let (share, rate) = (T::from_f64(share), T::from_f64(rate));
        let first = step.count == 1;
        chunk.each(|update, y, [z]| {
            let z = if first { y } else { z };
            (-(share * (z - y) + beyond * update), [z - rate * update])
        });
    }

    fn averages(&self) -> bool {
        true
    }

    fn average<T: Real>(&self, _: &Step, view: View<'_, T>, into: &mut [T]) {
        let towards_z = T::from_f64(1.0 - 1.0 / self.beta);
        let [z] = view.state();
        for ((x, &y), &z) in into.iter_mut().zip(view.value).zip(z) {
            *x = y + towards_z * (z - y);
        }
    }
}
