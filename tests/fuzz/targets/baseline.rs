//! A baseline: as it is, and with checksums made anew. What can be read is compared with a good one and judged by a gate.

use reports::{
    Format, FormatOptions, Policy, Side,
    baseline::{BaselineError, BaselineReader},
    compare::{self, CompareError},
    render_comparison,
};
use std::sync::LazyLock;

const GOOD: &str = include_str!("../../records/baseline-v2-of-record-v4.jsonl");

static SIDE: LazyLock<Option<Side>> = LazyLock::new(|| side(GOOD.as_bytes()).ok());

pub(super) fn check(input: &[u8]) {
    compared(input);
    compared(support::sealed(&String::from_utf8_lossy(input)).as_bytes());
}

static GATE: LazyLock<Policy> = LazyLock::new(|| {
    let text = r#"{"metrics": [{"metric": "*", "margin": 0.1}]}"#;
    serde_json::from_str(text).expect("it is a policy")
});

/// Why a baseline has no grades.
enum Refused {
    Unreadable(BaselineError),
    Foreign(CompareError),
}

fn side(bytes: &[u8]) -> Result<Side, Refused> {
    let mut reader = BaselineReader::new(bytes).map_err(Refused::Unreadable)?;
    let mut side = Side::new("other", reader.take_record()).map_err(Refused::Foreign)?;
    for trial in reader {
        side.add(&trial.map_err(Refused::Unreadable)?.scores).map_err(Refused::Foreign)?;
    }
    side.settle().map_err(Refused::Foreign)?;
    Ok(side)
}

fn compared(bytes: &[u8]) {
    let other = match side(bytes) {
        Ok(side) => side,
        Err(Refused::Unreadable(error)) => return assert!(!error.to_string().is_empty()),
        Err(Refused::Foreign(error)) => return assert!(!error.to_string().is_empty()),
    };
    let good = SIDE.as_ref().expect("the fixture can be read");
    let options =
        compare::CompareOptions { replicates: 100, permutations: 100, ..compare::CompareOptions::default() };
    for (base, head) in [(good, &other), (&other, good)] {
        match compare::compare(base, std::slice::from_ref(head), &options) {
            Ok(comparison) => {
                let gate = GATE.judge(&comparison);
                for format in Format::ALL {
                    if let Ok(text) =
                        render_comparison(format, &comparison, Some(&gate), &FormatOptions::default())
                    {
                        assert!(!text.is_empty());
                    }
                }
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}
