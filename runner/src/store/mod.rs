//! The one module that touches the disk.

mod disk;
mod journal;
mod run;

pub use disk::{
    Disk, absolute, file_size, files_with_extension, hash_files, read_text, unpack, weight_files,
    weights_size, write_atomically,
};
pub use journal::{Journal, JournalError};
pub use run::{JOURNAL, RunDirectory, SCORES, StoreError, TIMING};
