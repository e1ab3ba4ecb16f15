//! The coordinate check of Yang et al. (2022, "Tensor Programs V", appendix D): after some steps, activations have
//! moved as far whatever the width. The network is written out here, because this crate knows no graphs.

use tunesmith_core::Seed;
use tunesmith_optim::{Adam, Layout, Pace, Rule, Sgd, WidthTransfer};
use tunesmith_tensor::kernel::gemm::matmul_into;
use tunesmith_tensor::{DType, Par};

const ROWS: usize = 8;
const INPUTS: usize = 6;
const OUTPUTS: usize = 4;
const BASE: usize = 64;
const SEEDS: u64 = 5;
const WIDTHS: [usize; 5] = [64, 128, 256, 512, 1024];

/// Two hidden layers with tanh and a linear output, on targets that are noise.
struct Network {
    layout: Layout,
    width: usize,
    x: Vec<f64>,
    y: Vec<f64>,
}

/// Activations of both hidden layers and the output.
type Activations = [Vec<f64>; 3];

impl Network {
    fn of_width(width: usize) -> Self {
        let layout = Layout::packed([
            ("0.weight", vec![width, INPUTS]),
            ("1.weight", vec![width, width]),
            ("2.weight", vec![OUTPUTS, width]),
        ]);
        let normals = |name: &str, count: usize| {
            let mut generator = Seed::new(1).named(name).generator();
            (0..count).map(|_| generator.normal()).collect::<Vec<f64>>()
        };
        Self { layout, width, x: normals("x", ROWS * INPUTS), y: normals("y", ROWS * OUTPUTS) }
    }

    /// Weights with a variance of one over their inputs.
    fn first_weights(&self, seed: u64) -> Vec<f64> {
        let of = |segment: &tunesmith_optim::Segment| {
            let mut generator = Seed::new(seed).named(&segment.name).generator();
            let deviation = (segment.shape[1] as f64).sqrt().recip();
            (0..segment.range.len()).map(|_| deviation * generator.normal()).collect::<Vec<f64>>()
        };
        self.layout.segments().iter().flat_map(of).collect()
    }

    fn forward(&self, weights: &[f64]) -> Activations {
        let sides = [INPUTS, self.width, self.width, OUTPUTS];
        let mut activations: Activations = [Vec::new(), Vec::new(), Vec::new()];
        for layer in 0..3 {
            let [from, to] = [sides[layer], sides[layer + 1]];
            let weight = &weights[self.layout.segments()[layer].range.clone()];
            let input = if layer == 0 { &self.x } else { &activations[layer - 1] };
            let mut out = vec![0.0; ROWS * to];
            matmul_into(input, false, weight, true, [ROWS, from, to], 0.0, &mut out);
            if layer < 2 {
                out.iter_mut().for_each(|x| *x = x.tanh());
            }
            activations[layer] = out;
        }
        activations
    }

    /// The gradient of half the mean squared distance from the targets.
    fn gradient(&self, weights: &[f64]) -> Vec<f64> {
        let activations = self.forward(weights);
        let mut back: Vec<f64> =
            activations[2].iter().zip(&self.y).map(|(out, y)| (out - y) / ROWS as f64).collect();
        let mut gradient = vec![0.0; weights.len()];
        let sides = [INPUTS, self.width, self.width, OUTPUTS];
        for layer in (0..3).rev() {
            let [from, to] = [sides[layer], sides[layer + 1]];
            let place = self.layout.segments()[layer].range.clone();
            let input = if layer == 0 { &self.x } else { &activations[layer - 1] };
            matmul_into(&back, true, input, false, [to, ROWS, from], 0.0, &mut gradient[place.clone()]);
            if layer > 0 {
                let mut before = vec![0.0; ROWS * from];
                matmul_into(&back, false, &weights[place], false, [ROWS, to, from], 0.0, &mut before);
                let slope = |(b, a): (&f64, &f64)| b * (1.0 - a * a);
                back = before.iter().zip(&activations[layer - 1]).map(slope).collect();
            }
        }
        gradient
    }

    /// How far each layer's activations moved in four steps, as a root mean square: the mean over several first weights.
    fn moved<R: Rule>(&self, rule: &R, transfer: Option<WidthTransfer>) -> [f64; 3] {
        let moved: Vec<[f64; 3]> =
            (0..SEEDS).map(|seed| self.moved_from(seed, rule.clone(), transfer)).collect();
        [0, 1, 2].map(|layer| moved.iter().map(|moved| moved[layer]).sum::<f64>() / SEEDS as f64)
    }

    fn moved_from(&self, seed: u64, rule: impl Rule, transfer: Option<WidthTransfer>) -> [f64; 3] {
        let mut weights = self.first_weights(seed);
        let mut layout = self.layout.clone();
        if let Some(transfer) = transfer {
            transfer.scale_first_weights(&self.layout, &mut weights);
            layout = transfer.on(&layout);
        }
        let before = self.forward(&weights);
        let mut optimizer = rule.optimizer();
        optimizer.init(&layout, DType::F64);
        for _ in 0..4 {
            let gradient = self.gradient(&weights);
            optimizer.step(&mut weights, &[&gradient], Pace::default(), Par::Seq).unwrap();
        }
        let after = self.forward(&weights);
        [0, 1, 2].map(|layer| {
            let squares = before[layer].iter().zip(&after[layer]).map(|(a, b)| (a - b) * (a - b));
            (squares.sum::<f64>() / before[layer].len() as f64).sqrt()
        })
    }
}

/// The largest ratio, over the layers, between how far activations moved at one width and at another.
fn spread<R: Rule>(rule: &R, transfer: Option<WidthTransfer>) -> f64 {
    let moved = WIDTHS.map(|width| Network::of_width(width).moved(rule, transfer));
    let of_layer = |layer: usize| {
        let sizes = moved.map(|moved| moved[layer]);
        sizes.iter().copied().fold(0.0, f64::max) / sizes.iter().copied().fold(f64::INFINITY, f64::min)
    };
    (0..3).map(of_layer).fold(0.0, f64::max)
}

#[test]
fn activations_move_as_far_at_any_width() {
    let adam = Adam { lr: 1e-3, ..Adam::default() };
    let sgd = Sgd { lr: 0.05, ..Sgd::default() };
    let transfer = |normalized| Some(WidthTransfer { base: BASE, normalized });
    let (with_adam, with_sgd) = (spread(&adam, transfer(true)), spread(&sgd, transfer(false)));
    assert!(with_adam < 1.8, "adam: {with_adam}");
    assert!(with_sgd < 1.8, "sgd: {with_sgd}");
    // What it is for: without it, wide layers run away, or stand still.
    let (plain_adam, plain_sgd) = (spread(&adam, None), spread(&sgd, None));
    assert!(plain_adam > 4.0, "adam as it is: {plain_adam}");
    assert!(plain_sgd > 2.5, "sgd as it is: {plain_sgd}");
}

#[test]
fn a_model_of_the_base_width_stays_as_it_is() {
    let network = Network::of_width(BASE);
    let transfer = WidthTransfer { base: BASE, normalized: false };
    let rule = Sgd { lr: 0.05, ..Sgd::default() };
    assert_eq!(network.moved(&rule, Some(transfer)), network.moved(&rule, None));
}
