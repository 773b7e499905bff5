//! The rooms of a crate know each other in one direction: no circle goes through the folders of its sources.
//!
//! Each source is parsed, and every path in it that leads into another room of its crate is an arrow. What only tests see does not count.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};
use support::root;
use syn::visit::{self, Visit};

/// Arrows between rooms, with a file that makes each.
type Arrows = BTreeMap<String, BTreeMap<String, String>>;

/// The paths in a source that begin at its crate or at a module above it, but for those that only tests see.
#[derive(Default)]
struct Paths(Vec<Vec<String>>);

fn only_in_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"))
    })
}

impl Paths {
    fn add(&mut self, path: Vec<String>) {
        if matches!(path.first().map(String::as_str), Some("crate" | "super")) {
            self.0.push(path);
        }
    }

    fn used(&mut self, tree: &syn::UseTree, before: &[String]) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.used(&path.tree, &with(&path.ident)),
            syn::UseTree::Name(name) => self.add(with(&name.ident)),
            syn::UseTree::Rename(renamed) => self.add(with(&renamed.ident)),
            syn::UseTree::Glob(_) => self.add(before.to_vec()),
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.used(item, before)),
        }
    }
}

impl<'a> Visit<'a> for Paths {
    fn visit_item(&mut self, item: &'a syn::Item) {
        let attributes = match item {
            syn::Item::Mod(item) => &item.attrs,
            syn::Item::Use(item) => &item.attrs,
            syn::Item::Fn(item) => &item.attrs,
            syn::Item::Impl(item) => &item.attrs,
            _ => return visit::visit_item(self, item),
        };
        if !only_in_tests(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        self.used(&item.tree, &[]);
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        self.add(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }
}

/// The modules of a source file, from the crate on: `engine`, `model_files`, `sizes` for `engine/model_files/sizes.rs`.
fn module(source: &Path) -> Vec<String> {
    let mut parts: Vec<String> =
        source.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if matches!(parts.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        parts.pop();
    }
    parts
}

/// The room that a path in a module leads into.
fn room(module: &[String], path: &[String]) -> Option<String> {
    let up = path.iter().take_while(|part| *part == "super").count();
    let mut whole: Vec<&String> = match path.first()?.as_str() {
        "crate" => Vec::new(),
        _ => module.iter().take(module.len().checked_sub(up)?).collect(),
    };
    whole.extend(&path[up.max(1)..]);
    whole.first().map(|room| (*room).clone())
}

fn sources(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder can be read").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Files that hold nothing but tests and what these need.
fn is_test(path: &Path) -> bool {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    ["tests", "fixtures", "fixture", "browser"].iter().any(|end| stem.ends_with(end))
        || stem.ends_with("_tests")
}

fn arrows(sources_of: &str) -> Arrows {
    let folder = root().join(sources_of);
    let mut files = Vec::new();
    sources(&folder, &mut files);
    let rooms: BTreeSet<String> =
        files.iter().filter_map(|file| module(file.strip_prefix(&folder).ok()?).first().cloned()).collect();
    let mut arrows = Arrows::new();
    for file in files.iter().filter(|file| !is_test(file)) {
        let relative = file.strip_prefix(&folder).expect("below the folder");
        let own = module(relative);
        let Some(from) = own.first() else { continue };
        let text = fs::read_to_string(file).expect("a source is text");
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let mut paths = Paths::default();
        paths.visit_file(&parsed);
        for to in paths.0.iter().filter_map(|path| room(&own, path)) {
            if to != *from && rooms.contains(&to) {
                arrows.entry(from.clone()).or_default().entry(to).or_insert(relative.display().to_string());
            }
        }
    }
    arrows
}

/// The rooms that know each other in a circle: what is left when those are taken away, again and again, that know no other one or that
/// no other one knows.
fn circle(arrows: &Arrows) -> Vec<String> {
    let mut left: BTreeMap<&String, BTreeSet<&String>> =
        arrows.iter().map(|(from, to)| (from, to.keys().collect())).collect();
    loop {
        let names: BTreeSet<&String> = left.keys().copied().collect();
        let known: BTreeSet<&String> = left.values().flatten().copied().collect();
        let free = |from: &&String| left[*from].is_disjoint(&names) || !known.contains(*from);
        let free: Vec<&String> = names.iter().copied().filter(free).collect();
        if free.is_empty() {
            return left.into_keys().cloned().collect();
        }
        free.into_iter().for_each(|room| drop(left.remove(room)));
    }
}

#[test]
fn no_circle_goes_through_the_rooms_of_a_crate() {
    for crate_sources in ["scorers/src", "reports/src", "runner/src"] {
        let arrows = arrows(crate_sources);
        let circle = circle(&arrows);
        let within: Vec<String> = circle
            .iter()
            .flat_map(|from| arrows[from].iter().map(move |(to, file)| (from, to, file)))
            .filter(|(_, to, _)| circle.contains(to))
            .map(|(from, to, file)| format!("{from} → {to} ({file})"))
            .collect();
        assert!(within.is_empty(), "{crate_sources}: {}", within.join(", "));
    }
}

/// The floors of the runner, the highest first; what stands beside them serves all.
const FLOORS: [&[&str]; 5] = [&["cli"], &["session"], &["execute"], &["spec", "engine"], &["store"]];

#[test]
fn the_rooms_of_the_runner_stand_on_each_other() {
    let arrows = arrows("runner/src");
    let floor = |room: &str| FLOORS.iter().position(|rooms| rooms.contains(&room));
    for (from, to) in &arrows {
        for (to, file) in to {
            if let Some((from_floor, to_floor)) = floor(from).zip(floor(to)) {
                assert!(from_floor < to_floor, "{from} must not know {to} ({file})");
            }
        }
    }
    assert!(arrows["session"].contains_key("execute") && arrows["execute"].contains_key("engine"));
}

#[test]
fn the_check_finds_what_there_is() {
    let arrows = arrows("runner/src");
    assert!(arrows["cli"].contains_key("engine") && arrows["execute"].contains_key("engine"), "{arrows:?}");
    let source = "
        use super::super::b::{c, d as e};
        #[cfg(test)] mod tests { use crate::hidden::X; }
        fn f() -> crate::g::H { super::i::j() }
    ";
    let mut paths = Paths::default();
    paths.visit_file(&syn::parse_file(source).expect("it is Rust"));
    let own = ["a".to_owned(), "x".to_owned()];
    let rooms: Vec<_> = paths.0.iter().filter_map(|path| room(&own, path)).collect();
    assert_eq!(rooms, ["b", "b", "g", "a"]);
    let name = |name: &str| name.to_owned();
    let round = |pairs: &[(&str, &str)]| -> Arrows {
        pairs.iter().fold(Arrows::new(), |mut all, (from, to)| {
            all.entry(name(from)).or_default().insert(name(to), String::new());
            all
        })
    };
    assert_eq!(circle(&round(&[("a", "b"), ("b", "c")])), Vec::<String>::new());
    assert_eq!(circle(&round(&[("a", "b"), ("b", "c"), ("c", "b")])), ["b", "c"].map(name));
}
