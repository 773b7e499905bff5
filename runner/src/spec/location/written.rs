//! Values that are read as something else than what is written: `3.10` as the number 3.1, `01234` as 1234, `True` as true.
//! A text would say what was read, which nobody notices.

use super::{Locations, Node, Segment, segments};
use scorers::template;
use serde_json::Value as Json;
use std::ops::Range;

/// A value without quotes that a text would say in other words than the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewritten {
    /// Where it is, as a path of the file.
    pub path: String,
    /// Its bytes.
    pub range: Range<usize>,
    /// As the file has it.
    pub written: String,
    /// As a text would say it.
    pub said: String,
}

/// Ways of writing that there is no value; whether a text may say one is decided where it does.
const NOTHING: [&str; 5] = ["", "~", "null", "Null", "NULL"];

impl Locations<'_> {
    /// The values at and below a path that are not said as they are written. `value` is what was read there.
    pub fn rewritten(&self, path: &str, value: &Json) -> Vec<Rewritten> {
        let steps = segments(path);
        let node = steps.iter().try_fold(&self.root, |node, step| self.child(node, step, 0));
        let mut found = Vec::new();
        if let Some(node) = node {
            self.compare(node, value, path, &mut found);
        }
        found
    }

    fn compare(&self, node: &Node, value: &Json, path: &str, found: &mut Vec<Rewritten>) {
        match value {
            Json::String(_) => {}
            Json::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    if let Some(child) = self.child(node, &Segment::Index(index), 0) {
                        self.compare(child, item, &format!("{path}[{index}]"), found);
                    }
                }
            }
            Json::Object(fields) => {
                for (key, item) in fields {
                    if let Some(child) = self.child(node, &Segment::Key(key.clone()), 0) {
                        let dot = if path.is_empty() { "" } else { "." };
                        self.compare(child, item, &format!("{path}{dot}{key}"), found);
                    }
                }
            }
            Json::Number(_) | Json::Bool(_) | Json::Null => {
                let node = node.alias.and_then(|id| self.anchors.get(&id)).unwrap_or(node);
                let range = self.trimmed(node.value.clone());
                let written = self.source.get(range.clone()).unwrap_or_default();
                let said = template::text_of(value);
                let nothing = value.is_null() && NOTHING.contains(&written);
                if node.plain && !nothing && written != said {
                    found.push(Rewritten { path: path.to_owned(), range, written: written.to_owned(), said });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str) -> Vec<(String, String, String)> {
        let value: Json =
            crate::spec::parse::parse("s.yaml", source).unwrap_or_else(|error| panic!("{error:?}"));
        let found = Locations::of(source).rewritten("", &value);
        assert!(found.iter().all(|one| source[one.range.clone()] == one.written));
        found.into_iter().map(|one| (one.path, one.written, one.said)).collect()
    }

    #[test]
    fn what_is_not_said_as_it_is_written_is_found() {
        for written in [
            "3.10",
            "01234",
            "+4930123456",
            "123456789012345678901234567890",
            "0x1F",
            "1e3",
            "1_000",
            "5.00",
            ".5",
            "12e03",
            "0o17",
            "-0.0e0",
            "+1",
            "1.",
            "1E3",
            "0b11",
            "True",
            "FALSE",
            "00",
            "1.50",
            "-01",
        ] {
            let all = found(&format!("a: {written}\nb: [1, {written}]\n"));
            // Whatever the parser takes for a text is said as it stands.
            let value: Json = crate::spec::parse::parse("s", &format!("a: {written}\n")).unwrap();
            if value["a"].as_str() != Some(written) {
                assert_eq!(all.len(), 2, "{written}: {value}");
                assert_eq!((all[1].0.as_str(), all[1].1.as_str()), ("b[1]", written));
            }
        }
    }

    #[test]
    fn what_is_said_as_it_is_written_is_left_alone() {
        for written in [
            "3",
            "-2",
            "0.5",
            "1.0",
            "5.0",
            "true",
            "null",
            "~",
            "",
            "2024-01-01",
            "Yes",
            "12:30",
            "\"3.10\"",
            "'007'",
            "1 000",
            "a 3.10",
        ] {
            assert_eq!(found(&format!("a: {written}\n")), [], "{written}");
        }
    }

    #[test]
    fn aliases_merges_and_json_are_followed() {
        let source = "base: &b { n: 3.10 }\nother: *b\nthird: { <<: *b, m: 1 }\nfourth: [&x 0x10, *x]\n";
        // In the order of the map that the parser makes, which need not be that of the text.
        let mut paths: Vec<String> = found(source).into_iter().map(|one| one.0).collect();
        paths.sort();
        assert_eq!(paths, ["base.n", "fourth[0]", "fourth[1]", "other.n", "third.n"]);
        assert_eq!(
            found(r#"[{"a": 1.50, "b": "1.50", "c": 2}]"#),
            [("[0].a".into(), "1.50".into(), "1.5".into())]
        );
    }
}
