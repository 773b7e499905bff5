//! What is stored and then cut off or changed: a journal, grades, a baseline.

use crate::{
    bench::{Bench, went_well},
    tally::Struck,
};
use rand::Rng;
use support::Finished;

/// Cuts the journal at any byte, of a run that is complete or of one without its end, and continues it.
pub(crate) fn cut(bench: &Bench, random: &mut impl Rng) -> Result<Struck, String> {
    bench.copy_whole()?;
    let whole = &bench.whole().journal;
    let end = random.random_range(0..=whole.len());
    bench.write("out/journal.jsonl", &whole[..end])?;
    // The views of a run that was cut off are those of another time; they are made anew.
    bench.continues().map_err(|fault| format!("cut at byte {end} of {}: {fault}", whole.len()))?;
    Ok(Struck::Yes)
}

/// A file with one bit changed.
struct Flipped {
    bytes: Vec<u8>,
    /// Number of the line that the bit stood in, from 1.
    line: usize,
    /// Whether the file now ends within a line that is whole otherwise: it counts as one that was cut off there.
    torn: bool,
    at: String,
}

fn flipped(bytes: &[u8], random: &mut impl Rng) -> Flipped {
    let (place, bit) = (random.random_range(0..bytes.len()), random.random_range(0..8));
    let line = bytes[..place].iter().filter(|byte| **byte == b'\n').count() + 1;
    let mut changed = bytes.to_vec();
    changed[place] ^= 1 << bit;
    Flipped { bytes: changed, line, torn: place + 1 == bytes.len(), at: format!("bit {bit} of byte {place}") }
}

/// That a reader has refused a file with its name and line.
fn refused(finished: &Finished, file: &str, line: usize) -> Result<(), String> {
    let place = format!("{file}: line {line} of ");
    // A first line that speaks of a format to come is refused for that.
    let newer = line == 1 && finished.stderr.contains(file) && finished.stderr.contains("newer");
    match finished.code == Some(7) && (finished.stderr.contains(&place) || newer) {
        true => Ok(()),
        false => Err(format!("it was not refused with `{place}` and 7: {finished:?}")),
    }
}

/// Flips a bit of the journal and has it read by one of its readers.
pub(crate) fn journal(bench: &Bench, random: &mut impl Rng) -> Result<Struck, String> {
    bench.copy_whole()?;
    let flip = flipped(&bench.whole().journal, random);
    bench.write("out/journal.jsonl", &flip.bytes)?;
    let readers: [&[&str]; 4] = [
        &["report", "out"],
        &["score", "out"],
        &["compare", "v1", "out"],
        &["baseline", "save", "v2", "out", "--replace"],
    ];
    let fault = |fault: String| format!("{} of journal.jsonl, line {}: {fault}", flip.at, flip.line);
    let reader = random.random_range(0..=readers.len());
    if flip.torn {
        // All trials are there, and the end of the run is not.
        bench.continues().map_err(fault)?;
        return Ok(Struck::Yes);
    }
    let finished = match readers.get(reader) {
        Some(arguments) => bench.finish(bench.runner(arguments))?,
        None => bench.finish(bench.run("--resume", "out"))?,
    };
    refused(&finished, "journal.jsonl", flip.line).map_err(fault)?;
    if bench.read("out/journal.jsonl")? != flip.bytes {
        return Err(fault("the journal was touched".to_owned()));
    }
    Ok(Struck::Yes)
}

/// Flips a bit of the grades. Who reads them refuses; who makes them anew, or reads the first line only, comes to what it would
/// have come to.
pub(crate) fn grades(bench: &Bench, random: &mut impl Rng) -> Result<Struck, String> {
    bench.copy_whole()?;
    let flip = flipped(&bench.whole().scores, random);
    bench.write("out/scores.jsonl", &flip.bytes)?;
    let fault = |fault: String| format!("{} of scores.jsonl, line {}: {fault}", flip.at, flip.line);
    let arguments: &[&str] = match random.random_range(0..3) {
        0 => &["compare", "v1", "out"],
        1 => &["report", "out"],
        _ => &["score", "out"],
    };
    let finished = bench.finish(bench.runner(arguments))?;
    if finished.code == Some(7) {
        // The end of the last line is missing: the line is not whole.
        let short = flip.torn && finished.stderr.contains("scores.jsonl");
        if !short {
            refused(&finished, "scores.jsonl", flip.line).map_err(fault)?;
        }
        return Ok(Struck::Yes);
    }
    let other = arguments.iter().map(|part| if *part == "out" { "whole" } else { *part }).collect::<Vec<_>>();
    let expected = bench.finish(bench.runner(&other))?;
    let plain = |text: &str| text.replace("whole", "out");
    if (finished.code, plain(&finished.stdout)) != (expected.code, plain(&expected.stdout)) {
        return Err(fault(format!("{arguments:?} was misled: {finished:?} where it is {expected:?}")));
    }
    if arguments[0] == "score" {
        bench.is_whole().map_err(fault)?;
    }
    Ok(Struck::No)
}

/// Flips a bit of the baseline and compares with it.
pub(crate) fn baseline(bench: &Bench, random: &mut impl Rng) -> Result<Struck, String> {
    let good = bench.read("baselines/v1.jsonl")?;
    let flip = flipped(&good, random);
    bench.write("baselines/v1.jsonl", &flip.bytes)?;
    let finished = bench.finish(bench.runner(&["compare", "v1", "whole"]));
    bench.write("baselines/v1.jsonl", &good)?;
    let finished = finished?;
    let fault = |fault: String| format!("{} of v1.jsonl, line {}: {fault}", flip.at, flip.line);
    let short = flip.torn && finished.code == Some(7) && finished.stderr.contains("v1.jsonl");
    if !short {
        refused(&finished, "v1.jsonl", flip.line).map_err(fault)?;
    }
    let finished = bench.finish(bench.runner(&["compare", "v1", "whole"]))?;
    if !went_well(finished.code) {
        return Err(format!("the baseline cannot be read as it was: {finished:?}"));
    }
    Ok(Struck::Yes)
}
