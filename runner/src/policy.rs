//! Gate policies: from a YAML file to [`Policy`], as strict as specs and with the same diagnostics.

use crate::spec::{
    Diagnostic, Files,
    files::{MAX_FILE, leads_out, shown},
    location::{EntryPart, Locations},
    parse, schema,
};
use reports::{Policy, Side, compare::PolicyProblem};
use std::path::Path;

/// A policy and the file that it comes from.
#[derive(Clone, Debug)]
pub struct PolicyFile {
    /// What it says.
    pub policy: Policy,
    path: String,
    source: String,
}

impl PolicyFile {
    /// Reads a policy.
    ///
    /// # Errors
    /// Everything that is wrong with it, each at its place.
    pub fn load(path: &Path, files: &dyn Files) -> Result<Self, Vec<Diagnostic>> {
        let name = shown(path);
        leads_out(path, files).map_err(|message| vec![Diagnostic::of_file(&name, message)])?;
        let bytes = files
            .read(path, MAX_FILE)
            .map_err(|error| vec![Diagnostic::of_file(&name, format!("cannot be read: {error}"))])?;
        let is_policy = |text: &str| parse::has_key(text, "metrics");
        let source = parse::decode_known(&name, bytes, is_policy, ("policy of a gate", "metrics"))?;
        let policy: Policy = parse::parse(&name, &source).map_err(|diagnostic| vec![*diagnostic])?;
        let problems = policy.validate();
        let file = Self { policy, path: name, source };
        if problems.is_empty() { Ok(file) } else { Err(file.locate(&problems)) }
    }

    /// Checks that every rule names a metric that the records have.
    ///
    /// # Errors
    /// Every rule that names none, at its place.
    pub fn check<'a>(&self, sides: impl IntoIterator<Item = &'a Side>) -> Result<(), Vec<Diagnostic>> {
        let problems = self.policy.unknown_metrics(sides);
        if problems.is_empty() { Ok(()) } else { Err(self.locate(&problems)) }
    }

    /// Checks that the cases of the records could decide every rule, before samples are spent on one that they could not.
    ///
    /// # Errors
    /// Every metric with too few cases, at the place of its rule.
    pub fn decidable<'a>(&self, sides: impl IntoIterator<Item = &'a Side>) -> Result<(), Vec<Diagnostic>> {
        let problems = self.policy.undecidable(sides);
        if problems.is_empty() { Ok(()) } else { Err(self.locate(&problems)) }
    }

    /// What is wrong with the policy, each at its place in the file.
    pub fn locate(&self, problems: &[PolicyProblem]) -> Vec<Diagnostic> {
        let locations = Locations::of(&self.source);
        let locate = |problem: &PolicyProblem| {
            let range = locations.range(&problem.path, &EntryPart::Value);
            Diagnostic::at(&self.path, &self.source, range, problem.message.clone())
        };
        problems.iter().map(locate).collect()
    }
}

/// The JSON Schema of policies, ending with a line break.
pub fn schema_text() -> String {
    schema::text_of(schemars::schema_for!(Policy).as_value())
}

#[cfg(test)]
mod tests {
    use super::schema_text;

    #[test]
    fn the_committed_copy_is_current() {
        let committed = include_str!("../../specs/gate.schema.json");
        assert!(
            committed == schema_text(),
            "specs/gate.schema.json is stale; write it anew with `grice schema --gate > specs/gate.schema.json`"
        );
    }
}
