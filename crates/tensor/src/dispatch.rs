//! The one place where an element type known at run time becomes a type parameter.

/// Evaluates the body with `$T` standing for the Rust type of `$dtype`.
macro_rules! for_dtype {
    ($dtype:expr, $T:ident => $body:expr) => {
        match $dtype {
            $crate::dtype::DType::F32 => {
                type $T = f32;
                $body
            }
            $crate::dtype::DType::F64 => {
                type $T = f64;
                $body
            }
            $crate::dtype::DType::I64 => {
                type $T = i64;
                $body
            }
        }
    };
}

/// Evaluates the first body with `$T` standing for `f32` or `f64`, or the second for integers.
macro_rules! for_float {
    ($dtype:expr, $T:ident => $body:expr, integer => $integer:expr) => {
        match $dtype {
            $crate::dtype::DType::F32 => {
                type $T = f32;
                $body
            }
            $crate::dtype::DType::F64 => {
                type $T = f64;
                $body
            }
            $crate::dtype::DType::I64 => $integer,
        }
    };
}

/// Evaluates the body with `$T` standing for the Rust type of `$dtype`, which is not `I64`.
macro_rules! for_real {
    ($dtype:expr, $T:ident => $body:expr) => {
        if $dtype == $crate::dtype::DType::F64 {
            type $T = f64;
            $body
        } else {
            type $T = f32;
            $body
        }
    };
}

pub(crate) use {for_dtype, for_float, for_real};
