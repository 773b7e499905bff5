//! Links and special files where specs, gates, data and run folders should be.
#![cfg(unix)]

use crate::bench::{Bench, SPEC};
use std::{fs, time::Instant};

const SECRET: &str = "url = https://user:s3cr3t@example.org/repository";

#[test]
fn no_link_leads_out_of_the_folder_of_the_specs() {
    let bench = Bench::new();
    let elsewhere = tempfile::tempdir().expect("a temporary directory");
    let text = elsewhere.path().join("other.yaml");
    fs::write(&text, SPEC).expect("it can be written");
    bench.write("specs/a.yaml", SPEC);
    bench.write("specs/sub/b.yaml", &SPEC.replace("trust.three", "trust.other"));
    let check = || bench.run(&["check", "specs"]);
    assert_eq!(check().code, Some(0));
    // A link to a spec, to the environment, to a folder, and to the whole machine.
    for target in [
        text.to_str().expect("a path"),
        "/proc/self/environ",
        elsewhere.path().to_str().expect("a path"),
        "/",
        bench.at("spec.yaml").to_str().expect("a path"),
    ] {
        for name in ["specs/x.yaml", "specs/sub/x.yaml"] {
            bench.link(target, name);
            let started = Instant::now();
            let finished =
                bench.command(&["check", "specs"]).env("GRICE_SECRET", "s3cr3t").output().expect("it starts");
            let said = String::from_utf8_lossy(&finished.stderr).into_owned();
            assert_eq!(finished.status.code(), Some(3), "{target}: {said}");
            assert!(said.contains("is a link that leads out of the folder of the specs"), "{target}: {said}");
            assert!(!said.contains("s3cr3t"), "{said}");
            assert!(started.elapsed().as_secs() < 10, "{target} took {:?}", started.elapsed());
            fs::remove_file(bench.at(name)).expect("it can be removed");
        }
    }
    // Within the folder a link is as good as a file, and a circle ends.
    bench.link("sub/b.yaml", "specs/c.yaml");
    bench.link(".", "specs/again");
    bench.link("nowhere", "specs/dangling.yaml");
    assert_eq!(check().code, Some(0), "{:?}", check());
    // Named by itself it may not lead out of the folder that it lies in.
    bench.link("/", "machine");
    bench.link("/proc/self/environ", "environ.yaml");
    bench.link("/proc/self/environ", "environ");
    for name in ["machine", "environ.yaml", "environ"] {
        let finished = bench.run(&["check", name]);
        assert_eq!(finished.code, Some(3), "{finished:?}");
        assert!(finished.stderr.contains("is a link that leads out of its folder"), "{finished:?}");
        let gate = bench.run(&["compare", "a", "b", "--gate", name]);
        assert_eq!(gate.code, Some(3), "{gate:?}");
    }
}

#[test]
fn nothing_is_shown_of_a_file_that_is_no_spec() {
    let bench = Bench::new();
    bench.write("config.yaml", &format!("[remote]\n  {SECRET}\n"));
    bench.write("secret.yaml", &format!("kind: Secret\ndata: {{ token: {SECRET} }}\n"));
    bench.write("binary.yaml", &format!("\0{SECRET}\0"));
    fs::write(bench.at("bytes.yaml"), [b"s3cr3t \xff\xfe".as_slice(), SECRET.as_bytes()].concat())
        .expect("written");
    for name in ["config.yaml", "secret.yaml", "binary.yaml", "bytes.yaml"] {
        for arguments in [&["check", name][..], &["compare", "a", "b", "--gate", name]] {
            let finished = bench.run(arguments);
            assert_eq!(finished.code, Some(3), "{finished:?}");
            assert!(
                finished.stderr.contains("this is no ") && !finished.stderr.contains("s3cr3t"),
                "{finished:?}"
            );
        }
    }
    // What is meant to be a spec is quoted where it is wrong.
    bench.write("wrong.yaml", &SPEC.replace("about:", "abuot:"));
    assert!(bench.run(&["check", "wrong.yaml"]).stderr.contains("abuot: Three cases."));
    // Environments are files, too.
    let environ = bench
        .command(&["check", "/proc/self/environ"])
        .env("GRICE_SECRET", "s3cr3t")
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&environ.stderr);
    assert!(environ.status.code() == Some(3) && !said.contains("s3cr3t"), "{said}");
}

#[test]
fn data_files_are_data_of_the_spec() {
    let bench = Bench::new();
    bench.write(".git/config", SECRET);
    bench.write("notes.txt", SECRET);
    bench.write(".env.csv", &format!("id,say\none,{SECRET}\n"));
    let elsewhere = tempfile::tempdir().expect("a temporary directory");
    let outside = elsewhere.path().join("x.csv");
    fs::write(&outside, format!("id,say\none,{SECRET}\n")).expect("it can be written");
    bench.write("data/good.csv", "id,say\none,First.\n");
    bench.write(
        "spec.yaml",
        &SPEC.replace(
            "[{ id: one, say: First. }, { id: two, say: Second. }, { id: three, say: Third. }]",
            "{ file: x.csv }",
        ),
    );
    let links = [
        ".git/config",
        "notes.txt",
        ".env.csv",
        outside.to_str().expect("a path"),
        "/dev/zero",
        "/proc/self/environ",
        "/",
        ".git",
    ];
    for target in links {
        bench.link(target, "x.csv");
        let finished = bench.run(&["check", "spec.yaml"]);
        assert_eq!(finished.code, Some(3), "{target}: {finished:?}");
        assert!(!finished.stderr.contains("s3cr3t"), "{target}: {finished:?}");
        fs::remove_file(bench.at("x.csv")).expect("it can be removed");
    }
    bench.link("data/good.csv", "x.csv");
    assert_eq!(bench.run(&["check", "spec.yaml"]).code, Some(0));
}

#[test]
fn a_run_folder_holds_its_own_files() {
    let bench = Bench::new();
    assert_eq!(bench.scripted(&["--out", "out"]).code, Some(0));
    assert_eq!(bench.scripted(&["--seed", "1", "--out", "other"]).code, Some(0));
    // A file without a line break looks like a journal that has just begun, and must not be taken for one.
    bench.write("precious", "s3cr3t");
    let journal = bench.at("out/journal.jsonl");
    for target in ["../precious", "../other/journal.jsonl", "/dev/zero"] {
        fs::remove_file(&journal).expect("it can be removed");
        bench.link(target, "out/journal.jsonl");
        for arguments in [
            &["report", "out"][..],
            &["score", "out"],
            &["compare", "other", "out"],
            &["run", "spec.yaml", "--model", "scripted:script.yaml", "--resume", "out"],
        ] {
            let finished = bench.run(arguments);
            assert_eq!(finished.code, Some(7), "{target} {arguments:?}: {finished:?}");
            assert!(!finished.stderr.contains("s3cr3t"), "{finished:?}");
        }
        assert_eq!(bench.read("precious"), "s3cr3t");
    }
    // Times are no part of the record: what is no such file is as good as none.
    fs::remove_file(bench.at("other/timing.json")).expect("it can be removed");
    bench.link("/dev/zero", "other/timing.json");
    let started = Instant::now();
    assert_eq!(bench.run(&["report", "other"]).code, Some(0));
    assert!(started.elapsed().as_secs() < 10);
    // A line without an end does not fill the memory, and what is no record is not quoted.
    bench.write("other/journal.jsonl", "{\"run\":\"s3cr3t\"}\n");
    let finished = bench.run(&["report", "other"]);
    assert!(finished.code == Some(7) && !finished.stderr.contains("s3cr3t"), "{finished:?}");
}
