//! Grading and comparing use all cores, whatever the engine was given.

use crate::error::Error;

/// Runs work in a pool of its own with a thread per core.
pub(crate) fn on_all_cores<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, Error> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(cores).build();
    Ok(pool.map_err(|error| Error::Report(error.to_string()))?.install(work))
}
