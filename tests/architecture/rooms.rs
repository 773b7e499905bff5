//! The rooms of a crate, which are the modules at its top, know each other in one direction; those of the runner stand on each other.

use super::{
    source::{Source, crates, runner},
    tree::{Tree, circles},
};
use std::collections::BTreeMap;

/// The floors of the runner, the highest first; what stands beside them serves all.
const FLOORS: [&[&str]; 5] = [&["cli"], &["session"], &["execute"], &["spec", "engine"], &["store"]];

/// Pairs of rooms, of which the first knows the second, with a file that shows it.
fn arrows(sources: &[Source]) -> BTreeMap<(&str, &str), &str> {
    let room = |file: usize| sources[file].module.first().map(String::as_str);
    let mut found = BTreeMap::new();
    for arrow in Tree::new(sources).arrows(sources) {
        if let Some((from, to)) = room(arrow.from).zip(room(arrow.to)).filter(|(from, to)| from != to) {
            found.entry((from, to)).or_insert(sources[arrow.from].name.as_str());
        }
    }
    found
}

#[test]
fn no_circle_goes_through_the_rooms_of_a_crate() {
    for (folder, sources) in crates() {
        let arrows = arrows(sources);
        let names: Vec<&str> = arrows.keys().flat_map(|(from, to)| [*from, *to]).collect();
        let number = |room: &str| names.iter().position(|name| *name == room).expect("it is among them");
        let numbers: Vec<_> = arrows.keys().map(|(from, to)| (number(from), number(to))).collect();
        let circles = circles(names.len(), &numbers).concat();
        let within = arrows
            .iter()
            .filter(|((from, to), _)| circles.contains(&number(from)) && circles.contains(&number(to)));
        let shown: Vec<String> = within.map(|((from, to), file)| format!("{from} → {to} ({file})")).collect();
        assert!(shown.is_empty(), "circles of rooms in {folder}: {}", shown.join(", "));
    }
}

#[test]
fn the_rooms_of_the_runner_stand_on_each_other() {
    let arrows = arrows(runner());
    let floor = |room: &str| FLOORS.iter().position(|rooms| rooms.contains(&room));
    for ((from, to), file) in &arrows {
        if let Some((from_floor, to_floor)) = floor(from).zip(floor(to)) {
            assert!(from_floor < to_floor, "{from} must not know {to} ({file})");
        }
    }
    for known in [("cli", "engine"), ("session", "execute"), ("execute", "engine"), ("engine", "store")] {
        assert!(arrows.contains_key(&known), "the check finds {known:?}: {arrows:?}");
    }
}
