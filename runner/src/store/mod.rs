//! The one module that touches the disk.

mod again;
mod baseline;
mod disk;
mod error;
mod files;
mod index;
mod journal;
mod lines;
mod lock;
mod models;
mod names;
mod run;
mod temporary;

pub use baseline::{BASELINES, Baselines};
pub use disk::{
    Disk, MAX_TEXT, absolute, beside, canonical, exists, file_size, files_with_extension, is_file, is_folder,
    new_folder, read_beginning, read_piece, read_text, remove_empty_folder, same_file, stays_in, try_folder,
    write_atomically, write_with,
};
pub use error::{JournalError, StoreError};
pub use files::Files;
pub use journal::{Finished, Journal};
pub use models::{TemporaryFolder, hash_files, transform, unpack, weight_files, weights_size};
pub use names::{folded, folder_of, is_portable};
pub use run::{JOURNAL, RunDirectory, SCORES, Survey, TIMING};
pub use temporary::{be_ended_first, remove_temporary};
