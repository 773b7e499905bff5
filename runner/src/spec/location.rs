//! Where every key and value of a YAML file stands, so that an error that is found long after
//! parsing still points at its line.
//!
//! The tree is only built when there is an error to place.

mod written;

use serde_yaml::granit_parser::{Event, Options, Parser, ScalarStyle, Span};
use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

pub use written::Rewritten;

/// Merge keys that are followed one after the other.
const MAX_MERGES: usize = 16;

/// Which part of an entry is meant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum EntryPart {
    /// The key.
    Key,
    /// The value; the key instead where the value goes over several lines.
    Value,
    /// The first occurrence of some text in the value; the value where it does not occur.
    Text(String),
}

/// The keys and values of a file.
#[derive(Debug)]
pub struct Locations<'a> {
    source: &'a str,
    root: Node,
    /// The nodes that aliases stand for.
    anchors: HashMap<usize, Node>,
}

#[derive(Clone, Debug, Default)]
struct Node {
    key: Option<Range<usize>>,
    value: Range<usize>,
    alias: Option<usize>,
    /// Written without quotes.
    plain: bool,
    children: Children,
}

#[derive(Clone, Debug, Default)]
enum Children {
    #[default]
    None,
    Items(Vec<Node>),
    Entries(Vec<(String, Node)>),
}

impl Node {
    /// The nodes directly inside.
    fn inner(&self) -> Box<dyn Iterator<Item = &Self> + '_> {
        match &self.children {
            Children::None => Box::new(std::iter::empty()),
            Children::Items(items) => Box::new(items.iter()),
            Children::Entries(entries) => Box::new(entries.iter().map(|(_, node)| node)),
        }
    }

    /// Key and value.
    fn whole(&self) -> Range<usize> {
        self.key.as_ref().map_or(self.value.start, |key| key.start)..self.value.end
    }
}

impl<'a> Locations<'a> {
    /// The locations in a text that has been parsed before; what comes after the first syntax error
    /// is left out.
    pub fn of(source: &'a str) -> Self {
        let mut builder = Builder::default();
        let mut options = Options::default();
        options.block_nesting_limit = 256;
        for event in Parser::new_from_str_with_options(source, options) {
            let Ok((event, span)) = event else { break };
            builder.event(event, bytes(source, &span));
        }
        builder.finish(source)
    }

    /// The byte range to underline for a path such as `score.clarifies.grounding_act.turn` or
    /// `dialogue[2].user`. A path that leads nowhere means its longest part that leads somewhere.
    pub fn range(&self, path: &str, part: &EntryPart) -> Range<usize> {
        let mut node = &self.root;
        let mut whole = true;
        for segment in segments(path) {
            match self.child(node, &segment, 0) {
                Some(child) => node = child,
                None => {
                    whole = false;
                    break;
                }
            }
        }
        let value = self.trimmed(node.value.clone());
        let key = node.key.clone().unwrap_or_else(|| self.first_key(node).unwrap_or_else(|| value.clone()));
        match part {
            EntryPart::Key => key,
            EntryPart::Text(text) if whole => self.occurrence(value.clone(), text).unwrap_or(value),
            EntryPart::Value | EntryPart::Text(_) => {
                let long = self.source.get(value.clone()).is_some_and(|text| text.contains('\n'));
                if long || value.is_empty() { key } else { value }
            }
        }
    }

    /// What to underline for the innermost map around a byte offset: its key, or else its first key.
    pub fn map_around(&self, offset: usize) -> Option<Range<usize>> {
        let mut found = None;
        let mut next = Some(&self.root);
        while let Some(node) = next {
            if matches!(node.children, Children::Entries(_)) {
                found = Some(node);
            }
            // A key belongs to the map around it.
            next = node.inner().find(|child| child.value.contains(&offset));
        }
        found.and_then(|node| node.key.clone().or_else(|| self.first_key(node)))
    }

    /// The value of the key that begins at a byte offset.
    pub fn value_of_key_at(&self, offset: usize) -> Option<Range<usize>> {
        let mut next = Some(&self.root);
        while let Some(node) = next {
            let inside = |child: &&Node| child.whole().contains(&offset);
            next = node.inner().find(inside);
            if let Some(child) =
                next.filter(|child| child.key.as_ref().is_some_and(|key| key.start == offset))
            {
                let value = self.trimmed(child.value.clone());
                return (!value.is_empty()).then_some(value);
            }
        }
        None
    }

    /// Every key that its map has already: the path of the second one, and the key.
    pub fn doubles(&self) -> Vec<(String, String)> {
        fn walk(node: &Node, path: &str, found: &mut Vec<(String, String)>) {
            match &node.children {
                Children::None => {}
                Children::Items(items) => {
                    for (index, item) in items.iter().enumerate() {
                        walk(item, &format!("{path}[{index}]"), found);
                    }
                }
                Children::Entries(entries) => {
                    let mut seen = HashSet::new();
                    for (key, node) in entries {
                        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                        if key != "<<" && !seen.insert(key.as_str()) {
                            found.push((path.clone(), key.clone()));
                        }
                        walk(node, &path, found);
                    }
                }
            }
        }
        let mut found = Vec::new();
        walk(&self.root, "", &mut found);
        found
    }

    fn child<'n>(&'n self, node: &'n Node, segment: &Segment, depth: usize) -> Option<&'n Node> {
        // An anchor that merges itself would lead round in circles.
        if depth > MAX_MERGES {
            return None;
        }
        let node = node.alias.and_then(|id| self.anchors.get(&id)).unwrap_or(node);
        match (&node.children, segment) {
            (Children::Items(items), Segment::Index(index)) => items.get(*index),
            (Children::Entries(entries), Segment::Key(key)) => entries
                .iter()
                .rfind(|(name, _)| name == key)
                .map(|(_, child)| child)
                .or_else(|| self.merged(entries, segment, depth + 1)),
            _ => None,
        }
    }

    /// An entry that comes in by a merge key.
    fn merged<'n>(
        &'n self,
        entries: &'n [(String, Node)],
        segment: &Segment,
        depth: usize,
    ) -> Option<&'n Node> {
        entries.iter().filter(|(name, _)| name == "<<").find_map(|(_, node)| match &node.children {
            Children::Items(items) => items.iter().find_map(|item| self.child(item, segment, depth)),
            _ => self.child(node, segment, depth),
        })
    }

    fn first_key(&self, node: &Node) -> Option<Range<usize>> {
        match &node.children {
            Children::Entries(entries) => entries.first().and_then(|(_, child)| child.key.clone()),
            _ => None,
        }
    }

    fn trimmed(&self, range: Range<usize>) -> Range<usize> {
        let text = self.source.get(range.clone()).unwrap_or_default();
        range.start..range.start + text.trim_end().len()
    }

    /// Where a text occurs in a range, preferably as a word of its own and inside of a template.
    fn occurrence(&self, range: Range<usize>, needle: &str) -> Option<Range<usize>> {
        let text = self.source.get(range.clone())?;
        if needle.is_empty() {
            return None;
        }
        let word = |character: char| character.is_alphanumeric() || character == '_';
        let alone = |at: &usize| {
            let before = text[..*at].chars().next_back();
            let after = text[at + needle.len()..].chars().next();
            !before.is_some_and(|one| word(one) || one == '.') && !after.is_some_and(word)
        };
        let braces = text.find("{{").into_iter().chain(text.find("{%")).min().unwrap_or(0);
        let places: Vec<usize> = text.match_indices(needle).map(|(at, _)| at).take(1_000).collect();
        let best = places.iter().find(|at| alone(at) && **at >= braces).or_else(|| places.first())?;
        let start = range.start + best;
        Some(start..start + needle.len())
    }
}

/// Byte range of a parser's span.
fn bytes(source: &str, span: &Span) -> Range<usize> {
    let offset = |marker: &serde_yaml::granit_parser::Marker| {
        marker.byte_offset().unwrap_or_else(|| {
            source.char_indices().nth(marker.index()).map_or(source.len(), |(offset, _)| offset)
        })
    };
    offset(&span.start)..offset(&span.end)
}

enum Segment {
    Key(String),
    Index(usize),
}

/// The steps of a path: names between dots, indices in brackets.
fn segments(path: &str) -> Vec<Segment> {
    let mut found = Vec::new();
    for name in path.split('.').filter(|name| !name.is_empty()) {
        let mut rest = name;
        let mut indices = Vec::new();
        while let Some((before, index)) = rest.strip_suffix(']').and_then(|inner| inner.rsplit_once('[')) {
            let Ok(index) = index.parse() else { break };
            indices.push(Segment::Index(index));
            rest = before;
        }
        if !rest.is_empty() {
            found.push(Segment::Key(rest.to_owned()));
        }
        found.extend(indices.into_iter().rev());
    }
    found
}

/// Builds the tree from events, with an explicit stack.
#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Node>,
    anchors: HashMap<usize, Node>,
}

struct Open {
    node: Node,
    anchor: usize,
    /// A key that waits for its value.
    key: Option<(String, Range<usize>)>,
}

impl Builder {
    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        let leaf = |alias| Node { value: range.clone(), alias, ..Node::default() };
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let node = Node { plain: matches!(style, ScalarStyle::Plain), ..leaf(None) };
                self.close(node, anchor, Some(&text));
            }
            Event::Alias(id) => self.close(leaf(Some(id)), 0, Some("*")),
            Event::SequenceStart(_, anchor, _) => {
                let node = Node { children: Children::Items(Vec::new()), ..leaf(None) };
                self.open.push(Open { node, anchor, key: None });
            }
            Event::MappingStart(_, anchor, _) => {
                let node = Node { children: Children::Entries(Vec::new()), ..leaf(None) };
                self.open.push(Open { node, anchor, key: None });
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(mut open) = self.open.pop() {
                    open.node.value.end = range.end.max(open.node.value.start);
                    self.close(open.node, open.anchor, None);
                }
            }
            _ => {}
        }
    }

    /// Hands a finished node to the one around it.
    fn close(&mut self, mut node: Node, anchor: usize, text: Option<&str>) {
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(parent) = self.open.last_mut() else {
            self.root.get_or_insert(node);
            return;
        };
        match &mut parent.node.children {
            Children::Items(items) => items.push(node),
            Children::Entries(entries) => match parent.key.take() {
                None => parent.key = Some((text.unwrap_or("?").to_owned(), node.value)),
                Some((name, key)) => {
                    node.key = Some(key);
                    entries.push((name, node));
                }
            },
            Children::None => {}
        }
    }

    /// The tree, with whatever a syntax error left open closed where it stands.
    fn finish(mut self, source: &str) -> Locations<'_> {
        let end = source.len();
        while !self.open.is_empty() {
            self.event(Event::MappingEnd, end..end);
        }
        Locations { source, root: self.root.unwrap_or_default(), anchors: self.anchors }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "\
probe: a.b
base: &base { turn: reply, act: \"x\" }
score:
  clarifies: { grounding_act: { turn: \"{{ trun }}\", act: x } }
  other: *base
  merged:
    <<: *base
    more: 1
dialogue:
  - user: hällo {{ name }}
  - model: reply
empty:
";

    fn at(path: &str, part: EntryPart) -> &'static str {
        &SOURCE[Locations::of(SOURCE).range(path, &part)]
    }

    #[test]
    fn keys_and_values_are_found() {
        assert_eq!(at("probe", EntryPart::Value), "a.b");
        assert_eq!(at("probe", EntryPart::Key), "probe");
        assert_eq!(at("score.clarifies.grounding_act.act", EntryPart::Value), "x");
        assert_eq!(at("dialogue[1].model", EntryPart::Value), "reply");
        assert_eq!(at("dialogue[0].user", EntryPart::Text("name".into())), "name");
        assert_eq!(at("score.clarifies.grounding_act.turn", EntryPart::Text("trun".into())), "trun");
    }

    #[test]
    fn a_path_that_leads_nowhere_means_its_longest_part_that_does() {
        assert_eq!(at("dialogue[1].model.temperature", EntryPart::Value), "reply");
        assert_eq!(at("nothing.at[3].all", EntryPart::Key), "probe");
        assert_eq!(at("score", EntryPart::Value), "score");
        assert_eq!(at("empty", EntryPart::Value), "empty");
    }

    #[test]
    fn aliases_and_merges_lead_to_what_they_stand_for() {
        assert_eq!(at("score.other.act", EntryPart::Value), "\"x\"");
        assert_eq!(at("score.merged.turn", EntryPart::Value), "reply");
        assert_eq!(at("score.merged.more", EntryPart::Value), "1");
    }

    #[test]
    fn an_offset_leads_to_its_map_and_to_its_value() {
        let locations = Locations::of(SOURCE);
        let offset = |text: &str| SOURCE.find(text).unwrap();
        assert_eq!(&SOURCE[locations.map_around(offset("more: 1")).unwrap()], "merged");
        assert_eq!(&SOURCE[locations.map_around(offset("score")).unwrap()], "probe");
        assert_eq!(&SOURCE[locations.value_of_key_at(offset("more: 1")).unwrap()], "1");
        assert_eq!(locations.value_of_key_at(offset("a.b")), None);
    }

    #[test]
    fn text_that_is_no_yaml_does_not_panic() {
        for source in
            ["a: &a { <<: *a }", "", "{", "[[[", "a: [b", "&a *a", "? x", "\u{feff}", "- - - :", "a: *a"]
        {
            let _ = Locations::of(source).range("a.b[0]", &EntryPart::Value);
        }
    }
}
