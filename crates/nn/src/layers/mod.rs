//! The layers, one file each.

mod normalized;
mod rated;

mod activation;
mod conv;
mod conv_transpose2d;
mod dense;
mod flatten;
mod images;
mod pool;
mod prelu;
mod repeat;

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
pub use flatten::Flatten;
pub use gaussian_dropout::GaussianDropout;
pub use gaussian_noise::GaussianNoise;
pub use group_norm::{GroupNorm, InstanceNorm};
pub use layer_norm::LayerNorm;
pub use repeat::Repeat;
pub use rms_norm::RmsNorm;
pub use spatial_dropout::SpatialDropout;
