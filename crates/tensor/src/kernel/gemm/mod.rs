//! The matrix product: of strided operands, of a right one packed once, of a left one gathered by offsets.
//!
//! | function | computes |
//! |---|---|
//! | [`gemm()`] | `alpha A B + beta C` for any strides |
//! | [`matmul_into`] | the same for contiguous operands, transposed by flags |
//! | [`gemm_packed`] | with a right operand from [`pack`] |
//! | [`gemm_indirect`] | with a left operand by offsets, [`Indirect`] |
//! | [`gemm_bf16`], [`matmul_bf16_into`] | the first two with operands rounded to bf16 |
//! | [`general`] | [`gemm()`] by matrixmultiply, for comparison |
//!
//! All but the last two lines' share one microkernel (`tile.rs`). It never copies the left operand: it reads each row through a
//! pointer of its own. The right one is read in panels as wide as a tile: packed, or in place where there are few
//! rows or few columns. A sum takes its products in the order of the inner side, each rounded once where the machine
//! has an instruction for it, and is added to the result after at most 128. So an entry's bits depend on its row, its
//! column and the inner side alone: not on the tile, on how rows are cut between threads, or on the form of the product.
//!
//! Nothing is allocated but one buffer of [`PACK_LEN`] numbers, on a thread's first product that packs.

mod bf16;
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

pub use bf16::{BF16_PACK_BYTES, gemm_bf16, has_bf16_tiles, matmul_bf16_into};
pub use blocks::PACK_LEN;
pub use general::general;
pub use indirect::{Indirect, RightOperand, gemm_indirect};
pub use packed::{gemm_packed, pack, packed_len};
pub use product::{gemm, matmul_into};
