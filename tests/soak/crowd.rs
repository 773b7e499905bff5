//! Several runners at once in one folder: one does the work, and the others leave it alone.

use crate::{
    bench::{Bench, finish, said, went_well},
    tally::Struck,
};
use rand::Rng;
use std::{
    process::{Child, Stdio},
    thread,
    time::Duration,
};

/// Starts the run two to four times, a little apart.
fn start(bench: &Bench, random: &mut impl Rng, place: &str) -> Result<Vec<Child>, String> {
    let number = random.random_range(2..=4);
    let mut children = Vec::new();
    for _ in 0..number {
        let mut command = bench.run(place, "out");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        children.push(command.spawn().map_err(said("cannot start"))?);
        thread::sleep(Duration::from_millis(random.random_range(0..30)));
    }
    Ok(children)
}

/// Waits for all; how many did the work. The others must have said that the folder is taken.
fn ended(children: Vec<Child>, refusal: i32, words: &str) -> Result<usize, String> {
    let mut well = 0;
    let all = children.into_iter().map(finish).collect::<Vec<_>>();
    for finished in all {
        let finished = finished?;
        match finished.code {
            code if went_well(code) => well += 1,
            Some(7) if finished.stderr.contains("is being written by another run") => {}
            Some(code) if code == refusal && finished.stderr.contains(words) => {}
            _ => return Err(format!("one of several ended with {finished:?}")),
        }
    }
    Ok(well)
}

/// Several begin the same run: exactly one has it.
pub(crate) fn begun(bench: &Bench, random: &mut impl Rng) -> Result<Struck, String> {
    bench.clear()?;
    let children = start(bench, random, "--out")?;
    let well = ended(children, 2, "holds a run already")?;
    if well != 1 {
        return Err(format!("{well} runs have had one folder"));
    }
    bench.is_whole()?;
    Ok(Struck::Yes)
}

/// Several continue the same run, which was cut off somewhere: one after another they may, at the same time they may not.
pub(crate) fn continued(bench: &Bench, random: &mut impl Rng) -> Result<Struck, String> {
    bench.copy_whole()?;
    let whole = &bench.whole().journal;
    bench.write("out/journal.jsonl", &whole[..random.random_range(0..=whole.len())])?;
    let children = start(bench, random, "--resume")?;
    if ended(children, 7, "is being written by another run")? == 0 {
        return Err("nobody has continued the run".to_owned());
    }
    bench.is_whole()?;
    Ok(Struck::Yes)
}
