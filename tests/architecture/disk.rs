//! One module touches the disk: `runner/src/store`. Every path and every call outside of it is looked at.

use super::{
    source::{Source, What, crates},
    tree::Tree,
};

/// What leads to files, by the beginning of its path.
const PATHS: [&[&str]; 6] = [
    &["std", "fs"],
    &["std", "os", "unix", "fs"],
    &["tokio", "fs"],
    &["tempfile"],
    &["memmap2"],
    &["nix", "fcntl"],
];

/// Functions of any type that open a file.
const OPENERS: [&str; 4] = ["from_file", "from_path", "to_file", "to_path"];

/// Methods that look at files, of `Path` and of hashers. `Path::is_file` without a call counts as well.
const METHODS: [&str; 12] = [
    "canonicalize",
    "exists",
    "is_dir",
    "is_file",
    "is_symlink",
    "metadata",
    "read_dir",
    "read_link",
    "symlink_metadata",
    "try_exists",
    "update_mmap",
    "update_mmap_rayon",
];

/// What is called so and asks the store itself.
const ASK_THE_STORE: [(&str, &str); 2] = [
    // `Files` is the store's own trait, so that specs can be read from memory as well.
    ("runner/src/spec/", "canonicalize"),
    // `RunDirectory` is the store's.
    ("runner/src/session/", "exists"),
];

/// The room that may.
const STORE: &str = "runner/src/store/";

/// How a source touches the disk, in its own words.
fn touches(tree: &Tree, source: &Source, file: &str) -> Vec<String> {
    let asks =
        |method: &str| ASK_THE_STORE.iter().any(|(room, own)| file.starts_with(room) && method == *own);
    let mut found = Vec::new();
    for mention in &source.mentions {
        match &mention.what {
            What::Uses { path, .. } | What::Path(path) => {
                let module = [source.module.as_slice(), &mention.within].concat();
                let whole = tree.written_out(&module, path);
                let begins =
                    |way: &&[&str]| whole.len() >= way.len() && whole.iter().zip(*way).all(|(a, b)| a == b);
                let of_path = match whole.as_slice() {
                    [.., of, method] => {
                        OPENERS.contains(&method.as_str())
                            || (["Path", "PathBuf"].contains(&of.as_str())
                                && METHODS.contains(&method.as_str()))
                    }
                    _ => false,
                };
                if PATHS.iter().any(begins) || of_path {
                    found.push(path.join("::"));
                }
            }
            What::Calls(method) if METHODS.contains(&method.as_str()) && !asks(method) => {
                found.push(format!(".{method}()"));
            }
            What::Calls(_) | What::Defines(_) => {}
        }
    }
    found
}

#[test]
fn one_module_touches_the_disk() {
    let mut wrong = Vec::new();
    let mut of_store = 0;
    for (folder, sources) in crates() {
        let tree = Tree::new(sources);
        for source in sources {
            let file = format!("{folder}/{}", source.name);
            let touches = touches(&tree, source, &file);
            match file.starts_with(STORE) {
                true => of_store += touches.len(),
                false => wrong.extend(touches.iter().map(|what| format!("{file}: {what}"))),
            }
        }
    }
    assert!(wrong.is_empty(), "{STORE} is the place for that:\n{}", wrong.join("\n"));
    assert!(of_store > 50, "the check finds what there is: {of_store}");
}

#[test]
fn every_way_to_the_disk_is_found() {
    let found = |text: &str| {
        let source = [Source::of("a.rs", &["a"], text)];
        touches(&Tree::new(&source), &source[0], "runner/src/spec/a.rs")
    };
    for (text, expected) in [
        ("use std::fs;", "std::fs"),
        ("use std::{fs::File, io};", "std::fs::File"),
        ("fn f() { std::fs::read(\"a\") }", "std::fs::read"),
        ("use std as s; fn f() { s::fs::read(\"a\") }", "s::fs::read"),
        ("fn f(path: &Path) { if path.is_dir() {} }", ".is_dir()"),
        ("fn f(path: &Path) { assert!(path.exists(), \"{}\", 1) }", ".exists()"),
        ("fn f() { paths.filter(|path| path.is_file()) }", ".is_file()"),
        ("fn f() { paths.filter(Path::is_file) }", "Path::is_file"),
        ("#[cfg(test)] use a::b; fn f(path: &Path) { path.metadata() }", ".metadata()"),
        ("#[cfg(test)] mod tests {} fn f() -> tempfile::TempDir {}", "tempfile::TempDir"),
        ("fn f() { tokenizers::Tokenizer::from_file(a) }", "tokenizers::Tokenizer::from_file"),
    ] {
        assert_eq!(found(text), [expected], "{text}");
    }
    for text in [
        "#[cfg(test)] mod tests { use std::fs; }",
        "impl A { #[cfg(test)] fn f(path: &Path) { path.exists() } }",
        "fn f(files: &dyn Files) { files.canonicalize(path) }",
        "// std::fs::read\nconst A: &str = \"std::fs\"; fn f() { store::exists(path) }",
    ] {
        assert_eq!(found(text), [""; 0], "{text}");
    }
}
