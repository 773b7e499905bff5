//! Part 4: the default suite on a model of one billion weights, from the start of the process to the report.

use super::{AS_RUNNER, Bench, Outcome, note, rows::Rows};
use std::{process::Command, time::Instant};

/// Adds one row.
pub(crate) fn measure(bench: &Bench, rows: &mut Rows) -> Outcome<()> {
    let (family, size) = (bench.arguments.family(), bench.arguments.one_billion());
    let (_, reference) = bench.shape(family, size)?;
    let place = tempfile::tempdir()?;
    let out = place.path().join("run");
    note(&format!("the suite on {family} {size}"));
    let mut command = Command::new(std::env::current_exe()?);
    command.env(AS_RUNNER, "1").args([
        "run",
        "--model",
        &reference.text,
        "--device",
        &bench.device.to_string(),
    ]);
    command.arg("--out").arg(&out).arg(&bench.arguments.specs);
    if bench.arguments.smoke {
        command.args(["--samples", "1", "--filter", "probe=grounding.underspecified-request"]);
    }
    let started = Instant::now();
    let output = command.output()?;
    let seconds = started.elapsed().as_secs_f64();
    // A model of noise meets no expectation, which is 4; anything else is a failure.
    if !matches!(output.status.code(), Some(0 | 4)) {
        return Err(format!("the run failed: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let timing: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(out.join("timing.json"))?)?;
    let number = |key: &str| timing.get(key).map_or("-".to_owned(), ToString::to_string);
    let short = |key: &str, digits: usize| {
        let value = timing.get(key).and_then(serde_json::Value::as_f64);
        value.map_or("-".to_owned(), |value| format!("{value:.digits$}"))
    };
    let running = timing.get("wall_seconds").and_then(serde_json::Value::as_f64).unwrap_or(f64::NAN);
    let head = [
        "shape",
        "generations",
        "prompt tokens",
        "tokens generated",
        "in flight on average",
        "time at full batch",
        "run, s",
        "start to report, s",
    ];
    let row = vec![
        format!("{family} {size}"),
        number("generations"),
        number("prompt_tokens"),
        number("generated_tokens"),
        short("mean_in_flight", 1),
        short("full_batch_share", 2),
        format!("{running:.1}"),
        format!("{seconds:.1}"),
    ];
    rows.table("The default suite, from a cold start", &head)?;
    rows.row(&row)
}
