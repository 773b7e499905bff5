//! Runs that are killed at once, and runs that are asked to end.

use crate::{
    bench::{Bench, finish, said, went_well},
    tally::Struck,
};
use rand::Rng;
use std::{
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How long a run may take to answer a wish to end: the two seconds that are promised, and as much again for a machine that is
/// busy with other things.
const ANSWER: Duration = Duration::from_secs(4);

/// A moment between the start and a little after the end of the undisturbed run.
fn moment(bench: &Bench, random: &mut impl Rng) -> Duration {
    bench.whole().took.mul_f64(random.random_range(0.0..1.1))
}

fn start(bench: &Bench) -> Result<Child, String> {
    let mut command = bench.run(bench.place(), "out");
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(said("cannot start"))
}

/// Killed one to three times, then continued.
pub(crate) fn killed(bench: &Bench, random: &mut impl Rng) -> Result<Struck, String> {
    bench.clear()?;
    let mut struck = Struck::No;
    for _ in 0..random.random_range(1..=3) {
        let mut child = start(bench)?;
        thread::sleep(moment(bench, random));
        if child.try_wait().map_err(said("cannot wait"))?.is_none() {
            struck = Struck::Yes;
        }
        // One that has ended cannot be killed, which is fine.
        let _ = child.kill();
        finish(child)?;
    }
    bench.continues()?;
    Ok(struck)
}

/// Asked to end by a signal, then continued. It answers with its exit code unless it was asked before it could listen.
pub(crate) fn asked(bench: &Bench, random: &mut impl Rng) -> Result<Struck, String> {
    bench.clear()?;
    let mut struck = Struck::No;
    for _ in 0..random.random_range(1..=2) {
        let name = ["TERM", "INT", "HUP"][random.random_range(0..3)];
        let child = start(bench)?;
        thread::sleep(moment(bench, random));
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &child.id().to_string()])
            .stderr(Stdio::null())
            .status();
        let sent = sent.map_err(said("kill"))?.success();
        let asked = Instant::now();
        let finished = finish(child)?;
        let took = asked.elapsed();
        match finished.code {
            Some(130) => struck = Struck::Yes,
            // It was asked while it still read its specs.
            None if !finished.stderr.contains("loading") => {}
            code if went_well(code) => {}
            _ => return Err(format!("after {name} ({sent}) it ended with {finished:?}")),
        }
        if sent && finished.code == Some(130) && took > ANSWER {
            return Err(format!("{name} was answered after {took:?}"));
        }
    }
    bench.continues()?;
    Ok(struck)
}
