//! Threads: one rayon pool per run, so that the caller's own pool is left alone.

use tunesmith_tensor::Par;

use crate::{Error, Kind};

/// The number of threads a request means: 0 is one per core.
pub(crate) fn count(wanted: usize) -> usize {
    if wanted > 0 { wanted } else { std::thread::available_parallelism().map_or(1, usize::from) }
}

/// Runs `work` in a pool of that many threads and tells it how to loop.
pub(crate) fn within<R: Send>(threads: usize, work: impl FnOnce(Par) -> R + Send) -> Result<R, Error> {
    if threads == 1 {
        return Ok(work(Par::Seq));
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool
        .map_err(|error| Error::new(Kind::Training, format!("{threads} threads cannot be had: {error}")))?;
    Ok(pool.install(|| work(Par::Rayon)))
}
