//! Which file knows which: every path in a source is followed to the file that defines what it names.
//!
//! A path through what a `mod.rs` re-exports of its own folder leads to the file behind it, so a `mod.rs` that is but a door is on no path;
//! and what it re-exports so is no arrow from it. As in the language, a path may begin with an imported name.

use super::source::{Mention, Source, What};
use std::collections::{BTreeMap, BTreeSet};

/// One file that knows another, by their numbers among the sources, and by which path.
#[derive(Clone, Debug)]
pub(crate) struct Arrow {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) path: String,
}

/// What can be named in a module.
#[derive(Default)]
struct Module {
    file: usize,
    defined: BTreeSet<String>,
    used: BTreeMap<String, Vec<String>>,
    all_of: Vec<Vec<String>>,
}

/// The modules of a crate.
pub(crate) struct Tree(BTreeMap<Vec<String>, Module>);

/// Names lead to names; a circle of these ends here.
const FAR: usize = 8;

fn place(source: &Source, mention: &Mention) -> Vec<String> {
    [source.module.as_slice(), &mention.within].concat()
}

impl Tree {
    pub(crate) fn new(sources: &[Source]) -> Self {
        let mut modules = BTreeMap::<Vec<String>, Module>::new();
        for (file, source) in sources.iter().enumerate() {
            modules.entry(source.module.clone()).or_default().file = file;
            for mention in &source.mentions {
                let module = modules.entry(place(source, mention)).or_default();
                module.file = file;
                match &mention.what {
                    What::Defines(name) => drop(module.defined.insert(name.clone())),
                    What::Uses { path, name: Some(name), .. } => {
                        module.used.entry(name.clone()).or_insert_with(|| path.clone());
                    }
                    What::Uses { path, name: None, .. } => module.all_of.push(path.clone()),
                    What::Path(_) | What::Calls(_) => {}
                }
            }
        }
        Self(modules)
    }

    /// A path as it reads from outside its module: what it begins with is replaced by what was imported under that name.
    pub(crate) fn written_out(&self, module: &[String], path: &[String]) -> Vec<String> {
        let mut path = path.to_vec();
        for _ in 0..FAR {
            let whole = self.0.get(module).and_then(|module| module.used.get(path.first()?));
            let Some(whole) = whole.filter(|whole| whole.first() != path.first()) else { break };
            path.splice(..1, whole.iter().cloned());
        }
        path
    }

    /// A path from the crate on; nothing where it leads out of the crate.
    fn in_crate(&self, module: &[String], path: &[String]) -> Option<Vec<String>> {
        let path = self.written_out(module, path);
        let up = path.iter().take_while(|part| *part == "super").count();
        let (base, rest) = match path.first()?.as_str() {
            "crate" => (&module[..0], &path[1..]),
            "self" => {
                let up = path[1..].iter().take_while(|part| *part == "super").count();
                (&module[..module.len().checked_sub(up)?], &path[1 + up..])
            }
            "super" => (&module[..module.len().checked_sub(up)?], &path[up..]),
            first => {
                let below = [module, &[first.to_owned()]].concat();
                let known = self.0.contains_key(&below) || self.0.get(module)?.defined.contains(first);
                (known.then_some(module)?, path.as_slice())
            }
        };
        Some([base, rest].concat())
    }

    /// The modules that a path names, and the one that defines what it names at its end.
    fn home(&self, module: &[String], path: &[String], far: usize) -> Option<Vec<String>> {
        let whole = self.in_crate(module, path)?;
        let mut at = Vec::new();
        while let Some(next) = whole.get(at.len()) {
            at.push(next.clone());
            if !self.0.contains_key(&at) {
                at.pop();
                break;
            }
        }
        let rest = &whole[at.len()..];
        let Some(name) = rest.first().filter(|_| far > 0) else { return Some(at) };
        let here = self.0.get(&at)?;
        if here.defined.contains(name) {
            return Some(at);
        }
        if let Some(used) = here.used.get(name) {
            let further = [used.as_slice(), &rest[1..]].concat();
            return Some(
                self.home(&at, &further, far - 1).filter(|home| home.starts_with(&at)).unwrap_or(at),
            );
        }
        for all in &here.all_of {
            if let Some(there) = self.home(&at, &[all.as_slice(), rest].concat(), far - 1)
                && there.starts_with(&at)
                && self.0.get(&there).is_some_and(|there| there.defined.contains(rest.last().unwrap_or(name)))
            {
                return Some(there);
            }
        }
        Some(at)
    }

    /// The arrows between the files, one for each pair.
    pub(crate) fn arrows(&self, sources: &[Source]) -> Vec<Arrow> {
        let mut found = BTreeMap::new();
        for (from, source) in sources.iter().enumerate() {
            for mention in &source.mentions {
                let (path, public) = match &mention.what {
                    What::Uses { path, public, .. } => (path, *public),
                    What::Path(path) => (path, false),
                    What::Defines(_) | What::Calls(_) => continue,
                };
                let module = place(source, mention);
                // A variable may be called like a module; a lone name says something only where it was imported.
                let lone = matches!(mention.what, What::Path(_)) && path.len() == 1;
                if lone && !self.0[&module].used.contains_key(&path[0]) {
                    continue;
                }
                let Some(home) = self.home(&module, path, FAR) else { continue };
                let to = self.0[&home].file;
                let door = public && home.starts_with(&source.module);
                if to != from && !door {
                    found.entry((from, to)).or_insert_with(|| path.join("::"));
                }
            }
        }
        found.into_iter().map(|((from, to), path)| Arrow { from, to, path }).collect()
    }
}

/// The groups that know each other in circles, of so many things and these arrows: each reaches every other one of its group.
pub(crate) fn circles(files: usize, arrows: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let mut next = vec![Vec::new(); files];
    arrows.iter().for_each(|(from, to)| next[*from].push(*to));
    let reached = |from: usize| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
        while let Some(file) = open.pop() {
            open.extend(next[file].iter().filter(|to| seen.insert(**to)));
        }
        seen
    };
    let reached: Vec<BTreeSet<usize>> = (0..files).map(reached).collect();
    let mut groups = BTreeSet::new();
    for file in (0..files).filter(|file| reached[*file].contains(file)) {
        groups.insert(reached[file].iter().copied().filter(|to| reached[*to].contains(&file)).collect());
    }
    groups.into_iter().collect()
}
