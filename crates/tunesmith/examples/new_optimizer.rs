//! A new optimizer as a plug-in: `cargo run --release -p tunesmith --example new_optimizer`.
//!
//! One struct, its description, its rule, one line that registers it; then it has a name in recipes, settings that are
//! checked, a default range for a search, and the conformance suite.
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use tunesmith::optim::plugin::*;
use tunesmith::{Recipe, RunOptions, train};

/// Sign descent with momentum: every weight moves by the same step, in the direction of its averaged gradient's sign.
#[derive(Clone, Debug)]
struct SignMomentum {
    lr: f64,
    beta: f64,
}

impl Default for SignMomentum {
    fn default() -> Self {
        Self { lr: 1e-3, beta: 0.9 }
    }
}

impl Describe for SignMomentum {
    const NAME: &'static str = "sign_momentum";
    const ABOUT: &'static str = "a fixed step in the direction of the averaged gradient's sign";
    const SOURCE: &'static str = "Bernstein et al. 2018, arXiv:1802.04434 (Signum)";
    const PARAMS: &'static [Param<Self>] = &[
        Param::float("lr", 1e-5, 1e-1, |s: &mut Self| &mut s.lr, "size of every step").log(),
        Param::float("beta", 0.5, 0.99, |s: &mut Self| &mut s.beta, "share of the past")
            .reverse_log()
            .rarely(),
    ];
}

impl Rule for SignMomentum {
    fn lr(&self) -> f64 {
        self.lr
    }
    fn transform(self) -> impl Into<Chain> {
        chain!(SignOfAverage { beta: self.beta }, ScaleByLearningRate::new(self.lr))
    }
}

/// Replaces a gradient by the sign of its running average.
#[derive(Clone, Copy, Debug)]
struct SignOfAverage {
    beta: f64,
}

impl Transform for SignOfAverage {
    fn states(&self) -> Vec<StateSpec> {
        vec![StateSpec::per_element("average")]
    }
    fn update<T: Real>(&self, _step: &Step, chunk: Chunk<'_, T>) {
        let beta = T::from_f64(self.beta);
        chunk.each(|gradient, _value, [average]: [T; 1]| {
            let average = beta * average + (T::ONE - beta) * gradient;
            (average.signum(), [average])
        });
    }
}

register!(OptimizerEntry, SignMomentum);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut recipe = Recipe::parse(
        "wine",
        r#"
        [data]
        source = "wine"
        prepare = ["standardize"]
        [model]
        layers = [{ dense = { units = 16, activation = "tanh" } }, { dense = { units = "classes" } }]
        [training]
        epochs = 40
        "#,
    )?;
    for optimizer in ["sgd", "adam", "sign_momentum"] {
        recipe.set(&format!("training.optimizer={optimizer}"))?;
        let run = train(&recipe, RunOptions::default())?;
        println!("{optimizer:>14}: validation accuracy {:.3}", run.scores["validation"]["accuracy"]);
    }
    let wrong = tunesmith::optim::conform::check_all();
    println!("conformance: {}", if wrong.is_empty() { "passed".to_owned() } else { wrong.join("\n") });
    Ok(())
}
