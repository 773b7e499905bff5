//! The JSON Schema of the spec language, made from the types that parse it.

use super::raw::RawProbe;
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::Value as Json;

/// The schema as a value.
pub fn schema() -> Json {
    SchemaGenerator::new(SchemaSettings::draft2020_12()).into_root_schema_for::<RawProbe>().to_value()
}

/// The schema as the text of a file, with a line end.
pub fn schema_text() -> String {
    format!("{:#}\n", schema())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_copy_is_current() {
        let committed = include_str!("../../../specs/schema.json");
        assert!(
            committed == schema_text(),
            "specs/schema.json is stale; write it anew with `runner schema > specs/schema.json`"
        );
    }

    #[test]
    fn every_scorer_and_metric_is_in_it() {
        let text = schema_text();
        for name in scorers::scorer::ScorerConfig::NAMES {
            assert!(text.contains(&format!("\"{name}\": {{")), "{name}");
        }
        for (name, _) in scorers::metric::catalogue() {
            assert!(text.contains(&format!("\"{name}\": {{")), "{name}");
        }
    }
}
