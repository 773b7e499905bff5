//! An arm while its probe is resolved.

use super::dialogue;
use reports::record::{ArmRecord, CaseRecord, Unfilled};
use scorers::template::Variables;
use std::collections::BTreeSet;

/// An arm while its probe is resolved.
pub(super) struct Arm {
    pub(super) name: String,
    pub(super) record: ArmRecord,
    pub(super) dialogue: dialogue::Built,
}

impl Arm {
    /// The variables of a case in this arm, and the texts under `set` that cannot be filled in.
    pub(super) fn variables(&self, case: &CaseRecord) -> (Variables, Vec<Unfilled>) {
        case.fill_in(Some((&self.name, &self.record)))
    }

    /// The cases that run in this arm.
    pub(super) fn cases<'a>(&self, cases: &'a [CaseRecord]) -> impl Iterator<Item = &'a CaseRecord> {
        cases.iter().filter(|case| case.arm.as_ref().is_none_or(|own| *own == self.name))
    }

    /// Every name that some case has a variable under in this arm, before anything was said.
    pub(super) fn names<'a>(&'a self, cases: &'a [CaseRecord]) -> BTreeSet<&'a str> {
        let mut names: BTreeSet<&str> = BTreeSet::from(["id"]);
        names.extend((!self.name.is_empty()).then_some("arm"));
        names.extend(cases.iter().any(|case| case.pair.is_some()).then_some("pair"));
        names.extend(cases.iter().flat_map(|case| case.variables.keys()).map(String::as_str));
        names.extend(self.record.set.keys().map(String::as_str));
        names
    }
}
