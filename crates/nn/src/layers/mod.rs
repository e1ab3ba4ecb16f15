//! The layers, one file each.

mod normalized;
mod rated;

mod activation;
mod conv;
mod conv_transpose2d;
mod dense;
mod embedding;
mod positional_encoding;

mod flatten;
mod images;
mod pool;
mod prelu;
mod reshape;
mod upsample;

mod global_pool;

mod join;
mod repeat;
mod residual;
mod sequential;
mod tagged;

mod batch_norm;
mod group_norm;
mod layer_norm;
mod rms_norm;

mod alpha_dropout;
mod drop_path;
mod dropout;
mod gaussian_dropout;
mod gaussian_noise;
mod spatial_dropout;

pub use activation::ActivationLayer;
pub use conv::{Conv1d, Conv2d, Convolution, DepthwiseConv2d};
pub use conv_transpose2d::ConvTranspose2d;
pub use dense::Dense;
pub use dropout::Dropout;
pub use flatten::Flatten;
pub use pool::{AdaptiveAvgPool2d, AvgPool1d, AvgPool2d, MaxPool1d, MaxPool2d, Pooling};
pub use prelu::Prelu;
pub use alpha_dropout::AlphaDropout;
pub use batch_norm::BatchNorm;
pub use dense::Dense;
pub use drop_path::DropPath;
pub use dropout::Dropout;
pub use embedding::Embedding;
pub use flatten::Flatten;
pub use gaussian_dropout::GaussianDropout;
pub use gaussian_noise::GaussianNoise;
pub use global_pool::{GlobalAvgPool, GlobalMaxPool, PoolSequence};
pub use group_norm::{GroupNorm, InstanceNorm};
pub use join::{Add, Concatenate, Multiply, Parallel};
pub use layer_norm::LayerNorm;
pub use positional_encoding::PositionalEncoding;
pub use repeat::Repeat;
pub use reshape::{Permute, RepeatVector, Reshape};
pub use residual::Residual;
pub use rms_norm::RmsNorm;
pub use sequential::SequentialLayer;
pub use spatial_dropout::SpatialDropout;
pub use tagged::{Recall, Select, Tag};
pub use upsample::Upsample;
