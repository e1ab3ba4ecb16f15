//! How fast is a product in eight bits? `cargo run -p tunesmith-tensor --example int8`
//!
//! Each pair of products is measured in turns, and the best of many is taken, so that a busy machine slows both alike.

use std::hint::black_box;
use std::time::Instant;

use tunesmith_tensor::kernel::gemm::matmul_into;
use tunesmith_tensor::kernel::int8::Int8Matrix;

const ROUNDS: usize = 300;

#[expect(clippy::print_stdout, reason = "a program's output")]
fn main() {
    println!("rows x inputs x outputs       f32        int8   ratio   bytes of the weights");
    for (rows, inputs, outputs) in
        [(1, 784, 512), (8, 784, 512), (128, 784, 512), (128, 64, 128), (256, 512, 256), (256, 2048, 2048)]
    {
        let wave = |count: usize| (0..count).map(|i| (i as f32 * 0.37).sin()).collect::<Vec<f32>>();
        let (x, weights) = (wave(rows * inputs), wave(outputs * inputs));
        let rounded = Int8Matrix::new(&weights, outputs, inputs);
        let mut out = vec![0.0_f32; rows * outputs];
        let mut room = vec![0.0_f32; rounded.room::<f32>()];
        let (mut plain, mut int8) = (f64::INFINITY, f64::INFINITY);
        let rounds = if inputs == 2048 { ROUNDS / 20 } else { ROUNDS };
        for _ in 0..rounds {
            let start = Instant::now();
            matmul_into(
                black_box(&x),
                false,
                black_box(&weights),
                true,
                [rows, inputs, outputs],
                0.0,
                &mut out,
            );
            plain = plain.min(start.elapsed().as_secs_f64());
            black_box(&mut out);
            let start = Instant::now();
            rounded.product(black_box(&x), &mut out, &mut room);
            int8 = int8.min(start.elapsed().as_secs_f64());
            black_box(&mut out);
        }
        let micro = |seconds: f64| format!("{:.1} us", 1e6 * seconds);
        println!(
            "{:<24} {:>9}  {:>9}   {:>5.2}   {} -> {}",
            format!("{rows} x {inputs} x {outputs}"),
            micro(plain),
            micro(int8),
            plain / int8,
            4 * weights.len(),
            rounded.bytes()
        );
    }
}
