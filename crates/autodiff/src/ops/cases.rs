//! How an operation's file states its cases for the gradient check.

use crate::gradcheck::Case;

/// The cases of one file; collected from wherever an operation is defined.
#[derive(Debug)]
pub struct CaseList(pub fn() -> Vec<Case>);
tunesmith_core::inventory::collect!(CaseList);

/// Registers a file's cases: `gradient_cases! { "tanh" [[3, 4]] |x| x[0].tanh(); ... }`: a name, the operands' shapes, the
/// expression. An operand range after a shape keeps values away from where there is no derivative.
#[macro_export]
macro_rules! gradient_cases {
    ($($name:literal [$($shape:expr $(=> $range:expr)?),*] |$x:ident| $body:expr;)*) => {
        $crate::inventory::submit! {
            $crate::gradcheck::CaseList(|| vec![$(
                $crate::gradcheck::Case::new($name, |$x| $body)
                    $(.operand(&$shape, $crate::gradient_cases!(@range $($range)?)))*,
            )*])
        }
    };
    (@range) => { -2.0..2.0 };
    (@range $range:expr) => { $range };
}
