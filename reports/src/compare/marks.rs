//! What one has to know of a comparison's sides to read its numbers.

use super::outcome::Numbers;
use crate::record::Better;
use crate::summary::marks::end_of;
use scorers::metric::Range;

/// What a reader has to know, as sentences without a full stop.
pub(super) fn limitations(
    numbers: &Numbers,
    range: Option<Range>,
    at_chance: [bool; 2],
    better: Option<Better>,
) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(effective) = numbers.effective_clusters {
        found.push(format!(
            "its {} clusters differ in size and tell as much as {effective:.1} of equal size",
            numbers.clusters
        ));
    }
    let [base, head] = at_chance;
    for (side, quantity, rates, at_chance) in
        [("base", &numbers.base, numbers.base_rates, base), ("head", &numbers.head, numbers.head_rates, head)]
    {
        let end = end_of(quantity.value, range, rates, at_chance, better);
        found.extend(end.map(|what| format!("the {side} is {what}")));
    }
    found
}
