//! The addresses inside of a comparison's page, so that other formats can link to a metric or a trial.

use crate::compare::DiscordantTrial;
use crate::format::safe;
use std::fmt::Write as _;

/// The id of a metric's row: `metric-PROBE/METRIC`, and `metric-2/PROBE/METRIC` for the second head and so on.
pub(in crate::format) fn metric(head: usize, probe: &str, metric: &str) -> String {
    let head = if head == 0 { String::new() } else { format!("{}/", head + 1) };
    format!("metric-{head}{}/{}", part(probe, '~'), part(metric, '~'))
}

/// The address of both transcripts of a trial: `pair/HEAD/PROBE/CASE/ARM/SAMPLE`, encoded as in a URL.
pub(in crate::format) fn pair(head: usize, probe: &str, trial: &DiscordantTrial) -> String {
    let [probe, case, arm] = [probe, &trial.case, &trial.arm].map(|name| part(&safe::line(name), '%'));
    format!("pair/{head}/{probe}/{case}/{arm}/{}", trial.sample)
}

/// A name without any character that means something in a URL, in Markdown or in HTML.
fn part(name: &str, mark: char) -> String {
    let mut out = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => out.push(char::from(byte)),
            other => {
                let _ = write!(out, "{mark}{other:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plain_names_stay_readable() {
        assert_eq!(metric(0, "grounding.request", "d_prime"), "metric-grounding.request/d_prime");
        assert_eq!(metric(1, "a/b", "<c>"), "metric-2/a~2Fb/~3Cc~3E");
    }

    proptest! {
        #[test]
        fn no_two_metrics_have_one_address(
            one in (0..3_usize, any::<String>(), any::<String>()),
            other in (0..3_usize, any::<String>(), any::<String>()),
        ) {
            let same = metric(one.0, &one.1, &one.2) == metric(other.0, &other.1, &other.2);
            prop_assert_eq!(same, one == other);
        }
    }
}
