//! Bytes of a file, decompressed when they are compressed, and the text in them.

use std::io::Read as _;
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::{Error, Why};

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The content of a file; gzip is recognised by its first bytes, whatever the name.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, Error> {
    let shown = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|source| {
        let why = if source.kind() == std::io::ErrorKind::NotFound {
            Why::NotFound { nearest: nearest_file(path), start: Some("the recipe's folder") }
        } else {
            Why::Unreadable { source }
        };
        Error::new(&shown, why)
    })?;
    if bytes.starts_with(&GZIP_MAGIC) {
        gunzip(&bytes).map_err(|error| error.within(&shown))
    } else if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("gz")) && !bytes.is_empty() {
        Err(Error::new(shown, Why::NotGzip))
    } else {
        Ok(bytes)
    }
}

/// What gzip compressed.
pub(crate) fn gunzip(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let mut content = Vec::new();
    let read = MultiGzDecoder::new(bytes).read_to_end(&mut content);
    read.map_err(|source| Error::from(Why::Unreadable { source }))?;
    Ok(content)
}

fn nearest_file(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    files.sort_unstable(); // the system lists files in any order
    tunesmith_core::nearest(name, files.iter().map(String::as_str)).map(str::to_owned)
}

/// The text of a file without its byte order mark.
pub(crate) fn text(bytes: Vec<u8>) -> Result<String, Error> {
    let looks_like = match bytes[..] {
        [0xff, 0xfe, ..] => Some("UTF-16 (little endian)"),
        [0xfe, 0xff, ..] => Some("UTF-16 (big endian)"),
        _ => None,
    };
    let mut text = String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count() as u64;
        Error::from(Why::NotUtf8 { line, looks_like })
    })?;
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    if text.trim().is_empty() { Err(Why::Empty.into()) } else { Ok(text) }
}
