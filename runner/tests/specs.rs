//! Drop a spec into `specs/` beside this file, get a test: what the loader says about it is a
//! snapshot. Files named `ok_*` have to load, files named `err_*` have to be refused.

use proptest::prelude::*;
use runner::{
    spec::{self, Files, Memory, Plan},
    store::Disk,
};
use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// The real files, under paths that do not depend on where the tests run.
struct Here;

fn real(path: &Path) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(path)
}

impl Files for Here {
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        Disk.read(&real(path), limit)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        let entries = Disk.list(&real(folder))?;
        Ok(entries.iter().filter_map(|path| Some(folder.join(path.file_name()?))).collect())
    }

    fn is_folder(&self, path: &Path) -> bool {
        Disk.is_folder(&real(path))
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        Disk.canonicalize(&real(path))
    }
}

#[test]
fn every_spec_is_accepted_or_refused_as_its_name_says() {
    insta::glob!("specs/*.yaml", |path| {
        let name = path.file_name().expect("a file").to_string_lossy();
        let text = match spec::load(&[Path::new("specs").join(&*name)], &Here) {
            Ok(probes) => {
                assert!(name.starts_with("ok_"), "{name} was accepted");
                let ids = probes[0].record.cases.iter().map(|case| case.id.as_str()).collect::<Vec<_>>();
                format!("{}\ncases: {}", Plan::of(&probes, None).table(&probes), ids.join(" "))
            }
            Err(problems) => {
                let text = spec::render_diagnostics(&problems, false);
                assert!(name.starts_with("err_"), "{name} was refused:\n{text}");
                assert!(problems.iter().all(|problem| problem.path.starts_with("specs/")));
                text
            }
        };
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(text);
        });
    });
}

#[test]
fn a_broken_file_hides_nothing_in_the_others() {
    let paths =
        ["err_syntax.yaml", "err_no_case.yaml", "ok_minimal.yaml"].map(|name| Path::new("specs").join(name));
    let problems = spec::load(&paths, &Here).expect_err("two of them are wrong");
    let wrong: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(wrong, ["specs/err_syntax.yaml", "specs/err_no_case.yaml"]);
}

#[test]
fn two_probes_of_one_name_are_refused() {
    let files = Memory::of(&[("a/one.yaml", MINIMAL), ("a/two.yaml", MINIMAL)]);
    let problems = spec::load(&["a".into()], &files).expect_err("they have one name");
    insta::assert_snapshot!(spec::render_diagnostics(&problems, false), @r"
    error: two probes have the name `test.minimal`
     --> a/two.yaml:1:8
      |
    1 | probe: test.minimal
      |        ^^^^^^^^^^^^
      |
      = help: the other one is a/one.yaml

    1 error in 1 file
    ");
}

#[test]
fn the_shipped_specs_load() {
    let specs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs");
    match spec::load(&[specs], &Disk) {
        Ok(probes) => assert!(!probes.is_empty()),
        Err(problems) => panic!("{}", spec::render_diagnostics(&problems, false)),
    }
}

/// Every example of the documentation that is a whole probe loads.
#[test]
fn the_documented_specs_load() {
    let docs = include_str!("../../docs/spec-language.md");
    let mut count = 0;
    for block in docs.split("```yaml\n").skip(1) {
        let text = block.split("```").next().unwrap_or_default();
        if !text.lines().any(|line| line.starts_with("probe:")) {
            continue;
        }
        let files = Memory::of(&[
            ("docs/p.yaml", text),
            ("docs/objects.csv", "object,alive,edible\ndog,yes,no\napple,no,yes\n"),
            ("docs/requests.jsonl", "{\"pair\":\"table\",\"arm\":\"clear\",\"request\":\"Book a table.\"}\n"),
        ]);
        if let Err(problems) = spec::load(&["docs/p.yaml".into()], &files) {
            panic!("{}\n{text}", spec::render_diagnostics(&problems, false));
        }
        count += 1;
    }
    assert!(count >= 3, "only {count} examples were found");
}

#[cfg(unix)]
#[test]
fn a_link_cannot_lead_out_of_the_folder() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let inside = folder.path().join("inside");
    std::fs::create_dir(&inside).expect("writable");
    std::fs::write(folder.path().join("secret.csv"), "request\nsecret\n").expect("writable");
    std::os::unix::fs::symlink("../secret.csv", inside.join("cases.csv")).expect("links");
    let text = MINIMAL.replace("[{ request: Hello. }]", "{ file: cases.csv }");
    std::fs::write(inside.join("p.yaml"), text).expect("writable");
    let problems = spec::load(&[inside.join("p.yaml")], &Disk).expect_err("the link leads out");
    assert_eq!(problems[0].message, "`cases.csv` is a link that leads out of the spec's folder");
}

const MINIMAL: &str = "\
probe: test.minimal
about: The smallest probe.
cases: [{ request: Hello. }]
dialogue:
  - user: \"{{ request }}\"
  - model: reply
score:
  asks: { grounding_act: { turn: reply, act: clarification } }
metrics:
  rate: { rate: { of: asks } }
";

/// What the loader says about one text, as a user would see it.
fn said(bytes: impl Into<Vec<u8>>) -> Result<usize, String> {
    let files = Memory(BTreeMap::from([(PathBuf::from("p.yaml"), bytes.into())]));
    match spec::load(&["p.yaml".into()], &files) {
        Ok(probes) => Ok(Plan::of(&probes, None).len()),
        Err(problems) => Err(spec::render_diagnostics(&problems, true)),
    }
}

#[test]
fn hostile_files_are_refused_soon() {
    let laughs: String = (1..9)
        .map(|level| format!("  a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 10].join(", ")))
        .collect();
    let parrot =
        format!("data:\n  a: &a \"{}\"\n  b: [{}]\n", "x".repeat(1 << 20), vec!["*a"; 500].join(", "));
    let loops = "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}";
    let reads = "{% include '/etc/passwd' %}{% extends 'x' %}{% import 'y' as z %}";
    let hostile = [
        format!("{MINIMAL}data:\n  a0: &a0 [x, x, x]\n{laughs}"),
        format!("{MINIMAL}{parrot}"),
        format!("{MINIMAL}data: {}1{}\n", "[".repeat(100_000), "]".repeat(100_000)),
        format!("{MINIMAL}data:\n  a: {}x\n", "- ".repeat(100_000)),
        format!("{MINIMAL}data: &d {{ <<: *d }}\n"),
        format!("{MINIMAL}data:\n  a: &d [*d]\n"),
        MINIMAL.replace("{{ request }}", loops),
        MINIMAL.replace("{{ request }}", reads),
        MINIMAL.replace("{{ request }}", "{{ range(99999999) | list }}"),
        MINIMAL.replace("{{ request }}", &"{{ (".repeat(5_000)),
        MINIMAL.replace("{ request: Hello. }", &"{ request: Hello. }, ".repeat(600_000)),
        MINIMAL.replace(
            "- model: reply",
            "- repeat: { times: 4000000000, turns: [ { user: a }, { model: b } ] }",
        ),
        MINIMAL.replace(
            "- model: reply",
            "- repeat: { over: 'range(90000)', turns: [ { user: a }, { model: reply } ] }",
        ),
        format!("{MINIMAL}samples: 4000000000\n"),
        "\u{0}\u{1b}[2J".repeat(1_000),
    ];
    for text in hostile {
        let start = Instant::now();
        let shown = said(text.clone()).expect_err(&text[..text.len().min(400)]);
        assert!(start.elapsed() < Duration::from_secs(20), "{shown}");
        assert!(shown.len() < 60_000, "{} bytes of errors", shown.len());
        assert!(!shown.contains('\u{0}') && !shown.contains("[2J\u{1b}"), "{shown:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_accepted_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = said(bytes);
    }

    /// Takes a valid spec and damages it in one place.
    #[test]
    fn any_damage_is_accepted_or_refused(at in 0_usize..FULL.len(), length in 0_usize..30, new in "[a-z{}\\[\\]:&*!|>%@#\"' \n\\-0-9é]{0,12}") {
        let start = (0..=at).rev().find(|at| FULL.is_char_boundary(*at)).unwrap_or(0);
        let end = (start + length).min(FULL.len());
        let end = (end..=FULL.len()).find(|at| FULL.is_char_boundary(*at)).unwrap_or(FULL.len());
        let text = format!("{}{new}{}", &FULL[..start], &FULL[end..]);
        let _ = said(text);
    }
}

const FULL: &str = include_str!("specs/ok_everything.yaml");
