//! What a run may cost: its plan, said before anything is spent, and the limits that end it.

use crate::{engine::limiter::Limits, spec::Totals};
use clap::Args;
use reports::format::{counted, grouped};
use std::time::Duration;

/// Limits of one command, whatever it continues. Where one is reached, what is finished is kept, and the run can be continued.
#[derive(Clone, Debug, Default, PartialEq, Args)]
#[command(
    next_help_heading = "Limits, after which the command ends with 11 and can be continued with --resume"
)]
pub struct LimitArgs {
    /// Generations that this command may begin
    #[arg(long, value_name = "N")]
    pub limit_generations: Option<u64>,
    /// Tokens of replies that this command may generate
    #[arg(long, value_name = "N")]
    pub limit_tokens: Option<u64>,
    /// Time that this command may take: 90s, 45m, 6h
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub limit_time: Option<Duration>,
}

impl LimitArgs {
    /// What may be spent.
    pub(super) fn spending(&self) -> Limits {
        Limits { generations: self.limit_generations, tokens: self.limit_tokens }
    }
}

/// A length of time: a number and its unit.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "a number with s, m or h behind it, such as 45m".to_owned();
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        _ => return Err(wrong()),
    };
    let number = text.strip_suffix(unit).and_then(|number| number.parse::<u64>().ok()).ok_or_else(wrong)?;
    number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(wrong)
}

/// What a plan comes to, for people. `models` run it each.
pub(super) fn plan(totals: &Totals, models: usize) -> String {
    let Totals { trials, generations, prompt_tokens, reply_tokens, .. } = *totals;
    let each = if models > 1 { format!(", for each of {models} models") } else { String::new() };
    format!(
        "plan: {}, {} of {} tokens at most in all, prompts of about {} tokens{each}",
        counted(trials, "trial", "trials"),
        counted(generations, "reply", "replies"),
        grouped(reply_tokens),
        grouped(prompt_tokens),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_number_and_a_unit() {
        let seconds = |text: &str| duration(text).ok().map(|time| time.as_secs());
        assert_eq!(["0s", "90s", "45m", "6h"].map(seconds), [Some(0), Some(90), Some(2_700), Some(21_600)]);
        for wrong in
            ["", "5", "h", "-1s", "1.5h", "1d", "1 h", "99999999999999999999s", "9999999999999999999h", "5ä"]
        {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_plan_is_said_in_one_line() {
        let totals = Totals {
            cases: 4,
            arms: 1,
            trials: 8,
            generations: 1_600,
            prompt_tokens: 90,
            reply_tokens: 1_000_000,
        };
        assert_eq!(
            plan(&totals, 2),
            format!(
                "plan: 8 trials, {} replies of {} tokens at most in all, prompts of about 90 tokens, for each of 2 models",
                grouped(1_600),
                grouped(1_000_000)
            )
        );
    }
}
