//! Numbers on their way to zero arrive there, instead of staying subnormal and slow.

use tunesmith_core::{Entry, Plug, all};
use tunesmith_optim::{Layout, OptimizerEntry, Pace, StateData};
use tunesmith_tensor::{DType, Par};

#[test]
fn without_gradients_nothing_stays_subnormal() {
    for entry in all::<OptimizerEntry>() {
        let name = entry.meta().name;
        let mut plug = Plug::new(name);
        let has = |setting: &str| (entry.meta().specs)().iter().any(|spec| spec.name == setting);
        for (setting, value) in [("lr", 0.1), ("weight_decay", 0.5), ("momentum", 0.9)] {
            if has(setting) {
                plug = plug.with(setting, value);
            }
        }
        let mut optimizer = OptimizerEntry::make(&plug, "optimizer").unwrap();
        if optimizer.needs_closure() {
            continue; // the rule inside is met on its own, and a search does not go on where nothing moves
        }
        optimizer.init(&Layout::packed([("w", vec![3])]), DType::F32);
        let mut values = [1.0_f32, -1e-20, 1e-36];
        optimizer.step(&mut values, &[&[1e-3, -1e-3, 0.0]], Pace::default(), Par::Seq).unwrap();
        for _ in 0..5000 {
            optimizer.step(&mut values, &[&[0.0; 3]], Pace::default(), Par::Seq).unwrap();
            let subnormal = |x: f32| x != 0.0 && x.abs() < f32::MIN_POSITIVE;
            assert!(!values.iter().any(|&x| subnormal(x)), "{name}: {values:?}");
            optimizer.visit(&mut |state| {
                if let StateData::F32(data) = state.data {
                    assert!(!data.iter().any(|&x| subnormal(x)), "{name}, {}: {data:?}", state.name);
                }
            });
        }
    }
}
