//! What a design could show, as a table for a terminal.

use super::{
    FormatOptions, counted,
    number::short,
    safe,
    terminal::{BOLD, DIM, INDENT, Paint},
};
use crate::compare::{Needed, Power, Standing};
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};
use std::fmt::Write as _;

/// Writes the rows of gated metrics and headlines; of the others only how many there are. `run` is what the variances come
/// from.
pub fn render_power(run: &str, rows: &[Power], options: &FormatOptions) -> String {
    let paint = Paint(options.colour);
    let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    if let Some(width) = options.width {
        table.set_width(width.max(40));
    }
    let mut header = vec![Cell::new("metric")];
    header.extend(
        ["clusters", "samples", "in the run", "smallest difference", "margin"]
            .map(|name| right(name.to_owned())),
    );
    header.push(Cell::new("to show that nothing got worse"));
    table.set_header(header);
    let judged = rows.iter().filter(|row| row.standing.is_judged());
    for row in judged {
        let mark = if row.standing == Standing::Gated { "◆ " } else { "" };
        let mut cells = vec![
            Cell::new(format!("{mark}{}", safe::line(&format!("{}/{}", row.probe, row.metric)))),
            right(row.clusters.to_string()),
            right(row.samples.to_string()),
        ];
        let margin = row.margin.map_or_else(|| "–".to_owned(), short);
        match &row.outlook {
            Ok(outlook) => {
                let beyond = row.margin.unwrap_or_default() + outlook.smallest;
                cells.extend([short(outlook.value), short(beyond), margin].map(right));
                cells.push(Cell::new(needed(row, outlook.needed)));
            }
            Err(reason) => {
                cells.extend(["–".to_owned(), "–".to_owned(), margin].map(right));
                cells.push(Cell::new(safe::line(reason)));
            }
        }
        table.add_row(cells);
    }
    let mut out = String::new();
    for (index, line) in table.lines().enumerate() {
        let line = line.trim_end().replace(INDENT, " ");
        let _ = writeln!(out, "{}", if index == 0 { paint.with(BOLD, &line) } else { line });
    }
    let others = rows.iter().filter(|row| !row.standing.is_judged()).count() as u64;
    let others = if others > 0 {
        format!("; left out: {} without a verdict", counted(others, "metric", "metrics"))
    } else {
        String::new()
    };
    let _ = writeln!(
        out,
        "\n {}",
        paint.with(
            DIM,
            &format!(
                "The smallest true difference, beyond the margin where there is one, that 80 % of comparisons show if grades vary as in {}; ◆ gated{others}",
                safe::line(run)
            )
        )
    );
    out
}

fn needed(row: &Power, needed: Option<Needed>) -> String {
    match (row.margin, needed) {
        (None, _) => "no margin".to_owned(),
        (Some(_), None) => "these are enough".to_owned(),
        (Some(_), Some(needed)) => {
            let samples = needed.samples.map_or(String::new(), |samples| {
                format!(", or {} of every case", counted(samples, "sample", "samples"))
            });
            format!("{}{samples}", counted(needed.clusters, "cluster", "clusters"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Aim, Outlook};

    #[test]
    fn a_row_a_judged_metric() {
        let row = |metric: &str, standing, margin, outlook| Power {
            probe: "grounding.request".to_owned(),
            metric: metric.to_owned(),
            standing,
            clusters: 24,
            samples: 4,
            margin,
            outlook,
        };
        let needed = Needed { aim: Aim::NotWorse, clusters: 61, samples: Some(11), only_clusters: false };
        let open = Outlook { value: 0.71, smallest: 0.13, needed: Some(needed) };
        let plain = Outlook { value: 1.83, smallest: 0.42, needed: None };
        let rows = [
            row("asks", Standing::Gated, Some(0.1), Ok(open)),
            row("takes\u{1b}[31m", Standing::Gated, Some(0.5), Ok(plain)),
            row("sensitivity", Standing::Headline, None, Ok(plain)),
            row("aptitude", Standing::Gated, Some(0.1), Err("aptitude needs more".to_owned())),
            row("length", Standing::Exploration, None, Ok(plain)),
        ];
        let options = FormatOptions { width: Some(150), ..FormatOptions::default() };
        insta::assert_snapshot!(render_power("runs/base", &rows, &options));
    }
}
