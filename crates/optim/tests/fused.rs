//! A fused rule equals its chain of transforms, bit for bit.

use proptest::prelude::*;
use tunesmith_core::Seed;
use tunesmith_optim::{
    Adagrad, Adam, AdamW, Chain, Element, GradientDescent, Layout, Lion, Optimizer, Pace, Rmsprop, Rule, Sgd,
};
use tunesmith_tensor::Par;

/// An optimizer that is nothing but the chain: descent with rate 1 multiplies by one.
fn only(chain: Chain) -> Box<dyn Optimizer> {
    let mut optimizer = GradientDescent { lr: 1.0 }.optimizer();
    optimizer.prepend(chain);
    optimizer
}

/// A few steps of both on the same gradients, at a scale of 1 so that the rate of `only` stays 1; returns the values.
fn walk<T: Element>(mut optimizer: Box<dyn Optimizer>, len: usize, seed: u64) -> Vec<u64> {
    optimizer.init(&Layout::packed([("x", vec![len])]), T::DTYPE);
    let mut generator = Seed::new(seed).generator();
    let mut normal =
        |size: f64| -> Vec<T> { (0..len).map(|_| T::from_f64(size * generator.normal())).collect() };
    let mut values = normal(2.0);
    for step in 0..12 {
        let gradient = normal(10f64.powi(step % 5 - 2));
        optimizer.step(&mut values, &[&gradient], Pace::default(), Par::Seq).unwrap();
    }
    values.iter().map(|x| x.to_f64().to_bits()).collect()
}

fn assert_equal(rule: impl Rule, chain: Chain, len: usize, seed: u64) {
    let name = format!("{rule:?}");
    assert_eq!(
        walk::<f32>(rule.clone().optimizer(), len, seed),
        walk::<f32>(only(chain.clone()), len, seed),
        "{name}"
    );
    assert_eq!(walk::<f64>(rule.optimizer(), len, seed), walk::<f64>(only(chain), len, seed), "{name}");
}

/// Zero half of the time: most settings are off by default.
fn sometimes(high: f64) -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), 0.01 * high..high]
}

proptest! {
    #[test]
    fn sgd(lr in 1e-4..1.0, momentum in sometimes(0.99), dampening in sometimes(0.5), nesterov: bool,
           weight_decay in sometimes(0.1), len in 1_usize..70, seed: u64) {
        let nesterov = nesterov && momentum > 0.0;
        let rule = Sgd { lr, momentum, dampening: if nesterov { 0.0 } else { dampening }, nesterov, weight_decay, ..Sgd::default() };
        assert_equal(rule.clone(), rule.chain(), len, seed);
    }

    #[test]
    fn adagrad(lr in 1e-4..1.0, lr_decay in sometimes(0.1), initial_accumulator_value in sometimes(1.0),
               eps in 1e-10..1e-4, weight_decay in sometimes(0.1), len in 1_usize..70, seed: u64) {
        let rule = Adagrad { lr, lr_decay, initial_accumulator_value, eps, weight_decay, ..Adagrad::default() };
        assert_equal(rule.clone(), rule.chain(), len, seed);
    }

    #[test]
    fn rmsprop(lr in 1e-5..0.1, alpha in 0.8..0.999, eps in 1e-10..1e-4, momentum in sometimes(0.99), centered: bool,
               weight_decay in sometimes(0.1), len in 1_usize..70, seed: u64) {
        let rule = Rmsprop { lr, alpha, eps, momentum, centered, weight_decay, ..Rmsprop::default() };
        assert_equal(rule.clone(), rule.chain(), len, seed);
    }

    #[test]
    fn adam(lr in 1e-5..0.1, beta1 in 0.5..0.99, beta2 in 0.9..0.9999, eps in 1e-10..1e-4,
            weight_decay in sometimes(0.1), amsgrad: bool, len in 1_usize..70, seed: u64) {
        let rule = Adam { lr, beta1, beta2, eps, weight_decay, amsgrad, ..Adam::default() };
        assert_equal(rule.clone(), rule.chain(), len, seed);
    }

    #[test]
    fn adamw(lr in 1e-5..0.1, beta1 in 0.5..0.99, beta2 in 0.9..0.9999, eps in 1e-10..1e-4,
             weight_decay in sometimes(1.0), amsgrad: bool, len in 1_usize..70, seed: u64) {
        let rule = AdamW { lr, beta1, beta2, eps, weight_decay, amsgrad, ..AdamW::default() };
        assert_equal(rule.clone(), rule.chain(), len, seed);
    }

    #[test]
    fn lion(lr in 1e-6..0.01, beta1 in 0.5..0.99, beta2 in 0.9..0.999, weight_decay in sometimes(1.0),
            len in 1_usize..70, seed: u64) {
        let rule = Lion { lr, beta1, beta2, weight_decay };
        assert_equal(rule.clone(), rule.chain(), len, seed);
    }
}
