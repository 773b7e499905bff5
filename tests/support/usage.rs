//! What a program needs: memory at its peak, processor time and wall time, as Linux tells.

use std::{
    fs, io,
    process::Command,
    thread,
    time::{Duration, Instant},
};

/// What a program needed from its start to its end.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Bytes of memory at the peak.
    pub peak: u64,
    /// Processor time of all its threads, its own and the system's.
    pub processor: Duration,
    /// Wall time.
    pub wall: Duration,
    /// Its exit code; none when it was killed.
    pub code: Option<i32>,
}

/// Time between two looks at the program.
const EVERY: Duration = Duration::from_millis(2);

/// Ticks of `/proc/PID/stat` in a second, which Linux has fixed for programs.
const TICKS: f64 = 100.0;

/// Runs a program to its end and watches it; none where the system does not tell.
///
/// # Errors
/// When it cannot be started.
pub fn usage(mut command: Command) -> io::Result<Option<Usage>> {
    let started = Instant::now();
    let mut child = command.spawn()?;
    let read = |file: &str| fs::read_to_string(format!("/proc/{}/{file}", child.id())).ok();
    let (mut peak, mut processor) = (None, None);
    // A program that has ended and was not waited for still tells its times, but not its memory, of which the last look counts.
    while let Some((state, time)) = read("stat").and_then(|text| times(&text)) {
        peak = read("status").and_then(|text| high_water(&text)).or(peak);
        processor = Some(time);
        if state == 'Z' {
            break;
        }
        thread::sleep(EVERY);
    }
    let (code, wall) = (child.wait()?.code(), started.elapsed());
    Ok(peak.zip(processor).map(|(peak, processor)| Usage { peak, processor, wall, code }))
}

/// The state of a process and its processor time.
fn times(stat: &str) -> Option<(char, Duration)> {
    // The name, in parentheses, may hold anything.
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    let state = fields.next()?.chars().next()?;
    let mut ticks = fields.skip(10).map(|field| field.parse::<u64>().ok());
    let all = ticks.next()?? + ticks.next()??;
    Some((state, Duration::from_secs_f64(all as f64 / TICKS)))
}

fn high_water(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes << 10)
}
