//! The limit on the memory of the process of an engine.
//!
//! `RLIMIT_DATA` counts what the process can write to (since Linux 4.7), and not what it maps to read, such as a file of
//! weights: `RLIMIT_AS` would count that as well, and the reserves of every allocator.

/// Sets the limit for this process, for good.
///
/// # Errors
/// When the system refuses.
#[cfg(target_os = "linux")]
pub(super) fn apply(bytes: u64) -> std::io::Result<()> {
    use nix::sys::resource::{Resource, setrlimit};
    setrlimit(Resource::RLIMIT_DATA, bytes, bytes).map_err(std::io::Error::from)
}

/// Elsewhere there is no such limit, and settings with one are refused before.
#[cfg(not(target_os = "linux"))]
pub(super) fn apply(_bytes: u64) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}
