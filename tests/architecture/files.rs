//! The files of a crate know each other in one direction, as far as their imports and paths tell.
//!
//! A `mod.rs` is a file like any other: it may call the files of its folder, or hold nouns for them, and not both. What it merely
//! re-exports from its folder is seen through (see `tree`).

use super::{
    source::{Source, crates},
    tree::{Arrow, Tree, circles},
};

/// Files that know each other in a circle because what they describe does, with the reason.
const CIRCLES: [(&[&str], &str); 1] = [(
    &["scorer/mod.rs", "scorer/all.rs", "scorer/any.rs", "scorer/not.rs", "scorer/logic.rs"],
    "a scorer can be made of scorers: the list of all has those in it whose parameters are again of that list",
)];

/// The circles of a crate, each as its files in the order of the crate.
fn found(sources: &[Source], arrows: &[Arrow]) -> Vec<Vec<usize>> {
    let pairs: Vec<(usize, usize)> = arrows.iter().map(|arrow| (arrow.from, arrow.to)).collect();
    circles(sources.len(), &pairs)
}

#[test]
fn no_circle_goes_through_the_files_of_a_crate() {
    let mut allowed = 0;
    for (folder, sources) in crates() {
        let arrows = Tree::new(sources).arrows(sources);
        for circle in found(sources, &arrows) {
            let is_allowed = |(files, _): &(&[&str], &str)| {
                files.len() == circle.len()
                    && circle.iter().all(|file| files.contains(&sources[*file].name.as_str()))
            };
            if CIRCLES.iter().any(is_allowed) {
                allowed += 1;
                continue;
            }
            let within =
                arrows.iter().filter(|arrow| circle.contains(&arrow.from) && circle.contains(&arrow.to));
            let shown: Vec<String> = within
                .map(|Arrow { from, to, path }| {
                    format!("  {} → {} ({path})", sources[*from].name, sources[*to].name)
                })
                .collect();
            panic!("a circle of files in {folder}:\n{}", shown.join("\n"));
        }
    }
    assert_eq!(allowed, CIRCLES.len(), "every exception is still needed");
}

/// The arrows of a small crate, as the names of its files.
fn arrows(files: &[(&str, &[&str], &str)]) -> Vec<(String, String)> {
    let sources: Vec<Source> =
        files.iter().map(|(name, module, text)| Source::of(name, module, text)).collect();
    let name = |file: usize| sources[file].name.clone();
    Tree::new(&sources).arrows(&sources).iter().map(|arrow| (name(arrow.from), name(arrow.to))).collect()
}

#[test]
fn arrows_lead_to_the_file_that_has_it() {
    let door = "mod low; mod high; pub use low::Noun; pub fn own() {}";
    let of = |high: &str| {
        let files: [(&str, &[&str], &str); 4] = [
            ("lib.rs", &[], "pub mod room; pub mod other;"),
            ("room/mod.rs", &["room"], door),
            ("room/low.rs", &["room", "low"], "pub struct Noun; pub fn verb() {}"),
            ("room/high.rs", &["room", "high"], high),
        ];
        let found = arrows(&files);
        assert!(found.iter().all(|(from, _)| from == "room/high.rs"), "a door makes no arrow: {found:?}");
        found.into_iter().map(|(_, to)| to).collect::<Vec<_>>()
    };
    for (high, expected) in [
        ("use super::Noun;", vec!["room/low.rs"]),
        ("use super::low::{self, Noun as Other};", vec!["room/low.rs"]),
        ("fn f() -> crate::room::Noun {}", vec!["room/low.rs"]),
        ("use super::low as l; fn f() { l::verb() }", vec!["room/low.rs"]),
        ("fn f() { assert!(super::low::verb() > 1, \"{}\", 1) }", vec!["room/low.rs"]),
        ("use super::own;", vec!["room/mod.rs"]),
        ("mod inner { use super::super::own; }", vec!["room/mod.rs"]),
        ("#[cfg(test)] mod tests { use super::super::own; }", vec![]),
        ("pub(super) struct A { low: u8 } fn f(low: u8) { low }", vec![]),
        ("use std::room::low;", vec![]),
    ] {
        assert_eq!(of(high), expected, "{high}");
    }
}

#[test]
fn circles_are_told_from_chains() {
    assert_eq!(circles(4, &[(0, 1), (1, 2), (0, 3), (3, 2)]), [[0; 0]; 0]);
    assert_eq!(circles(5, &[(0, 1), (1, 2), (2, 1), (3, 4), (4, 4)]), [vec![1, 2], vec![4]]);
}
