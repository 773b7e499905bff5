//! The rows as Markdown tables, in the form of BENCHMARKS.md.

use super::Bench;

/// The commit that this program is built from.
pub(crate) const COMMIT: &str =
    git_version::git_version!(args = ["--always", "--abbrev=40", "--exclude=*", "--dirty"], fallback = "");

/// Tables under construction.
pub(crate) struct Rows {
    text: String,
}

impl Rows {
    /// Begins with what all rows have in common.
    pub(crate) fn new(bench: &Bench) -> Self {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let text =
            format!("Device: {}. Commit: {COMMIT}. `measure {}`\n", bench.named(), arguments.join(" "));
        Self { text }
    }

    /// Adds a table.
    pub(crate) fn table(&mut self, title: &str, head: &[&str], rows: &[Vec<String>]) {
        self.text.push_str(&format!(
            "\n### {title}\n| {} |\n|{}\n",
            head.join(" | "),
            "---|".repeat(head.len())
        ));
        for row in rows {
            self.text.push_str(&format!("| {} |\n", row.join(" | ")));
        }
    }

    /// Everything.
    pub(crate) fn text(self) -> String {
        self.text
    }
}
