//! The optimizers alone on (value, gradient) pairs: `cargo run --release -p tunesmith-optim --example pairs`.
//!
//! Every linked rule walks down the same long valley, x^2 + 10 y^2, from the same place.
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use tunesmith_core::{Entry, Plug, all};
use tunesmith_optim::{Layout, OptimizerEntry, Pace};
use tunesmith_tensor::{DType, Par};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for entry in all::<OptimizerEntry>() {
        let name = entry.meta().name;
        // A rule around another one has no learning rate of its own.
        let has_lr = (entry.meta().specs)().iter().any(|spec| spec.name == "lr");
        let plug = Plug::new(name);
        let plug = if has_lr { plug.with("lr", 0.05) } else { plug };
        let mut optimizer = OptimizerEntry::make(&plug, "optimizer")?;
        optimizer.init(&Layout::packed([("point", vec![2])]), DType::F64);
        let mut point = [3.0_f64, -2.0];
        for _ in 0..100 {
            let gradient = [2.0 * point[0], 20.0 * point[1]];
            optimizer.step(&mut point, &[&gradient], Pace::default(), Par::Seq)?;
        }
        println!("{name:>18}: ({:9.6}, {:9.6})", point[0], point[1]);
    }
    Ok(())
}
