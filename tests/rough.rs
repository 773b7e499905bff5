//! Runs in rough circumstances, on the scripted engine: failures that are run again, replies that are cut off, floors,
//! missing grades, bounds at the edge, paths with odd names, and replies that no model should give.

use std::{fs, path::Path};
use support::{Finished, command, journal, record};

const BINARY: &str = env!("CARGO_BIN_EXE_grice-under-test");

/// A folder with a spec and a script in it.
struct Bench(tempfile::TempDir);

impl Bench {
    fn new(spec: &str, script: &str) -> Self {
        let bench = Self(tempfile::tempdir().expect("a temporary directory"));
        bench.write("spec.yaml", spec);
        bench.write("script.yaml", script);
        bench
    }

    fn at(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.at(name), text).expect("it can be written");
    }

    fn run(&self, arguments: &[&str]) -> Finished {
        command(BINARY, arguments).current_dir(self.0.path()).output().expect("the program starts").into()
    }

    /// Runs the spec into `out`.
    fn scripted(&self, further: &[&str]) -> Finished {
        self.run(&[&["run", "spec.yaml", "--model", "scripted:script.yaml"], further].concat())
    }

    fn report(&self) -> serde_json::Value {
        let text = fs::read_to_string(self.at("out/report.json")).expect("there is a report");
        serde_json::from_str(&text).expect("it is JSON")
    }
}

const THREE: &str = "
probe: rough.three
about: Three cases.
cases: [{ id: one, say: First. }, { id: two, say: Second. }, { id: three, say: Third. }]
dialogue: [{ user: '{{ say }}' }, { model: reply }]
score: { yes: { includes: { turn: reply, text: 'yes' } } }
metrics: { yes: { rate: { of: yes } } }
";

/// Breaks a trial of a journal, and takes its end away or not.
fn break_trial(journal: &Path, case: &str, kind: &str, end: bool) {
    let text = support::unsealed(&fs::read_to_string(journal).expect("there is a journal"));
    let mut lines = Vec::new();
    for line in text.lines().filter(|line| end || !line.starts_with("{\"end\"")) {
        let mut item: serde_json::Value = serde_json::from_str(line).expect("a line is JSON");
        if item.pointer("/trial/key/case").is_some_and(|own| own == case) {
            let body = item.pointer_mut("/trial/transcript/turns/1/body").expect("a reply");
            *body = serde_json::json!({ "failed": { "kind": kind, "message": "no reply within 9 s" } });
            lines.push(item.to_string());
        } else {
            lines.push(line.to_owned());
        }
    }
    fs::write(journal, support::sealed(&(lines.join("\n") + "\n"))).expect("it can be written");
}

#[test]
fn what_failed_for_want_of_time_or_engine_is_run_again() {
    let bench = Bench::new(THREE, "- { reply: ['yes', 'no', 'yes indeed'] }");
    assert_eq!(bench.scripted(&["--out", "out"]).code, Some(0));
    let whole = journal(&bench.at("out"));
    for (kind, end) in [("timeout", false), ("engine", true)] {
        break_trial(&bench.at("out/journal.jsonl"), "two", kind, end);
        let again = bench.scripted(&["--resume", "out"]);
        assert_eq!(again.code, Some(0), "{again:?}");
        assert!(again.stderr.contains("run again: 1"), "{again:?}");
        assert_eq!(journal(&bench.at("out")), whole, "after {kind}");
    }
    // What would fail in the same way stays.
    break_trial(&bench.at("out/journal.jsonl"), "two", "context_overflow", false);
    let stays = bench.scripted(&["--resume", "out"]);
    assert!(journal(&bench.at("out")).contains("context_overflow"), "{stays:?}");
}

#[test]
fn a_run_with_failures_says_how_to_run_them_again() {
    let script = "- { when: Second, fail: timeout }\n- { reply: ['yes'] }";
    let bench = Bench::new(THREE, script);
    let finished = bench.scripted(&["--out", "out"]);
    assert_eq!(finished.code, Some(5), "{finished:?}");
    let command = "run spec.yaml --model scripted:script.yaml --resume out";
    assert!(finished.stderr.contains(command), "{finished:?}");
    let first = journal(&bench.at("out"));
    let again = bench.scripted(&["--resume", "out"]);
    assert_eq!((again.code, journal(&bench.at("out"))), (Some(5), first), "it fails again, in the same way");
    let (terminal, junit) = (finished.stdout, fs::read_to_string(bench.at("out/junit.xml")).expect("a view"));
    assert!(
        terminal.contains("the script says so") && junit.contains("the script says so"),
        "{terminal}{junit}"
    );
}

#[test]
fn a_template_that_refuses_is_an_engine_failure_with_its_words() {
    let bench = Bench::new(THREE, "- { when: Second, fail: template }\n- { reply: ['yes'] }");
    let finished = bench.scripted(&["--out", "out"]);
    assert_eq!(finished.code, Some(5), "{finished:?}");
    assert!(finished.stdout.contains("refused by the chat template: 1"), "{finished:?}");
    let junit = fs::read_to_string(bench.at("out/junit.xml")).expect("a view");
    assert!(junit.contains("refused by the chat template: 1"), "{junit}");
}

#[test]
fn bounds_hold_at_the_edge_and_missing_grades_can_be_refused() {
    let spec = |expect: &str| {
        format!(
            "
probe: rough.edge
about: Differences of decimal figures.
cases: [{}]
arms: {{ a: {{ set: {{ n: 8 }} }}, b: {{ set: {{ n: 6 }} }}, c: {{ set: {{ n: 3 }} }}, d: {{ set: {{ n: 1 }} }} }}
dialogue: [{{ user: '{{{{ at }}}} of {{{{ n }}}}' }}, {{ model: reply }}]
score: {{ yes: {{ includes: {{ turn: reply, text: 'yes' }} }}, figure: {{ number: {{ turn: reply }} }} }}
metrics:
  a: {{ rate: {{ of: yes@a }} }}
  b: {{ rate: {{ of: yes@b }} }}
  c: {{ rate: {{ of: yes@c }} }}
  d: {{ rate: {{ of: yes@d }} }}
  upper: {{ contrast: {{ plus: a, minus: b }} }}
  lower: {{ contrast: {{ plus: c, minus: d }} }}
  figure: {{ mean: {{ of: figure }} }}
expect: [{expect}]
",
            (0..10).map(|case| format!("{{ id: c{case}, at: {case} }}")).collect::<Vec<_>>().join(", ")
        )
    };
    let script = "
- { when: '^[0-3] of 8', reply: ['yes, 7'] }
- { when: '^[4-7] of 8', reply: ['yes, 8'] }
- { when: '^[0-5] of 6', reply: ['yes'] }
- { when: '^[0-2] of 3', reply: ['yes'] }
- { when: '^0 of 1', reply: ['yes'] }
- { reply: ['well'] }";
    for (expect, code) in [
        (
            "{ metric: upper, at_most: 0.2 }, { metric: lower, at_least: 0.2 }, { metric: upper, at_least: 0.2 }",
            0,
        ),
        ("{ metric: upper, above: 0.2 }", 4),
        ("{ metric: lower, below: 0.2 }", 4),
        ("{ metric: upper, at_most: 0.19999999 }", 4),
        ("{ metric: figure, at_least: 7, missing: { at_most: 0.8 } }", 0),
        ("{ metric: figure, at_least: 7, missing: { at_most: 0.79 } }", 4),
        ("{ metric: figure, missing: { at_most: 0.5 } }", 4),
    ] {
        let bench = Bench::new(&spec(expect), script);
        let finished = bench.scripted(&["--out", "out"]);
        assert_eq!(finished.code, Some(code), "{expect}: {finished:?}");
        assert!(finished.stdout.contains("32 of 40 grades of rough.edge/figure are missing"), "{finished:?}");
    }
}

#[test]
fn a_comparison_on_the_floor_is_undecided() {
    let spec = |expect: &str| {
        format!(
            "
probe: rough.floor
about: A task that was never done.
cases: [{{ id: a, say: one }}, {{ id: b, say: two }}]
arms: {{ whole: {{ set: {{ way: whole }} }}, parts: {{ set: {{ way: parts }} }} }}
dialogue: [{{ user: '{{{{ say }}}} {{{{ way }}}}' }}, {{ model: reply }}]
score: {{ done: {{ includes: {{ turn: reply, text: 'done' }} }} }}
metrics:
  loss: {{ contrast: {{ plus: whole, minus: parts }} }}
  whole: {{ rate: {{ of: done@whole }} }}
  parts: {{ rate: {{ of: done@parts }} }}
  tells: {{ d_prime: {{ hit: done@whole, false_alarm: done@parts }} }}
expect: [{expect}]
"
        )
    };
    let (never, always, once) = (
        "- { reply: ['no'] }",
        "- { reply: ['done'] }",
        "- { when: one whole, reply: ['done'] }\n- { reply: ['no'] }",
    );
    for (script, expect, code, word) in [
        (never, "{ metric: loss, at_most: 0.5 }", 4, Some("floor")),
        (never, "{ metric: whole, greater_than: parts }", 4, Some("floor")),
        (never, "{ metric: tells, at_most: 1 }", 4, Some("floor")),
        (never, "{ metric: whole, at_most: 0.5 }", 0, None),
        (always, "{ metric: loss, at_most: 0.5 }", 0, None),
        (always, "{ metric: whole, greater_than: parts }", 4, Some("ceiling")),
        (once, "{ metric: loss, at_most: 0.5 }", 0, None),
        (once, "{ metric: whole, greater_than: parts }", 0, None),
    ] {
        let bench = Bench::new(&spec(expect), script);
        let finished = bench.scripted(&["--out", "out"]);
        assert_eq!(finished.code, Some(code), "{expect} of {script}: {finished:?}");
        let report = bench.report();
        let reason = report.pointer("/summary/probes/0/expectations/0/holds/undecided/reason");
        match word {
            Some(word) => {
                let reason = reason.and_then(|reason| reason.as_str()).expect("it is undecided");
                assert!(reason.contains(word), "{reason}");
                for view in ["out/report.md", "out/junit.xml", "out/report.html"] {
                    let text = fs::read_to_string(bench.at(view)).expect("a view");
                    assert!(text.contains(word), "{view} of {expect}");
                }
            }
            None => assert_eq!(reason, None, "{expect} of {script}"),
        }
    }
}

#[test]
fn replies_that_were_cut_off_are_counted_where_they_matter() {
    let spec = |policy: &str| {
        format!(
            "
probe: rough.cut
about: Replies that were cut off.
{policy}
cases: [{{ id: a, say: one }}, {{ id: b, say: two }}]
arms: {{ long: {{ set: {{ way: long }} }}, short: {{ set: {{ way: short }} }} }}
dialogue: [{{ user: '{{{{ say }}}} {{{{ way }}}}' }}, {{ model: reply }}]
score: {{ said: {{ includes: {{ turn: reply, text: 'seven' }} }}, words: {{ length: {{ turn: reply, unit: words }} }} }}
metrics: {{ words: {{ mean: {{ of: words }} }}, said: {{ rate: {{ of: said@long }} }} }}
"
        )
    };
    let script = "- { when: long, reply: ['It is at seven o'], cut: true }\n- { reply: ['Seven.'] }";
    let bench = Bench::new(&spec(""), script);
    let finished = bench.scripted(&["--out", "out"]);
    assert!(finished.stdout.contains("2 unscored, cut off: long 2 of 2"), "{finished:?}");
    let report = bench.report();
    let counts = |metric: &str| report.pointer(&format!("/summary/probes/0/cut_off/{metric}/long")).cloned();
    assert_eq!(counts("words"), Some(serde_json::json!({ "grades": 2, "cut": 2, "unscored": 2 })));
    assert_eq!(
        counts("said"),
        Some(serde_json::json!({ "grades": 2, "cut": 2, "unscored": 0 })),
        "what was found stays"
    );
    for view in ["out/report.md", "out/report.html"] {
        assert!(fs::read_to_string(bench.at(view)).expect("a view").contains("cut off"), "{view}");
    }
    let bench = Bench::new(&spec("cut_off: graded"), script);
    let finished = bench.scripted(&["--out", "out"]);
    assert!(
        !finished.stdout.contains("unscored") && finished.stdout.contains("cut off: long 2 of 2"),
        "{finished:?}"
    );
}

#[test]
fn texts_reach_the_model_filled_in() {
    let spec = "
probe: rough.set
about: What an arm sets is a template.
cases: [{ id: first, pair: p, wrong: left, code: '{{ x }}' }]
arms: { one: { set: { line: 'Not {{ wrong }}, {{ id }} of {{ pair }} in {{ arm }}.' } } }
dialogue: [{ user: '{{ line }} {{ code }}' }, { model: reply }]
score: { said: { includes: { turn: reply, text: ok } } }
metrics: { said: { rate: { of: said } } }
";
    let bench = Bench::new(spec, "- { reply: [ok] }");
    assert_eq!(bench.scripted(&["--out", "out"]).code, Some(0));
    let said = record(&bench.at("out")).trials[0].transcript.turns[0].text().map(str::to_owned);
    assert_eq!(said.as_deref(), Some("Not left, first of p in one. {{ x }}"));
    bench.write("spec.yaml", &spec.replace("Not {{ wrong }}", "Not {{ wrogn }}"));
    let check = bench.run(&["check", "spec.yaml"]);
    assert_eq!(check.code, Some(3), "{check:?}");
    assert!(check.stderr.contains("wrogn") && check.stderr.contains("did you mean `wrong`"), "{check:?}");
}

#[test]
fn sampling_of_the_command_line_is_part_of_the_record() {
    let bench = Bench::new(THREE, "- { reply: ['yes'] }");
    let further = ["--temperature", "0.3", "--top-p", "0.9", "--max-tokens", "9", "--out", "out"];
    assert_eq!(bench.scripted(&further).code, Some(0));
    let header = record(&bench.at("out")).header;
    let sampling = &header.probes[0].sampling;
    assert_eq!((sampling.temperature, sampling.top_p, sampling.max_tokens), (0.3, Some(0.9), 9));
    assert!(header.probes[0].resampled);
    let other =
        bench.scripted(&["--temperature", "0.4", "--top-p", "0.9", "--max-tokens", "9", "--resume", "out"]);
    assert_eq!(other.code, Some(2), "{other:?}");
    assert!(other.stderr.contains("sampling"), "{other:?}");
    assert_eq!(bench.run(&["score", "out", "--specs", "spec.yaml"]).code, Some(0));
    assert_eq!(bench.scripted(&["--top-p", "0", "--out", "no"]).code, Some(2));
    assert_eq!(
        bench.scripted(&["--sampling", "model", "--out", "no"]).code,
        Some(2),
        "a script recommends nothing"
    );
}

#[test]
fn the_part_of_a_filter_that_selects_nothing_is_named() {
    let bench = Bench::new(THREE, "- { reply: ['yes'] }");
    let some = bench.scripted(&["--filter", "case=one | case=twoo & arm!=x", "--out", "out"]);
    assert_eq!(some.code, Some(0), "{some:?}");
    assert!(some.stderr.contains("matches no trial: case=twoo & arm!=x"), "{some:?}");
    assert_eq!(bench.scripted(&["--filter", "case=onne | case=twoo", "--out", "no"]).code, Some(6));
}

#[test]
fn bare_names_and_odd_ones_are_paths() {
    let bench = Bench::new(THREE, "- { reply: ['yes'] }");
    for name in ["a=b.gguf", "my model.gguf", "lr=0.001"] {
        bench.write(name, "not a model");
        // What is at a path is looked at, whatever its name; this build or this file cannot be loaded.
        let finished = bench.run(&["run", "spec.yaml", "--model", name, "--out", "no"]);
        assert!(
            !finished.stderr.contains("does not exist") && finished.code == Some(5),
            "{name}: {finished:?}"
        );
        assert!(!finished.stderr.contains("empty path"), "{name}: {finished:?}");
    }
    let missing = bench.run(&["run", "spec.yaml", "--model", "lr=0.5", "--out", "no"]);
    assert!(missing.stderr.contains("`lr` before the `=`"), "{missing:?}");
    // The journal by its bare name.
    assert_eq!(bench.scripted(&["--out", "."]).code, Some(0));
    assert_eq!(bench.run(&["report", "journal.jsonl"]).code, Some(0));
    assert_eq!(bench.scripted(&["--resume", "."]).code, Some(0));
}

#[test]
fn replies_that_nobody_expects_are_recorded_and_harmless() {
    let long = "x".repeat(100_000);
    let script = format!(
        "- {{ when: First, reply: [\"\\0\\a\\e[2J\\u202E\\uFFFE end\"] }}\n- {{ when: Second, reply: [''] }}\n- {{ reply: ['{long}'] }}"
    );
    let spec = THREE.replace("metrics: { yes", "metrics: { words: { mean: { of: words } }, yes").replace(
        "score: { yes",
        "score: { words: { length: { turn: reply, unit: words } }, json: { json: { turn: reply } }, yes",
    );
    let bench = Bench::new(&spec, &script);
    let finished = bench.scripted(&["--out", "out"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let trials = record(&bench.at("out")).trials;
    assert_eq!(trials[0].transcript.turns[1].text(), Some("\0\u{7}\u{1b}[2J\u{202e}\u{fffe} end"));
    assert_eq!(trials[1].transcript.turns[1].text(), Some(""));
    assert_eq!(trials[2].transcript.turns[1].text().map(str::len), Some(100_000));
    for name in ["out/junit.xml", "out/report.md", "out/report.html"] {
        let text = fs::read_to_string(bench.at(name)).expect("a view");
        let harmful =
            |one: char| (one.is_control() && !"\n\t\r".contains(one)) || "\u{202e}\u{fffe}".contains(one);
        assert!(!text.chars().any(harmful), "{name}");
    }
    assert!(!finished.stdout.chars().any(|one| one.is_control() && one != '\n'), "{}", finished.stdout);
}
