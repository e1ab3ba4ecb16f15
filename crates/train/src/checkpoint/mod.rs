//! Weights as safetensors: PyTorch's names and layouts, readable by any tool that reads the format.

use std::fmt;
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use tunesmith_nn::Sequential;

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

/// Reads the weights of a model; tensors the model does not have are ignored.
///
/// # Errors
/// When the bytes are not of the format, or a parameter is missing or of another shape.
pub fn from_bytes(model: &Sequential, bytes: &[u8]) -> Result<Vec<f32>, Error> {
    let file = SafeTensors::deserialize(bytes).map_err(|source| Error::Format { source })?;
    let mut slab = Vec::new();
    for param in model.params() {
        let Ok(view) = file.tensor(&param.name) else {
            let found = file.names().into_iter().map(ToString::to_string).collect();
            return Err(Error::Missing { name: param.name, found });
        };
        let values: Vec<f32> = match view.dtype() {
            Dtype::F32 => {
                view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
            }
            Dtype::F64 => view
                .data()
                .chunks_exact(8)
                .map(|b| f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]) as f32)
                .collect(),
            _ => Vec::new(),
        };
        if view.shape() != param.shape.dims() || values.len() != param.shape.numel() {
            return Err(Error::Mismatch {
                name: param.name,
                expected: format!("F32 {}", param.shape),
                found: format!("{:?} {:?}", view.dtype(), view.shape()),
            });
        }
        slab.extend(values);
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
    let bytes =
        std::fs::read(path).map_err(|source| Error::File { path: path.display().to_string(), source })?;
    from_bytes(model, &bytes)
}
