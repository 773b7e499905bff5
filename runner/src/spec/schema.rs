//! The JSON Schema of the spec language, made from the types that parse it.

use super::raw::RawProbe;
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The schema as a value.
pub fn schema() -> Json {
    SchemaGenerator::new(SchemaSettings::draft2020_12()).into_root_schema_for::<RawProbe>().to_value()
}

/// The schema as the text of a file, with a line end.
pub fn schema_text() -> String {
    text_of(&schema())
}

/// A schema as the text of a file. Keys are sorted, because whether a map keeps the order of its
/// keys depends on what else is compiled in.
pub(crate) fn text_of(schema: &Json) -> String {
    format!("{:#}\n", sorted(schema))
}

fn sorted(value: &Json) -> Json {
    match value {
        Json::Object(fields) => {
            let fields: BTreeMap<&String, Json> =
                fields.iter().map(|(key, item)| (key, sorted(item))).collect();
            fields.into_iter().map(|(key, item)| (key.clone(), item)).collect()
        }
        Json::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_copy_is_current() {
        let committed = include_str!("../../../specs/schema.json");
        assert!(
            committed == schema_text(),
            "specs/schema.json is stale; write it anew with `grice schema > specs/schema.json`"
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
