//! Names that would leave a folder, or meet in one; and models that are not here.

use crate::bench::Bench;

#[test]
fn no_name_of_a_model_leaves_the_folder_or_meets_another() {
    let bench = Bench::new();
    let run = |one: &str, other: &str| {
        let script = "scripted:script.yaml";
        let (one, other) = (format!("{one}={script}"), format!("{other}={script}"));
        bench.run(&["run", "spec.yaml", "--model", &one, "--model", &other, "--out", "out"])
    };
    for (one, other) in
        [("a", "A"), ("über", "Über"), ("CON", "b"), ("b", "nul"), ("com1", "b"), ("x.", "b"), ("a", "a")]
    {
        let finished = run(one, other);
        assert_eq!(finished.code, Some(2), "{one} {other}: {finished:?}");
        assert!(finished.stderr.contains("name it, as in"), "{one} {other}: {finished:?}");
        assert!(!bench.at("out").exists(), "{one} {other}");
    }
    for name in ["..", ".", ".hidden", "../x", "/x", "a/b"] {
        let finished = run(name, "b");
        assert_eq!(finished.code, Some(2), "{name}: {finished:?}");
        assert!(!bench.at("out").exists(), "{name}");
    }
    assert_eq!(run("one", "two").code, Some(0));
    assert_eq!(bench.names("out"), ["one", "two"]);
}

#[test]
fn baselines_are_one_file_each_on_every_machine() {
    let bench = Bench::new();
    assert_eq!(bench.scripted(&["--out", "out"]).code, Some(0));
    assert_eq!(bench.run(&["baseline", "save", "v1", "out"]).code, Some(0));
    for name in ["V1", "con", "NUL", "aux.x", "v1."] {
        let finished = bench.run(&["baseline", "save", name, "out"]);
        assert_eq!(finished.code, Some(2), "{name}: {finished:?}");
    }
    assert_eq!(bench.names("baselines"), ["v1.jsonl"]);
}

#[test]
fn the_folder_is_tried_before_the_model_is_loaded() {
    let bench = Bench::new();
    bench.write("file", "");
    // The model cannot be loaded either, which would end with 5.
    for (out, code) in [("file", 1), ("file/below", 1), ("new", 5)] {
        let finished = bench.run(&["run", "spec.yaml", "--model", "scripted:missing.yaml", "--out", out]);
        assert_eq!(finished.code, Some(code), "{out}: {finished:?}");
    }
    assert!(!bench.at("new").exists(), "nothing is left of a run that never began");
    assert_eq!(bench.scripted(&["--out", "out"]).code, Some(0));
    let again = bench.run(&["run", "spec.yaml", "--model", "scripted:missing.yaml", "--out", "out"]);
    assert_eq!(again.code, Some(2), "{again:?}");
    let several =
        ["--model", "a=scripted:missing.yaml", "--model", "b=scripted:missing.yaml", "--out", "two/levels"];
    assert_eq!(bench.run(&[&["run", "spec.yaml"], &several[..]].concat()).code, Some(5));
    assert!(!bench.at("two/levels").exists());
}

#[test]
fn a_model_that_is_not_here_is_no_download() {
    let bench = Bench::new();
    for (variable, value) in [("CI", "true"), ("CI", ""), ("GITHUB_ACTIONS", "true")] {
        let mut program = bench.command(&["run", "spec.yaml", "--model", "models/new", "--out", "out"]);
        let finished: support::Finished = program.env(variable, value).output().expect("it starts").into();
        assert_eq!(finished.code, Some(2), "{finished:?}");
        assert!(finished.stderr.contains("unless it is named `hub:models/new`"), "{finished:?}");
        assert!(!bench.at("out").exists());
    }
    for wrong in ["hub:", "hub:models", "hub:a/b/c", "hub:../a"] {
        let finished = bench.run(&["run", "spec.yaml", "--model", wrong, "--out", "out"]);
        assert_eq!(finished.code, Some(2), "{wrong}: {finished:?}");
        assert!(finished.stderr.contains("hub:OWNER/NAME"), "{finished:?}");
    }
    // Said to be one it is asked for: this build has no engine, or the hub is not asked here.
    let said = bench.run(&["run", "spec.yaml", "--model", "new=hub:models/new", "--out", "out"]);
    assert_eq!(said.code, Some(5), "{said:?}");
}

#[cfg(unix)]
#[test]
fn records_are_written_with_the_rights_of_the_umask() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new();
    for (umask, expected) in [("027", 0o640), ("022", 0o644), ("077", 0o600)] {
        let line = format!(
            "umask {umask} && exec \"$0\" run spec.yaml --model scripted:script.yaml --out out{umask}"
        );
        let mut program = std::process::Command::new("sh");
        let status = program.args(["-c", &line, crate::bench::BINARY]).current_dir(bench.at("")).output();
        assert!(status.as_ref().is_ok_and(|done| done.status.success()), "{status:?}");
        for name in bench.names(&format!("out{umask}")) {
            let path = bench.at(&format!("out{umask}/{name}"));
            let mode = path.metadata().expect("it is there").permissions().mode() & 0o777;
            assert_eq!(mode, expected, "{name} under {umask}");
        }
    }
}
