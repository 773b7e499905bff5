//! The header of a safetensors file, as UQFF files are.

use super::config::on_disk;
use runner::engine::{footprint::Footprint, model_files, reference::ModelReference};

pub(super) fn check(input: &[u8]) {
    on_disk("model.uqff", input, |path| {
        let reference = ModelReference::parse(&path.to_string_lossy()).expect("a model lies around it");
        assert!(model_files::quantisation(&reference).is_none_or(|kinds| !kinds.is_empty()));
        let footprint = Footprint::of(&reference).unwrap_or_default();
        assert_eq!(footprint.in_memory(4, None), footprint.weights);
    });
}
