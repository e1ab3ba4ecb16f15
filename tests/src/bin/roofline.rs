//! How near training steps come to what their matrix products alone would take, one JSON line a workload; and with
//! `--kernels` where the time goes.

use std::process::ExitCode;

use rayon::prelude::*;
use tunesmith_tensor::Par;
use tunesmith_tensor::kernel::gemm::gemm;
use tunesmith_tests::{WORKLOADS, Workload, alternating, on_threads};

/// A product with operands of its own.
struct Product {
    times: usize,
    sizes: [usize; 3],
    a: Vec<f32>,
    b: Vec<f32>,
    c: Vec<f32>,
}

impl Product {
    fn new((times, sizes): (usize, [usize; 3])) -> Self {
        let [m, k, n] = sizes;
        Self { times, sizes, a: vec![0.5; m * k], b: vec![0.25; k * n], c: vec![0.0; m * n] }
    }

    fn run(&mut self) {
        let [m, k, n] = self.sizes;
        for _ in 0..self.times {
            gemm(m, k, n, 1.0, &self.a, (k, 1), &self.b, (n, 1), 0.0, &mut self.c, (n, 1));
        }
    }

    fn flops(&self) -> f64 {
        2.0 * (self.times * self.sizes.iter().product::<usize>()) as f64
    }
}

/// The JSON line of one workload.
fn measure(workload: Workload, threads: usize, seconds: f64) -> String {
    let mut training = workload.training(if threads == 1 { Par::Seq } else { Par::Rayon });
    training.step();
    let mut shards: Vec<Vec<Product>> = training
        .products()
        .into_iter()
        .map(|products| products.into_iter().map(Product::new).collect())
        .collect();
    let flops: f64 = shards.iter().flatten().map(Product::flops).sum();
    let mut step = || {
        training.step();
    };
    let mut products =
        || shards.par_iter_mut().for_each(|products| products.iter_mut().for_each(Product::run));
    let [ours, bound] = alternating(seconds, [&mut step, &mut products]);
    let giga = |rate: f64| rate * flops / 1e9;
    format!(
        r#"{{"workload":"{}","threads":{threads},"products_mflop":{:.1},"gflop_per_s":{:.1},"products_alone_gflop_per_s":{:.1},"quotient":{:.3}}}"#,
        workload.name,
        flops / 1e6,
        giga(ours),
        giga(bound),
        ours / bound
    )
}

/// Where the time of a step goes.
fn kernels(workload: Workload) -> String {
    let mut training = workload.training(Par::Seq);
    let (shards, optimizer) = training.profile(20);
    let mut text =
        format!("{}: {} shards, optimizer {:.1} us\n", workload.name, shards.len(), optimizer * 1e6);
    let total: f64 = shards.iter().flatten().map(|timing| timing.seconds).sum();
    for timing in &shards[0] {
        let rate = timing.flops as f64 / timing.seconds / 1e9;
        text += &format!("{:9.1} us {rate:7.1} GFLOP/s  {}\n", timing.seconds * 1e6, timing.kernel);
    }
    text + &format!("{:9.1} us all shards\n", total * 1e6)
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]
fn main() -> ExitCode {
    let (mut threads, mut show_kernels, mut workloads) = (1, false, Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--kernels" => show_kernels = true,
            "--threads" => match arguments.next().and_then(|text| text.parse().ok()) {
                Some(number) if number > 0 => threads = number,
                _ => {
                    eprintln!("roofline: --threads takes a number of 1 or more");
                    return ExitCode::from(2);
                }
            },
            name => match Workload::find(name) {
                Some(workload) => workloads.push(workload),
                None => {
                    let known = WORKLOADS.map(|workload| workload.name).join(", ");
                    eprintln!("roofline: no workload is called `{name}`: {known}");
                    return ExitCode::from(2);
                }
            },
        }
    }
    if workloads.is_empty() {
        workloads = WORKLOADS.to_vec();
    }
    for workload in workloads {
        if show_kernels {
            println!("{}", kernels(workload));
        } else {
            println!("{}", on_threads(threads, || measure(workload, threads, 0.5)));
        }
    }
    ExitCode::SUCCESS
}
