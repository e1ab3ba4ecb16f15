//! Convolution of images `[rows, height, width, channels]`: the product, and its two transposes for derivatives.
//!
//! An output pixel is a row of a matrix product: the input pixels under the kernel, side by side, times the kernel as a
//! matrix `[height * width * channels, outputs]`. These rows are never laid out: the product reads them where they are
//! ([`gemm_indirect`](super::gemm::gemm_indirect)), in a copy of the image that has its padding. So does the derivative by the weights, and by the
//! input where the kernel moves by one pixel; with longer strides that one scatters a tile of rows at a time.

mod depthwise;
mod products;
mod sizes;

pub use products::{convolve, convolve_back, convolve_weight};
pub use sizes::Conv;
