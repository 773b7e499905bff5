//! Runs that find no space: files that may not grow any further, and a disk that is full.

use crate::{
    bench::{Bench, said, went_well},
    tally::Struck,
};
use rand::Rng;
use std::{
    ffi::OsString,
    fs,
    process::{Command, Stdio},
    sync::LazyLock,
};
use support::Finished;

/// Bytes of a block of `ulimit -f`.
const BLOCK: usize = 512;

/// The same command, started by a shell that does something first; the shell becomes the program.
fn after(first: &str, command: &Command, last: &str) -> Command {
    let mut shell = Command::new("sh");
    let own = command.get_args().map(OsString::from);
    shell.args(["-c", &format!("{first} {last}")]).arg(command.get_program()).args(own);
    if let Some(folder) = command.get_current_dir() {
        shell.current_dir(folder);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.stdin(Stdio::null());
    shell
}

/// A limit that some of the files of the run are longer than.
fn blocks(bench: &Bench, random: &mut impl Rng) -> usize {
    random.random_range(1..=bench.whole().journal.len() / BLOCK + 40)
}

/// Files cannot grow beyond a limit. `RLIMIT_FSIZE` needs no rights, and fails in the middle of a write as a full disk does: the
/// part that fits is written. Where the signal of the limit is ignored, the system says that the file is too large.
pub(crate) fn refused(bench: &Bench, random: &mut impl Rng) -> Result<Struck, String> {
    limited(bench, random, "trap '' XFSZ;", |finished| finished.code == Some(1))
}

/// The same limit with the signal: the program is killed within a write.
pub(crate) fn killed(bench: &Bench, random: &mut impl Rng) -> Result<Struck, String> {
    limited(bench, random, "", |finished| finished.code.is_none())
}

fn limited(
    bench: &Bench,
    random: &mut impl Rng,
    trap: &str,
    expected: impl Fn(&Finished) -> bool,
) -> Result<Struck, String> {
    bench.clear()?;
    let mut struck = Struck::No;
    for _ in 0..random.random_range(1..=2) {
        let limit = blocks(bench, random);
        let run = bench.run(bench.place(), "out");
        let finished = bench.finish(after(
            &format!("ulimit -c 0; {trap} ulimit -f {limit};"),
            &run,
            "exec \"$0\" \"$@\"",
        ))?;
        if expected(&finished) {
            struck = Struck::Yes;
        } else if !went_well(finished.code) {
            return Err(format!("with files of {limit} blocks it ended with {finished:?}"));
        }
    }
    bench.continues()?;
    Ok(struck)
}

/// Whether this machine lets anybody mount a small disk for one program alone.
static CAN_MOUNT: LazyLock<bool> = LazyLock::new(|| {
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", "mount -t tmpfs -o size=16k none /mnt"]);
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
});

/// A disk of a few pages in a namespace of its own, which nobody else sees and which goes with the program. What the run
/// left on it is taken to `out` and continued there.
pub(crate) fn full(bench: &Bench, random: &mut impl Rng) -> Result<Struck, String> {
    if !*CAN_MOUNT {
        return Ok(Struck::NotHere);
    }
    bench.clear()?;
    fs::create_dir_all(bench.at("small")).map_err(said("small"))?;
    let pages = random.random_range(1..=bench.whole().journal.len() / 4096 + 12);
    let first = format!("mount -t tmpfs -o size={}k none small || exit 99;", 4 * pages);
    let last = "\"$0\" \"$@\"; code=$?; [ ! -d small/out ] || cp -R small/out out || exit 99; exit $code";
    let shell = after(&first, &bench.run("--out", "small/out"), last);
    let mut apart = Command::new("unshare");
    apart.args(["-rm", "sh"]).args(shell.get_args()).current_dir(bench.at("")).stdin(Stdio::null());
    for (name, value) in shell.get_envs() {
        match value {
            Some(value) => apart.env(name, value),
            None => apart.env_remove(name),
        };
    }
    let finished = bench.finish(apart)?;
    let struck = match finished.code {
        Some(1) if finished.stderr.contains("No space left on device") => Struck::Yes,
        code if went_well(code) => Struck::No,
        _ => return Err(format!("on a disk of {pages} pages it ended with {finished:?}")),
    };
    bench.continues()?;
    Ok(struck)
}
