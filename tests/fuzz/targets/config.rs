//! `config.json` of a model's folder, as far as Grice reads it before the engine does.

use runner::engine::{footprint::Footprint, model_files, reference::ModelReference};
use std::{cell::OnceCell, fs, path::Path};

pub(super) fn check(input: &[u8]) {
    on_disk("config.json", input, |path| {
        let folder = path.parent().unwrap_or(path);
        let reference = ModelReference::parse(&folder.to_string_lossy()).expect("it is a model's folder");
        let _ = model_files::quantisation(&reference);
        let footprint = Footprint::of(&reference).unwrap_or_default();
        for context in [None, Some(0), Some(u32::MAX)] {
            let _ = footprint.dialogues(u64::MAX, footprint.in_memory(u64::MAX, Some(u64::MAX)), 2, context);
        }
    });
}

thread_local! {
    static FOLDER: OnceCell<tempfile::TempDir> = const { OnceCell::new() };
}

/// Hands over a file that holds the input.
pub(super) fn on_disk(name: &str, input: &[u8], read: impl FnOnce(&Path)) {
    FOLDER.with(|folder| {
        let folder = folder.get_or_init(|| {
            let folder = tempfile::tempdir().expect("a temporary folder");
            // UQFF files are such only with a model around them.
            fs::write(folder.path().join("config.json"), "{}").expect("it can be written");
            folder
        });
        let path = folder.path().join(name);
        fs::write(&path, input).expect("it can be written");
        read(&path);
    });
}
