//! The rows as Markdown tables, in the form of BENCHMARKS.md. Each is printed as soon as it is there: what was measured
//! is kept whatever happens to the rest.

use super::{Bench, Outcome, note};
use std::io::Write;

/// The commit that this program is built from.
pub(crate) const COMMIT: &str =
    git_version::git_version!(args = ["--always", "--abbrev=40", "--exclude=*", "--dirty"], fallback = "");

/// Tables on standard output.
pub(crate) struct Rows {
    columns: usize,
    failures: usize,
}

impl Rows {
    /// Begins with what all rows have in common.
    pub(crate) fn new(bench: &Bench) -> Outcome<Self> {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        print(&format!("Device: {}. Commit: {COMMIT}. `measure {}`\n", bench.named(), arguments.join(" ")))?;
        Ok(Self { columns: 0, failures: 0 })
    }

    /// Begins a table.
    pub(crate) fn table(&mut self, title: &str, head: &[&str]) -> Outcome<()> {
        self.columns = head.len();
        print(&format!("\n### {title}\n| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len())))
    }

    /// Adds a row to the table.
    pub(crate) fn row(&mut self, cells: &[String]) -> Outcome<()> {
        print(&format!("| {} |\n", cells.join(" | ")))
    }

    /// Adds a row that could not be measured: what it is of, and why not.
    pub(crate) fn failed(&mut self, of: &[String], reason: &str) -> Outcome<()> {
        self.failures += 1;
        let reason = reason.replace('\n', " ").replace('|', "\\|");
        note(&format!("failed: {reason}"));
        let mut cells = of.to_vec();
        cells.resize(self.columns.saturating_sub(1).max(of.len()), "-".to_owned());
        cells.push(format!("failed: {reason}"));
        self.row(&cells)
    }

    /// Notes that a part broke off.
    pub(crate) fn broke_off(&mut self, part: u32, reason: &str) -> Outcome<()> {
        self.failures += 1;
        note(&format!("part {part} broke off: {reason}"));
        print(&format!("\nPart {part} broke off: {}\n", reason.replace('\n', " ")))
    }

    /// How many rows and parts failed.
    pub(crate) fn failures(&self) -> usize {
        self.failures
    }
}

fn print(text: &str) -> Outcome<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}
