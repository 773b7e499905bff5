//! The beginning of a GGUF file.

use super::config::on_disk;
use runner::engine::model_files;

pub(super) fn check(input: &[u8]) {
    on_disk("model.gguf", input, |path| {
        let found = model_files::gguf(path);
        assert_eq!(model_files::gguf(path), found, "it changed its mind");
        assert!(found.quantisation.is_none_or(|kinds| !kinds.is_empty()));
    });
}
