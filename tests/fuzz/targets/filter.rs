//! `--filter`: an expression is refused at its place, or it selects the same after being written out and read again.

use runner::spec::filter::{Filter, Names};

const NAMES: [Names<'static>; 3] = [
    Names { family: "grounding", probe: "grounding.repair", case: "table-open", arm: "open" },
    Names { family: "a", probe: "a", case: "c1", arm: "" },
    Names { family: "ä*", probe: "ä*.\"b\"", case: "case 1", arm: "!" },
];

pub(super) fn check(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    match Filter::parse(&text) {
        Ok(filter) => {
            let written = filter.to_string();
            let again = Filter::parse(&written).unwrap_or_else(|error| panic!("{written:?}: {error}"));
            for names in NAMES {
                assert_eq!(filter.matches(names), again.matches(names), "{written:?}");
            }
            let any = filter.alternatives();
            assert!(
                any.is_empty() || any.iter().any(|one| one.matches(NAMES[0])) == filter.matches(NAMES[0])
            );
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
