//! `grice schema`, `grice scorers` and `grice metrics`: what the spec language knows.

use super::{args::CatalogueArgs, output};
use crate::{error::Error, policy, spec};
use scorers::catalogue::Entry;
use std::fmt::Write;

/// Prints the JSON Schema of specs or of gate policies.
pub(super) fn schema(gate: bool) -> Result<u8, Error> {
    output::text(&if gate { policy::schema_text() } else { spec::schema_text() })
}

/// Lists the scorers.
pub(super) fn scorers(arguments: &CatalogueArgs) -> Result<u8, Error> {
    list("scorer", scorers::scorer::catalogue(), arguments)
}

/// Lists the metrics.
pub(super) fn metrics(arguments: &CatalogueArgs) -> Result<u8, Error> {
    let entry = |(name, schema): (_, schemars::Schema)| scorers::catalogue::entry(name, schema.as_value());
    list("metric", scorers::metric::catalogue().into_iter().map(entry).collect(), arguments)
}

fn list(what: &str, entries: Vec<Entry>, arguments: &CatalogueArgs) -> Result<u8, Error> {
    let wanted = |entry: &&Entry| arguments.name.as_ref().is_none_or(|name| *name == entry.name);
    let chosen: Vec<&Entry> = entries.iter().filter(wanted).collect();
    if chosen.is_empty() {
        let names: Vec<&str> = entries.iter().map(|entry| entry.name).collect();
        let name = arguments.name.as_deref().unwrap_or_default();
        return Err(Error::Usage(format!("there is no {what} `{name}`; there are {}", names.join(", "))));
    }
    let mut text = String::new();
    for entry in chosen {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}\n    {}", entry.name, entry.about.replace('\n', "\n    "));
        for parameter in &entry.parameters {
            let optional = if parameter.required { "" } else { ", optional" };
            let description = parameter.about.replace('\n', "\n        ");
            let _ = writeln!(
                text,
                "    {} ({}{optional})\n        {description}",
                parameter.name, parameter.kind
            );
        }
        text.push('\n');
    }
    output::text(&text)
}
