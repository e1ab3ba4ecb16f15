//! A wrong shape panics at the caller's line. Alone in its process, because the panic hook is global.

use std::panic::{UnwindSafe, catch_unwind, set_hook};
use std::sync::Mutex;

use tunesmith_tensor::kernel::elementwise::zip;
use tunesmith_tensor::kernel::gemm::matmul_into;
use tunesmith_tensor::kernel::{Arena, Place};
use tunesmith_tensor::{DType, Tensor};

static LINES: Mutex<Vec<(String, u32)>> = Mutex::new(Vec::new());

#[test]
fn panics_name_the_callers_line() {
    set_hook(Box::new(|info| {
        let place = info.location().map(|place| (place.file().to_owned(), place.line()));
        LINES.lock().expect("not poisoned").extend(place);
    }));
    let x = Tensor::zeros([2, 3], DType::F32);
    let first = line!() + 3; // the line of the first case; each has one line
    #[rustfmt::skip]
    let cases: [Box<dyn Fn() + UnwindSafe + std::panic::RefUnwindSafe>; 15] = [
        Box::new({ let x = x.clone(); move || drop(x.matmul(&x)) }),
        Box::new({ let x = x.clone(); move || drop(&x + Tensor::zeros([2], DType::F32)) }),
        Box::new({ let x = x.clone(); move || drop(x.reshape([7])) }),
        Box::new({ let x = x.clone(); move || drop(x.sum_axes(&[5], true)) }),
        Box::new({ let x = x.clone(); move || drop(x.select(0, 9)) }),
        Box::new({ let x = x.clone(); move || drop(x.gather(0, &x)) }),
        Box::new({ let x = x.clone(); move || { x.item(); } }),
        Box::new({ let x = x.clone(); move || drop(x.inv()) }),
        Box::new({ let x = x.clone(); move || drop(x.eq(&Tensor::zeros([4], DType::F32))) }),
        Box::new({ let x = x.clone(); move || drop(Tensor::stack(&[&x, &x.t()], 0)) }),
        Box::new({ let x = x.clone(); move || drop(x.softmax(3)) }),
        Box::new({ let x = x.clone(); move || drop(x.expand([2, 4])) }),
        Box::new(|| zip(&[0.0f32; 2], &[0.0; 3], &mut [0.0; 2], |a, _| a)),
        Box::new(|| matmul_into(&[0.0f32; 2], false, &[0.0; 3], false, [1, 1, 1], 0.0, &mut [0.0; 1])),
        Box::new(|| { Arena::<f32>::new(4).split([Place::new(0, 2)], [Place::new(1, 2)]); }),
    ];
    for case in &cases {
        assert!(catch_unwind(case).is_err());
    }
    let lines = std::mem::take(&mut *LINES.lock().expect("not poisoned"));
    let _ = std::panic::take_hook();
    for (i, (file, line)) in lines.iter().enumerate() {
        assert!(
            file.ends_with("panic_place.rs") && *line == first + i as u32,
            "case {i} blames {file}:{line}"
        );
    }
    assert_eq!(lines.len(), cases.len());
}
