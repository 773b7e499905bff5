//! The sources of a crate as the compiler sees them without its tests: files that `mod` leads to, and what each mentions.

use std::{collections::BTreeSet, fs, path::Path, sync::LazyLock};
use support::root;
use syn::{
    buffer::{Cursor, TokenBuffer},
    visit::{self, Visit},
};

/// A file of a crate.
pub(crate) struct Source {
    /// Its place below the crate's sources: `engine/mod.rs`.
    pub(crate) name: String,
    /// Its modules from the crate on: `engine`, `hub`.
    pub(crate) module: Vec<String>,
    /// What it says, in order.
    pub(crate) mentions: Vec<Mention>,
}

/// Something that a source says.
pub(crate) struct Mention {
    /// The modules within the file that it stands in.
    pub(crate) within: Vec<String>,
    pub(crate) what: What,
}

/// What a source can say that matters here.
pub(crate) enum What {
    /// It defines something of this name.
    Defines(String),
    /// It brings something into scope under a name; for others, too, where that is public. Without a name: all that is there.
    Uses { path: Vec<String>, name: Option<String>, public: bool },
    /// It has this path in its code or in one of its types.
    Path(Vec<String>),
    /// It calls a method of this name.
    Calls(String),
}

/// The crates that are looked into, by the folders of their sources.
const CRATES: [&str; 3] = ["scorers/src", "reports/src", "runner/src"];

/// The sources of every crate that is looked into, with the folder that they lie in.
pub(crate) fn crates() -> &'static [(&'static str, Vec<Source>)] {
    static READ: LazyLock<Vec<(&str, Vec<Source>)>> =
        LazyLock::new(|| CRATES.iter().map(|folder| (*folder, sources(folder))).collect());
    &READ
}

/// The sources of the runner.
pub(crate) fn runner() -> &'static [Source] {
    let found = crates().iter().find(|(folder, _)| *folder == "runner/src");
    found.map(|(_, sources)| sources.as_slice()).expect("it is among them")
}

/// The files of a crate that `lib.rs` or `main.rs` leads to without tests.
fn sources(folder: &str) -> Vec<Source> {
    let top = root().join(folder);
    let mut found = Vec::new();
    follow(&top, &top.join("lib.rs"), &top, Vec::new(), &mut found);
    if top.join("main.rs").is_file() {
        follow(&top, &top.join("main.rs"), &top, vec!["main".to_owned()], &mut found);
    }
    found
}

/// Reads a file and those below it. `beside` is the folder in which its modules lie.
fn follow(top: &Path, file: &Path, beside: &Path, module: Vec<String>, found: &mut Vec<Source>) {
    let text = fs::read_to_string(file).expect("a source is text");
    let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mentions = Reader::read(&parsed);
    let name = file.strip_prefix(top).expect("below the crate").display().to_string();
    found.push(Source { name, module: module.clone(), mentions });
    for child in children(&parsed) {
        let folder = beside.join(&child);
        let candidates = [beside.join(format!("{child}.rs")), folder.join("mod.rs")];
        if let Some(file) = candidates.iter().find(|candidate| candidate.is_file()) {
            follow(top, file, &folder, [module.as_slice(), &[child]].concat(), found);
        }
    }
}

/// The modules that a file may have in files of their own: those that it declares, and what a macro of its own is given, which may declare them.
fn children(file: &syn::File) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for item in &file.items {
        match item {
            syn::Item::Mod(item) if item.content.is_none() && !only_in_tests(&item.attrs) => {
                let moved = item.attrs.iter().any(|attribute| attribute.path().is_ident("path"));
                assert!(!moved, "the file of `{}` is where its name says", item.ident);
                found.insert(item.ident.to_string());
            }
            syn::Item::Macro(item) if item.ident.is_none() && !only_in_tests(&item.attrs) => {
                let mut given = Reader::default();
                given.scan(TokenBuffer::new2(item.mac.tokens.clone()).begin());
                found.extend(given.found.into_iter().filter_map(|mention| match mention.what {
                    What::Path(path) if path.len() > 1 => path.into_iter().next(),
                    _ => None,
                }));
            }
            _ => {}
        }
    }
    found
}

/// Whether an item is compiled for tests alone.
fn only_in_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"))
    })
}

/// Collects what a source mentions, but for what only tests see.
#[derive(Default)]
struct Reader {
    within: Vec<String>,
    found: Vec<Mention>,
}

impl Source {
    /// A source of this text, for the tests of the checks themselves.
    pub(crate) fn of(name: &str, module: &[&str], text: &str) -> Self {
        let mentions = Reader::read(&syn::parse_file(text).expect("it is Rust"));
        Self {
            name: name.to_owned(),
            module: module.iter().map(|part| (*part).to_owned()).collect(),
            mentions,
        }
    }
}

impl Reader {
    fn read(file: &syn::File) -> Vec<Mention> {
        let mut reader = Self::default();
        reader.visit_file(file);
        reader.found
    }

    fn add(&mut self, what: What) {
        self.found.push(Mention { within: self.within.clone(), what });
    }

    fn uses(&mut self, tree: &syn::UseTree, before: &[String], public: bool) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        // `{self}` at the end of a path names what stands before it.
        let named = |name: &syn::Ident| if name == "self" { before.to_vec() } else { with(name) };
        match tree {
            syn::UseTree::Path(path) => self.uses(&path.tree, &with(&path.ident), public),
            syn::UseTree::Name(name) => {
                let path = named(&name.ident);
                self.add(What::Uses { name: path.last().cloned(), path, public });
            }
            syn::UseTree::Rename(renamed) => {
                let path = named(&renamed.ident);
                self.add(What::Uses { name: Some(renamed.rename.to_string()), path, public });
            }
            syn::UseTree::Glob(_) => self.add(What::Uses { path: before.to_vec(), name: None, public }),
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.uses(item, before, public)),
        }
    }

    /// What the arguments of a macro mention. They need not be Rust, so only paths and calls are looked for.
    fn scan(&mut self, mut at: Cursor) {
        let (mut path, mut colons, mut after_dot) = (Vec::new(), 0, false);
        while !at.eof() {
            if let Some((name, next)) = at.ident() {
                if colons != 2 {
                    self.finish(&mut path);
                }
                if after_dot && next.any_group().is_some() {
                    self.add(What::Calls(name.to_string()));
                } else if !after_dot {
                    path.push(name.to_string());
                }
                (colons, after_dot, at) = (0, false, next);
            } else if let Some((sign, next)) = at.punct() {
                colons = if sign.as_char() == ':' { colons + 1 } else { 0 };
                (after_dot, at) = (sign.as_char() == '.', next);
            } else if let Some((inside, _, _, next)) = at.any_group() {
                self.scan(inside);
                (colons, after_dot, at) = (0, false, next);
            } else if let Some((_, next)) = at.token_tree() {
                (colons, after_dot, at) = (0, false, next);
            }
        }
        self.finish(&mut path);
    }

    fn finish(&mut self, path: &mut Vec<String>) {
        if !path.is_empty() {
            self.add(What::Path(std::mem::take(path)));
        }
    }
}

/// The attributes and the name of an item, of those kinds that have them.
fn head(item: &syn::Item) -> (&[syn::Attribute], Option<&syn::Ident>) {
    match item {
        syn::Item::Const(item) => (&item.attrs, Some(&item.ident)),
        syn::Item::Enum(item) => (&item.attrs, Some(&item.ident)),
        syn::Item::Fn(item) => (&item.attrs, Some(&item.sig.ident)),
        syn::Item::Impl(item) => (&item.attrs, None),
        syn::Item::Macro(item) => (&item.attrs, item.ident.as_ref()),
        syn::Item::Mod(item) => (&item.attrs, None),
        syn::Item::Static(item) => (&item.attrs, Some(&item.ident)),
        syn::Item::Struct(item) => (&item.attrs, Some(&item.ident)),
        syn::Item::Trait(item) => (&item.attrs, Some(&item.ident)),
        syn::Item::Type(item) => (&item.attrs, Some(&item.ident)),
        syn::Item::Use(item) => (&item.attrs, None),
        _ => (&[], None),
    }
}

impl<'a> Visit<'a> for Reader {
    fn visit_item(&mut self, item: &'a syn::Item) {
        let (attributes, name) = head(item);
        if only_in_tests(attributes) {
            return;
        }
        if let Some(name) = name {
            self.add(What::Defines(name.to_string()));
        }
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, item: &'a syn::ItemMod) {
        self.within.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.within.pop();
    }

    fn visit_impl_item_fn(&mut self, item: &'a syn::ImplItemFn) {
        if !only_in_tests(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_local(&mut self, local: &'a syn::Local) {
        if !only_in_tests(&local.attrs) {
            visit::visit_local(self, local);
        }
    }

    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        self.uses(&item.tree, &[], !matches!(item.vis, syn::Visibility::Inherited));
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        self.add(What::Path(path.segments.iter().map(|segment| segment.ident.to_string()).collect()));
        visit::visit_path(self, path);
    }

    fn visit_expr_method_call(&mut self, call: &'a syn::ExprMethodCall) {
        self.add(What::Calls(call.method.to_string()));
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, called: &'a syn::Macro) {
        visit::visit_macro(self, called);
        self.scan(TokenBuffer::new2(called.tokens.clone()).begin());
    }

    /// `pub(super)` says who may look, and looks at nothing.
    fn visit_visibility(&mut self, _: &'a syn::Visibility) {}
}
