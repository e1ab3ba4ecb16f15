//! Every operation's derivative, and its derivative, agree with finite differences.

use tunesmith_autodiff::gradcheck;
use tunesmith_core::Seed;

#[test]
fn every_registered_case_passes() {
    assert!(gradcheck::count() >= 60, "{} cases are linked", gradcheck::count());
    for seed in 0..3 {
        let failed = gradcheck::check_all(Seed::new(seed), 1e-6);
        assert!(failed.is_empty(), "seed {seed}: {failed:#?}");
    }
}

#[test]
fn a_derivative_that_is_not_one_is_noticed() {
    let jump = gradcheck::Case::new("jump", |x| (&x[0] * 1e4).sign() + &x[0]).operand(&[40], -1e-3..1e-3);
    assert!(jump.check(Seed::new(0)).first > 1e-2, "a jump inside the step of the difference must show");
}
