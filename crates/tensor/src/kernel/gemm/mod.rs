//! The matrix product.

mod blocks;
mod checks;
mod general;
mod indirect;
mod lanes;
mod packed;
mod panels;
mod product;
mod sweep;
mod tile;
#[cfg(target_arch = "x86_64")]
mod transpose;
#[cfg(target_arch = "x86_64")]
mod x86;

#[cfg(test)]
mod tests;

pub use blocks::PACK_LEN;
pub use general::general;
pub use indirect::{Indirect, RightOperand, gemm_indirect};
pub use packed::{gemm_packed, pack, packed_len};
pub use product::{gemm, matmul_into};
