//! `idx`: a folder of images and labels in the form of MNIST, plain or compressed with gzip.

use std::path::{Path, PathBuf};

use tunesmith_core::{Describe, Param, register};

use super::{Source, SourceEntry};
use crate::read::read_bytes;
use crate::{Column, Error, Field, Frame, RawDataset, RawTarget, Values, Why};

/// A folder with `train-images-idx3-ubyte`, `train-labels-idx1-ubyte` and, if they are there, the same two files of
/// the test part, `t10k-...`; plain or with `.gz`.
///
/// Images of the test part are held out: a split takes them as its test part. Pixels stay whole numbers from 0 to
/// 255 until a step prepares them, one column each, called `pixel_ROW_COLUMN`.
#[derive(Clone, Debug)]
pub struct Idx {
    /// The folder; a relative path starts at the recipe's folder.
    pub path: String,
    /// "image" for `[1, height, width]`, "flat" for lists of numbers.
    pub shape: String,
}

impl Default for Idx {
    fn default() -> Self {
        Self { path: String::new(), shape: "image".into() }
    }
}

impl Describe for Idx {
    const NAME: &'static str = "idx";
    const ABOUT: &'static str = "a folder of images and labels in the form of MNIST";
    const SOURCE: &'static str = "LeCun, Cortes & Burges, The MNIST database, \"File formats\"";
    const PARAMS: &'static [Param<Self>] = &[
        Param::text("path", |s: &mut Self| &mut s.path, "the folder; relative to the recipe's folder"),
        Param::name(
            "shape",
            &["image", "flat"],
            |s: &mut Self| &mut s.shape,
            "how a sample is seen: [1, height, width] or a list",
        ),
    ];
}

impl Source for Idx {
    fn open(&self, base: &Path) -> Result<RawDataset, Error> {
        if self.path.is_empty() {
            let why = tunesmith_core::Why::Missing { expected: "{ idx = \"folder\" }".into() };
            return Err(tunesmith_core::Error::new("data.source.idx.path", why).into());
        }
        let folder = base.join(&self.path);
        let mut images = Images::read(&find(&folder, "train-images-idx3-ubyte"))?;
        let mut labels = labels(&find(&folder, "train-labels-idx1-ubyte"), images.count)?;
        let trained = images.count;
        let test = find(&folder, "t10k-images-idx3-ubyte");
        if test.exists() {
            let more = Images::read(&test)?;
            labels.extend(self::labels(&find(&folder, "t10k-labels-idx1-ubyte"), more.count)?);
            images.append(more, &test)?;
        }
        let mut names: Vec<u8> = labels.clone();
        names.sort_unstable();
        names.dedup();
        let codes = labels.iter().map(|label| names.partition_point(|name| name < label) as i64).collect();
        let target = RawTarget::Classes {
            name: "label".into(),
            names: names.iter().map(u8::to_string).collect(),
            codes,
        };
        let shape = (self.shape == "image").then(|| vec![1, images.height, images.width]);
        let rows = images.count;
        let mut raw = RawDataset::new(folder.display().to_string(), images.frame(), target)?;
        raw.shape = shape;
        raw.held_out = (rows > trained).then_some(trained..rows);
        Ok(raw)
    }

    /// Reads a file of images; they must have the pixels that were trained on.
    fn open_new(&self, path: &Path, fields: &[Field]) -> Result<Frame, Error> {
        let frame = Images::read(path).map_err(Error::of_new_file)?.frame();
        let missing = fields.iter().find(|field| frame.column(&field.name).is_none());
        match missing {
            Some(field) => {
                let why = Why::MissingColumn { name: field.name.clone(), nearest: None };
                Err(Error::new(path.display().to_string(), why))
            }
            None => Ok(frame),
        }
    }
}

/// The file as it is called, or with .gz.
fn find(folder: &Path, name: &str) -> PathBuf {
    let compressed = folder.join(format!("{name}.gz"));
    if compressed.exists() { compressed } else { folder.join(name) }
}

/// Images of one size, row after row.
struct Images {
    pixels: Vec<u8>,
    count: usize,
    height: usize,
    width: usize,
}

impl Images {
    fn read(path: &Path) -> Result<Self, Error> {
        let (sizes, pixels) = parse(path, 3)?;
        Ok(Self { pixels, count: sizes[0], height: sizes[1], width: sizes[2] })
    }

    fn append(&mut self, other: Self, path: &Path) -> Result<(), Error> {
        let (mine, others) = ((self.height, self.width), (other.height, other.width));
        if mine != others {
            let because = format!("images of {others:?} pixels, those to train on have {mine:?}");
            return Err(bad(path, because));
        }
        self.pixels.extend(other.pixels);
        self.count += other.count;
        Ok(())
    }

    fn frame(&self) -> Frame {
        let size = self.height * self.width;
        let column = |place: usize| {
            let cells = self.pixels.iter().skip(place).step_by(size).copied().collect();
            let (row, column) = (place / self.width, place % self.width);
            Column::new(format!("pixel_{row}_{column}"), Values::Bytes(cells))
        };
        Frame::new((0..size).map(column).collect())
    }
}

fn labels(path: &Path, images: usize) -> Result<Vec<u8>, Error> {
    let (sizes, labels) = parse(path, 1)?;
    if sizes[0] == images {
        Ok(labels)
    } else {
        Err(bad(path, format!("{} labels for {images} images; the files do not belong together", sizes[0])))
    }
}

/// The sizes and the bytes of a file with that many dimensions.
fn parse(path: &Path, dimensions: usize) -> Result<(Vec<usize>, Vec<u8>), Error> {
    let mut bytes = read_bytes(path)?;
    let head = 4 + 4 * dimensions;
    // Two zeros, 8 for unsigned bytes, the number of dimensions.
    if bytes.len() < head || bytes[..4] != [0, 0, 8, dimensions as u8] {
        let because = format!("not an IDX file of unsigned bytes with {dimensions} dimensions");
        return Err(bad(path, because));
    }
    let size = |chunk: &[u8]| chunk.iter().fold(0, |size, &byte| size << 8 | usize::from(byte));
    let sizes: Vec<usize> = bytes[4..head].chunks_exact(4).map(size).collect();
    let total = sizes.iter().try_fold(1_usize, |total, &size| total.checked_mul(size));
    let content = bytes.len() - head;
    if total != Some(content) || content == 0 {
        let because =
            format!("announces {sizes:?} and holds {content} bytes; the file is truncated or empty");
        return Err(bad(path, because));
    }
    Ok((sizes, bytes.split_off(head)))
}

fn bad(path: &Path, because: String) -> Error {
    Error::new(path.display().to_string(), Why::BadIdx { because })
}

register!(SourceEntry, Idx);
