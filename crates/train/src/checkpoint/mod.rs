//! Weights as safetensors: PyTorch's names and layouts, readable by any tool that reads the format.

mod element;
mod layout;

use std::fmt;
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use tunesmith_nn::Sequential;

pub use layout::Layout;

/// Why weights could not be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The file cannot be read.
    File {
        /// Its path.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The bytes are not of the format.
    Format {
        /// What the format's reader said.
        source: safetensors::SafeTensorError,
    },
    /// A parameter is not there.
    Missing {
        /// Its name.
        name: String,
        /// The names that are there.
        found: Vec<String>,
    },
    /// A parameter has another shape or element type.
    Mismatch {
        /// Its name.
        name: String,
        /// What the model needs.
        expected: String,
        /// What the file has.
        found: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, source } => write!(f, "{path}: {source}"),
            Self::Format { source } => {
                write!(f, "not a whole safetensors file ({source}); train the model again")
            }
            Self::Missing { name, found } => {
                write!(f, "the parameter `{name}` is missing, the file has: {}", found.join(", "))
            }
            Self::Mismatch { name, expected, found } => {
                write!(f, "the parameter `{name}` is {found} in the file, the model needs {expected}")
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File { source, .. } => Some(source),
            Self::Format { source } => Some(source),
            _ => None,
        }
    }
}

/// The weights of a model in safetensors form.
///
/// ```
/// use tunesmith_nn::{Sequential, layers::Dense};
/// use tunesmith_train::checkpoint;
/// let model = Sequential::new([2]).with(Dense::new(1));
/// let bytes = checkpoint::to_bytes(&model, &[1.0, 2.0, 3.0]);
/// assert_eq!(checkpoint::from_bytes(&model, &bytes).unwrap(), [1.0, 2.0, 3.0]);
/// ```
///
/// # Panics
/// When the slab does not have the model's size.
#[must_use]
#[track_caller]
pub fn to_bytes(model: &Sequential, params: &[f32]) -> Vec<u8> {
    let described = model.params();
    let total: usize = described.iter().map(|param| param.shape.numel()).sum();
    assert!(params.len() == total, "the model has {total} parameters, the slab {}", params.len());
    let mut rest = params;
    let bytes: Vec<(String, Vec<usize>, Vec<u8>)> = described
        .iter()
        .map(|param| {
            let (own, after) = rest.split_at(param.shape.numel());
            rest = after;
            (
                param.name.clone(),
                param.shape.dims().to_vec(),
                own.iter().flat_map(|x| x.to_le_bytes()).collect(),
            )
        })
        .collect();
    let views = bytes.iter().map(|(name, shape, bytes)| {
        let view =
            TensorView::new(Dtype::F32, shape.clone(), bytes).expect("as many bytes as the shape asks for");
        (name, view)
    });
    serialize(views, None).expect("names are texts and sizes fit")
}

/// Reads the weights of a model, of PyTorch's names; tensors the model does not have are ignored. Elements may be of 16,
/// 32 or 64 bits, or whole numbers (PyTorch's `num_batches_tracked`).
///
/// # Errors
/// When the bytes are not of the format, or a parameter is missing or of another shape.
pub fn from_bytes(model: &Sequential, bytes: &[u8]) -> Result<Vec<f32>, Error> {
    from_bytes_of(model, bytes, Layout::PyTorch)
}

/// As [`from_bytes`], of a file whose names and axes are of a layout.
///
/// # Errors
/// As [`from_bytes`].
pub fn from_bytes_of(model: &Sequential, bytes: &[u8], layout: Layout) -> Result<Vec<f32>, Error> {
    let file = SafeTensors::deserialize(bytes).map_err(|source| Error::Format { source })?;
    let mut slab = Vec::new();
    for param in model.params() {
        let found =
            layout.names(&param.name).into_iter().find_map(|name| Some((file.tensor(&name).ok()?, name)));
        let Some((view, name)) = found else {
            if layout.may_lack(&param.name) {
                slab.extend(vec![0.0; param.shape.numel()]);
                continue;
            }
            let found = file.names().into_iter().map(ToString::to_string).collect();
            return Err(Error::Missing { name: layout.names(&param.name).join("` or `"), found });
        };
        let axes = layout.axes(&name, view.shape().len());
        let shape: Vec<usize> = axes.iter().map(|&axis| view.shape()[axis]).collect();
        match element::numbers(&view) {
            // PyTorch's scalars are [], other tools write [1].
            Some(values)
                if values.len() == param.shape.numel()
                    && (shape == param.shape.dims() || param.shape.dims().is_empty()) =>
            {
                slab.extend(layout::moved(&values, view.shape(), &axes));
            }
            _ => {
                let turned = if axes.is_sorted() { "" } else { " (inputs and outputs behind)" };
                return Err(Error::Mismatch {
                    name,
                    expected: format!("F32 {}{turned}", param.shape),
                    found: format!("{:?} {:?}", view.dtype(), view.shape()),
                });
            }
        }
    }
    Ok(slab)
}

/// Writes the weights of a model to a file, which is whole or absent.
///
/// # Errors
/// Whatever the file system says.
pub fn save(path: &Path, model: &Sequential, params: &[f32]) -> std::io::Result<()> {
    crate::files::write_whole(path, &to_bytes(model, params))
}

/// Reads the weights of a model from a file.
///
/// # Errors
/// When the file cannot be read, is not of the format, or does not fit the model.
pub fn load(path: &Path, model: &Sequential) -> Result<Vec<f32>, Error> {
    load_of(path, model, Layout::PyTorch)
}

/// As [`load`], of a file whose names and axes are of a layout.
///
/// # Errors
/// As [`load`].
pub fn load_of(path: &Path, model: &Sequential, layout: Layout) -> Result<Vec<f32>, Error> {
    let bytes =
        std::fs::read(path).map_err(|source| Error::File { path: path.display().to_string(), source })?;
    from_bytes_of(model, &bytes, layout)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tunesmith_nn::layers::{BatchNorm, Dense, Embedding, Flatten};

    fn file(tensors: &[(&str, Dtype, &[usize], Vec<u8>)]) -> Vec<u8> {
        let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
            (*name, TensorView::new(*dtype, shape.to_vec(), bytes).unwrap())
        });
        serialize(views, None).unwrap()
    }

    fn floats(values: &[f32]) -> Vec<u8> {
        values.iter().flat_map(|x| x.to_le_bytes()).collect()
    }

    #[test]
    fn every_element_type_is_read() {
        let model = Sequential::new([2]).with(BatchNorm::new());
        // 1.5 and -2 in bfloat16 and half; the smallest half, 2^-24, and its infinity.
        let bytes = file(&[
            ("0.weight", Dtype::BF16, &[2], vec![0xc0, 0x3f, 0x00, 0xc0]),
            ("0.bias", Dtype::F16, &[2], vec![0x00, 0x3e, 0x00, 0xc0]),
            ("0.running_mean", Dtype::F16, &[2], vec![0x01, 0x00, 0x00, 0x7c]),
            (
                "0.running_var",
                Dtype::F64,
                &[2],
                [0.25_f64, 3.0].iter().flat_map(|x| x.to_le_bytes()).collect(),
            ),
            ("0.num_batches_tracked", Dtype::I64, &[], 7_i64.to_le_bytes().to_vec()),
        ]);
        let slab = from_bytes(&model, &bytes).unwrap();
        assert_eq!(slab, [1.5, -2.0, 1.5, -2.0, 2_f32.powi(-24), f32::INFINITY, 0.25, 3.0, 7.0]);
    }

    #[test]
    fn keras_names_and_axes_are_turned() {
        let model = Sequential::new([1])
            .with(Embedding::new(2, 3))
            .with(Flatten)
            .with(Dense::new(2))
            .with(BatchNorm::new());
        let bytes = file(&[
            ("0/embeddings", Dtype::F32, &[2, 3], floats(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])),
            ("2/kernel", Dtype::F32, &[3, 2], floats(&[1.0, 4.0, 2.0, 5.0, 3.0, 6.0])),
            ("2/bias", Dtype::F32, &[2], floats(&[7.0, 8.0])),
            ("3/gamma", Dtype::F32, &[2], floats(&[9.0, 10.0])),
            ("3/beta", Dtype::F32, &[2], floats(&[11.0, 12.0])),
            ("3/moving_mean", Dtype::F32, &[2], floats(&[13.0, 14.0])),
            ("3/moving_variance", Dtype::F32, &[2], floats(&[15.0, 16.0])),
        ]);
        let slab = from_bytes_of(&model, &bytes, Layout::Keras).unwrap();
        let table = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let rest: Vec<f32> = (7..17).map(|i| i as f32).collect();
        assert_eq!(slab, [&table[..], &table, &rest, &[0.0]].concat());
        let error = from_bytes(&model, &bytes).unwrap_err().to_string();
        assert!(error.contains("`0.weight` is missing") && error.contains("0/embeddings"), "{error}");
        let wide = file(&[("0/embeddings", Dtype::F32, &[3, 2], floats(&table))]);
        let error = from_bytes_of(&model, &wide, Layout::Keras).unwrap_err().to_string();
        assert!(error.contains("`0/embeddings` is F32 [3, 2]"), "{error}");
    }
}
