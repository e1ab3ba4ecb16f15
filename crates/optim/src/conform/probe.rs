//! What the suite needs to look at an optimizer from outside: values, gradients, saved state.

use tunesmith_core::{Generator, Seed};
use tunesmith_tensor::Par;

use crate::{Element, Layout, Optimizer, Pace, Size, StateData, StepError};

/// One piece of state, copied out.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Saved {
    name: String,
    segment: Option<String>,
    content: Content,
}

#[derive(Clone, Debug, PartialEq)]
enum Content {
    Bits(Vec<u64>),
    Count(u64),
}

/// Copies all state out of an optimizer.
pub(super) fn save(optimizer: &mut dyn Optimizer) -> Vec<Saved> {
    let mut saved = Vec::new();
    optimizer.visit(&mut |entry| {
        let content = match entry.data {
            StateData::F32(data) => Content::Bits(data.iter().map(|x| u64::from(x.to_bits())).collect()),
            StateData::F64(data) => Content::Bits(data.iter().map(|x| x.to_bits()).collect()),
            StateData::Count(count) => Content::Count(*count),
        };
        let segment = entry.segment.map(|segment| segment.name.clone());
        saved.push(Saved { name: entry.name.to_owned(), segment, content });
    });
    saved
}

/// Copies saved state into an optimizer, by name; says what does not fit.
pub(super) fn load(optimizer: &mut dyn Optimizer, saved: &[Saved]) -> Result<(), String> {
    let mut result = Ok(());
    optimizer.visit(&mut |entry| {
        let segment = entry.segment.map(|segment| segment.name.clone());
        let found = saved.iter().find(|saved| saved.name == entry.name && saved.segment == segment);
        match (found.map(|saved| &saved.content), entry.data) {
            (Some(Content::Bits(bits)), StateData::F32(data)) if bits.len() == data.len() => {
                data.iter_mut().zip(bits).for_each(|(x, &bits)| *x = f32::from_bits(bits as u32));
            }
            (Some(Content::Bits(bits)), StateData::F64(data)) if bits.len() == data.len() => {
                data.iter_mut().zip(bits).for_each(|(x, &bits)| *x = f64::from_bits(bits));
            }
            (Some(Content::Count(saved)), StateData::Count(count)) => *count = *saved,
            _ => result = Err(format!("the state `{}` of {segment:?} is not what was saved", entry.name)),
        }
    });
    result
}

/// Bytes of state that an optimizer's declarations add up to.
pub(super) fn declared_bytes<T: Element>(optimizer: &dyn Optimizer, layout: &Layout) -> usize {
    let bytes = |size: Size| match size {
        Size::PerElement => layout.len() * size_of::<T>(),
        Size::PerTensor(of) => {
            layout.segments().iter().map(|segment| of(&segment.shape)).sum::<usize>() * size_of::<T>()
        }
        Size::Global => size_of::<f64>(),
    };
    optimizer.states().iter().map(|state| bytes(state.size)).sum()
}

/// Normal numbers, the same for the same seed.
pub(super) fn normal<T: Element>(seed: Seed, count: usize) -> Vec<T> {
    let mut generator: Generator = seed.generator();
    (0..count).map(|_| T::from_f64(generator.normal())).collect()
}

/// The pace of a step in a training with a schedule of its own.
pub(super) fn pace(step: u64) -> Pace {
    Pace { scale: 1.0 / (1.0 + 0.1 * step as f64), progress: step as f64 / 100.0, ..Pace::default() }
}

/// Takes one step with the shards of a gradient. A rule that evaluates is shown a bowl that has this gradient at the
/// values, each element by itself and as steep as its gradient is large.
pub(super) fn take<T: Element>(
    optimizer: &mut dyn Optimizer,
    values: &mut [T],
    shards: &[&[T]],
    pace: Pace,
    par: Par,
) -> Result<(), StepError> {
    if !optimizer.needs_closure() {
        return optimizer.step(values, shards, pace, par);
    }
    let sum = |i: usize| shards[1..].iter().fold(shards[0][i], |sum, shard| sum + shard[i]);
    let slope: Vec<T> = (0..values.len()).map(sum).collect();
    let start = values.to_vec();
    let mut bowl = |at: &[T], gradient: &mut [T]| {
        let mut loss = 0.0;
        for i in 0..at.len() {
            let off = at[i] - start[i];
            gradient[i] = slope[i] + slope[i].abs() * off;
            loss += off.to_f64() * (slope[i].to_f64() + 0.5 * slope[i].abs().to_f64() * off.to_f64());
        }
        loss
    };
    optimizer.step_with(values, &mut bowl, pace, par).map(|_| ())
}

/// Takes steps number `from..to` with gradients that follow from the step's number.
pub(super) fn walk<T: Element>(
    optimizer: &mut dyn Optimizer,
    values: &mut [T],
    steps: std::ops::Range<u64>,
    par: Par,
) -> Result<(), String> {
    for step in steps {
        let gradient = normal::<T>(Seed::new(7).at(step), values.len());
        take(optimizer, values, &[&gradient], pace(step), par).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// The exact content of values.
pub(super) fn bits<T: Element>(values: &[T]) -> Vec<u64> {
    values.iter().map(|x| x.to_f64().to_bits()).collect()
}
