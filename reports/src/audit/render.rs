//! An audit as text for people.

use super::{Audit, Difference, Setting, SettingPair};
use crate::text::safe;
use std::fmt::Write;

/// Differences that are shown of each pair.
const SHOWN: usize = 5;
/// Characters of a reply that are shown.
const EXCERPT: usize = 100;

/// The whole audit, with a line end.
pub fn terminal(audit: &Audit) -> String {
    let mut out = String::new();
    let model = safe::line(&audit.model);
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{model}, {} trials, greedy", audit.trials);
    for (index, setting) in audit.settings.iter().enumerate() {
        let _ = writeln!(out, "  {index}  {}  {:.1} s", named(setting), setting.seconds);
    }
    for pair in &audit.pairs {
        out.push('\n');
        of_pair(&mut out, audit, pair);
    }
    let verdict = match (audit.pairs.is_empty(), audit.holds()) {
        (true, _) => "nothing to compare".to_owned(),
        (false, true) => format!("within the bound of 1 reply in {}", audit.bound),
        (false, false) => format!("NOT within the bound of 1 reply in {}", audit.bound),
    };
    let _ = writeln!(out, "\n{verdict}");
    out
}

fn named(setting: &Setting) -> String {
    let attention = setting.attention.as_deref().map(|attention| format!(", {attention} attention"));
    let attention = attention.unwrap_or_default();
    let (device, numbers) = (safe::line(&setting.device), safe::line(&setting.numbers));
    format!("{device}, {numbers}{}, {} in flight", safe::line(&attention), setting.concurrency)
}

fn of_pair(out: &mut String, audit: &Audit, pair: &SettingPair) {
    let mark = if pair.holds(audit.bound) { "✓" } else { "✗" };
    let _ = writeln!(
        out,
        "{mark} 0 and {}: {} of {} replies differ, the scores of {} of {} trials change",
        pair.head, pair.different, pair.replies, pair.scores_changed, audit.trials
    );
    if pair.failed > 0 {
        let _ = writeln!(out, "  {} replies failed", pair.failed);
    }
    for difference in pair.differences.iter().take(SHOWN) {
        of_difference(out, difference);
    }
    if let Some(more) = pair.differences.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        let _ = writeln!(out, "  and {more} more (--json has all)");
    }
}

fn of_difference(out: &mut String, difference: &Difference) {
    let _ = writeln!(out, "  {}, {}", safe::line(&difference.key.to_string()), safe::line(&difference.turn));
    if let Some(token) = &difference.token {
        let nearest = token.runner_up.as_deref().map(|text| format!(", next `{}`", safe::line(text)));
        let margin = token.margin.map(|margin| format!(", margin {margin:.4} nats"));
        let (nearest, margin) = (nearest.unwrap_or_default(), margin.unwrap_or_default());
        let _ = writeln!(out, "    token {}: `{}`{nearest}{margin}", token.index, safe::line(&token.token));
    }
    let _ = writeln!(out, "    0: {}", safe::excerpt(&difference.base, EXCERPT));
    let _ = writeln!(out, "    1: {}", safe::excerpt(&difference.head, EXCERPT));
}
