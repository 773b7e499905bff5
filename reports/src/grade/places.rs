//! Where trials stand in the probes of a header, as numbers: probe, case, arm and cluster.

use super::GradeError;
use crate::record::{Header, ProbeRecord};
use indexmap::IndexMap;
use std::collections::HashMap;

/// The case and the arm of a trial, as indices of their probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct CellIndex {
    /// Index of the case.
    pub(crate) case: u32,
    /// Index of the arm; 0 where the probe has none.
    pub(crate) arm: u32,
}

/// The places of all probes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    names: HashMap<String, usize>,
    probes: Vec<ProbePlaces>,
}

/// The places of one probe.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProbePlaces {
    cases: HashMap<String, u32>,
    arms: Vec<String>,
    clusters: Vec<u32>,
    cluster_count: u32,
}

impl Places {
    /// The places that a header knows.
    pub(crate) fn of(header: &Header) -> Self {
        let names = header.probes.iter().enumerate().map(|(index, probe)| (probe.id.clone(), index));
        Self { names: names.collect(), probes: header.probes.iter().map(ProbePlaces::of).collect() }
    }

    /// The index of a probe.
    pub(crate) fn probe(&self, id: &str) -> Option<usize> {
        self.names.get(id).copied()
    }

    /// The places of the probes, in the order of the header.
    pub(crate) fn probes(&self) -> &[ProbePlaces] {
        &self.probes
    }

    /// The index of a trial's probe, and where it stands there.
    ///
    /// # Errors
    /// When the header does not know its probe, its case or its arm.
    pub(crate) fn find(&self, probe: &str, case: &str, arm: &str) -> Result<(usize, CellIndex), GradeError> {
        let unknown = || GradeError::Probe(probe.to_owned());
        let index = self.probe(probe).ok_or_else(unknown)?;
        let places = self.probes.get(index).ok_or_else(unknown)?;
        let found = (places.case(case), places.arms.iter().position(|own| own == arm));
        match found {
            (Some(case), Some(arm)) => Ok((index, CellIndex { case, arm: arm as u32 })),
            (None, _) => Err(GradeError::Case { probe: probe.to_owned(), case: case.to_owned() }),
            (_, None) => Err(GradeError::Arm { probe: probe.to_owned(), arm: arm.to_owned() }),
        }
    }
}

impl ProbePlaces {
    fn of(probe: &ProbeRecord) -> Self {
        let mut names: IndexMap<&str, ()> = IndexMap::new();
        let clusters =
            probe.cases.iter().map(|case| names.insert_full(case.cluster(), ()).0 as u32).collect();
        let mut arms: Vec<String> = probe.arms.keys().cloned().collect();
        if arms.is_empty() {
            arms.push(String::new());
        }
        Self {
            cases: (0..).zip(&probe.cases).map(|(index, case)| (case.id.clone(), index)).collect(),
            arms,
            clusters,
            cluster_count: names.len() as u32,
        }
    }

    /// The index of a case.
    pub(crate) fn case(&self, id: &str) -> Option<u32> {
        self.cases.get(id).copied()
    }

    /// Names of the arms; a probe without arms has one with an empty name.
    pub(crate) fn arms(&self) -> &[String] {
        &self.arms
    }

    /// The cluster of a case: the index of its pair among the pairs, or of the case where it has none.
    pub(crate) fn cluster(&self, case: u32) -> u32 {
        self.clusters.get(case as usize).copied().unwrap_or_default()
    }

    /// How many clusters there are.
    pub(crate) fn clusters(&self) -> u32 {
        self.cluster_count
    }
}
