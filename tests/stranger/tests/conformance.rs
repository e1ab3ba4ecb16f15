//! What this crate adds passes the house's public suites, which walk the registry: no list names it.

use stranger as _;

#[test]
fn the_optimizer_conforms() {
    assert_eq!(tunesmith_optim::conform::check_all(), Vec::<String>::new());
}

#[test]
fn the_activation_and_the_layer_conform() {
    assert_eq!(tunesmith_nn::conform::check_all(), Vec::<String>::new());
}
