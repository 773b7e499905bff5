//! `grice audit` on the built-in models.

use reports::audit::Audit;
use support::run;

const BINARY: &str = env!("CARGO_BIN_EXE_grice-under-test");

#[test]
fn a_built_in_model_says_the_same_alone_and_in_a_crowd() {
    let arguments = ["audit", "../specs/grounding", "--trials", "60", "--concurrency", "16", "--json"];
    let finished = run(BINARY, &arguments);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let audit: Audit = serde_json::from_str(&finished.stdout).expect("it is an audit");
    assert_eq!((audit.trials, audit.settings.len(), audit.pairs.len()), (60, 2, 1));
    assert_eq!([audit.settings[0].concurrency, audit.settings[1].concurrency], [1, 16]);
    assert!(audit.pairs[0].replies >= 60 && audit.pairs[0].failed == 0, "{audit:?}");
    assert!(audit.holds());
}

#[test]
fn another_number_format_is_a_setting_of_its_own_and_its_differences_have_margins() {
    let arguments =
        ["audit", "../specs/grounding", "--trials", "40", "--dtype", "f32,f16", "--bound", "1", "--json"];
    let finished = run(BINARY, &arguments);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let audit: Audit = serde_json::from_str(&finished.stdout).expect("it is an audit");
    let numbers: Vec<&str> = audit.settings.iter().map(|setting| setting.numbers.as_str()).collect();
    assert_eq!(numbers, ["f32", "f32", "f16", "f16"]);
    for difference in audit.pairs.iter().flat_map(|pair| &pair.differences) {
        let token = difference.token.as_ref().expect("the engine knows where replies part");
        let margin = token.margin.expect("and how nearly");
        assert!((0.0..1.0).contains(&margin), "a half-precision model flips near-ties only: {difference:?}");
    }
}

#[test]
fn a_format_that_the_processor_lacks_is_a_usage_error_that_says_what_to_write() {
    let finished = run(BINARY, &["audit", "../specs/grounding", "--dtype", "bf16"]);
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert!(finished.stderr.contains("write `--dtype f32`"), "{}", finished.stderr);
}
