//! The layers, one file each.

mod normalized;

mod activation;
mod conv;
mod conv_transpose2d;
mod dense;
mod dropout;
mod flatten;
mod images;
mod pool;
mod prelu;
mod repeat;

mod batch_norm;
mod group_norm;
mod layer_norm;
mod rms_norm;

pub use activation::ActivationLayer;
pub use conv::{Conv1d, Conv2d, Convolution, DepthwiseConv2d};
pub use conv_transpose2d::ConvTranspose2d;
pub use dense::Dense;
pub use dropout::Dropout;
pub use flatten::Flatten;
pub use pool::{AdaptiveAvgPool2d, AvgPool1d, AvgPool2d, MaxPool1d, MaxPool2d, Pooling};
pub use prelu::Prelu;
pub use batch_norm::BatchNorm;
pub use dense::Dense;
pub use dropout::Dropout;
pub use flatten::Flatten;
pub use group_norm::{GroupNorm, InstanceNorm};
pub use layer_norm::LayerNorm;
pub use repeat::Repeat;
pub use rms_norm::RmsNorm;
