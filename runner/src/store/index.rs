//! Where the trials of a journal stand, by numbers in the place of names: some fifty bytes a trial.

use super::lines::Span;
use reports::record::TrialKey;
use std::collections::HashMap;

/// Probe, case and arm, each by the number of its name, and the sample.
type Numbers = [u32; 4];

/// The finished trials of a journal.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// A number for every name that occurs.
    names: HashMap<Box<str>, u32>,
    spans: HashMap<Numbers, Span>,
}

impl Index {
    /// Enters a trial.
    pub(super) fn insert(&mut self, key: &TrialKey, span: Span) {
        let numbers = [self.enter(&key.probe), self.enter(&key.case), self.enter(&key.arm), key.sample];
        self.spans.insert(numbers, span);
    }

    fn enter(&mut self, name: &str) -> u32 {
        if let Some(number) = self.names.get(name) {
            return *number;
        }
        let number = self.names.len() as u32;
        self.names.insert(name.into(), number);
        number
    }

    fn numbers(&self, key: &TrialKey) -> Option<Numbers> {
        let number = |name: &str| self.names.get(name).copied();
        Some([number(&key.probe)?, number(&key.case)?, number(&key.arm)?, key.sample])
    }

    /// Where a trial stands; none where it is not finished.
    pub(super) fn get(&self, key: &TrialKey) -> Option<Span> {
        self.spans.get(&self.numbers(key)?).copied()
    }

    /// Whether a trial is finished.
    pub(super) fn contains(&self, key: &TrialKey) -> bool {
        self.numbers(key).is_some_and(|numbers| self.spans.contains_key(&numbers))
    }

    /// How many trials are finished.
    pub(super) fn len(&self) -> usize {
        self.spans.len()
    }

    /// The number of samples that the case of a probe with most of them has, as the numbers of its samples tell.
    pub(super) fn samples(&self, probe: &str) -> u32 {
        let Some(probe) = self.names.get(probe) else { return 0 };
        let own = self.spans.keys().filter(|[of, ..]| of == probe);
        own.map(|[.., sample]| sample.saturating_add(1)).max().unwrap_or(0)
    }

    /// Where the trials stand that begin at this byte or behind it, in the order of the file.
    pub(super) fn from(&self, start: u64) -> Vec<Span> {
        let mut spans: Vec<Span> = self.spans.values().filter(|span| span.start >= start).copied().collect();
        spans.sort_unstable_by_key(|span| span.start);
        spans
    }

    /// Moves the trials, which stand in this order of [`Self::from`], to other places.
    pub(super) fn move_to(&mut self, places: Vec<Span>) {
        let mut order: Vec<&mut Span> = self.spans.values_mut().collect();
        order.sort_unstable_by_key(|span| span.start);
        order.into_iter().zip(places).for_each(|(span, place)| *span = place);
    }
}
