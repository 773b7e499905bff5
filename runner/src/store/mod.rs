//! The one module that touches the disk.

mod again;
mod baseline;
mod disk;
mod error;
mod journal;
mod run;

pub use baseline::{BASELINES, Baselines};
pub use disk::{
    Disk, absolute, exists, file_size, files_with_extension, folder_of, hash_files, is_folder, new_folder,
    read_beginning, read_piece, read_text, remove_empty_folder, same_file, transform, unpack, weight_files,
    weights_size, write_atomically,
};
pub use error::StoreError;
pub use journal::{Journal, JournalError};
pub use run::{JOURNAL, RunDirectory, SCORES, TIMING};
