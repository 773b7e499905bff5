//! The scripted engine: canned answers from a YAML file, for tests in milliseconds.
//!
//! The file is a list of rules; the first rule whose `when` pattern matches the last user message
//! answers. Several replies of a rule are chosen from by the request's seed, so the scripted engine
//! is reproducible at any concurrency, like a model. A rule can also fail, or take its time.

mod kind;
mod script;

use super::{Completion, Engine, Facts, Failure, Identity, Request};
use futures::future::BoxFuture;
use regex::Regex;
use reports::record::{EngineIdentity, ModelIdentity, dialogue::Ask};
use scorers::{FailureKind, Role, StopReason};
pub use script::Script;
use serde::Deserialize;
use std::time::Duration;

/// One rule of a script.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    /// Pattern searched for in the last user message; absent for any.
    #[serde(default)]
    when: Option<String>,
    /// Pattern searched for in the system message; absent for any.
    #[serde(default)]
    system: Option<String>,
    /// The answers to choose from.
    #[serde(default)]
    reply: Vec<String>,
    /// The answer is cut off at its limit on tokens.
    #[serde(default)]
    cut: bool,
    /// Fail instead.
    #[serde(default)]
    fail: Option<FailureKind>,
    /// Milliseconds to take.
    #[serde(default)]
    delay: u64,
}

struct Rule {
    when: Option<Regex>,
    system: Option<Regex>,
    reply: Vec<String>,
    cut: bool,
    fail: Option<FailureKind>,
    delay: Duration,
}

/// Answers from a list of rules.
pub struct Scripted {
    identity: Identity,
    rules: Vec<Rule>,
    /// Longest time that a reply may take; none for any.
    timeout: Option<Duration>,
}

impl Scripted {
    /// Reads a script.
    ///
    /// # Errors
    /// When the YAML or a pattern is malformed; says where.
    pub fn parse(name: &str, reference: &str, text: &str) -> Result<Self, String> {
        // What a file holds that is no script at all is nobody's business: the parser would quote it.
        if !(text.contains("reply") || text.contains("fail")) {
            return Err("it has no rule with `reply` or `fail`".to_owned());
        }
        let raw: Vec<RawRule> = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
        let pattern = |source: Option<String>| {
            source.map(|source| Regex::new(&source)).transpose().map_err(|error| error.to_string())
        };
        let rules = raw
            .into_iter()
            .map(|rule| {
                Ok(Rule {
                    when: pattern(rule.when)?,
                    system: pattern(rule.system)?,
                    reply: rule.reply,
                    cut: rule.cut,
                    fail: rule.fail,
                    delay: Duration::from_millis(rule.delay),
                })
            })
            .collect::<Result<_, String>>()?;
        let identity = Identity {
            model: ModelIdentity {
                name: name.to_owned(),
                reference: reference.to_owned(),
                weights: Some(blake3::hash(text.as_bytes()).to_hex().to_string()),
                tokenizer: None,
                chat_template: None,
                ..ModelIdentity::default()
            },
            engine: EngineIdentity {
                name: "scripted".to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                device: "none".to_owned(),
                dtype: "none".to_owned(),
                context: None,
                ..EngineIdentity::default()
            },
        };
        Ok(Self { identity, rules, timeout: None })
    }

    /// With a limit on the time that a reply may take.
    pub fn within(self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self }
    }

    fn answer(&self, request: &Request) -> Result<&Rule, Failure> {
        let last = |role: Role| {
            let found = request.messages.iter().rev().find(|message| message.role == role);
            found.map_or("", |message| message.text.as_str())
        };
        let matches = |pattern: &Option<Regex>, text: &str| pattern.as_ref().is_none_or(|p| p.is_match(text));
        let fits =
            |rule: &&Rule| matches(&rule.when, last(Role::User)) && matches(&rule.system, last(Role::System));
        self.rules.iter().find(fits).ok_or_else(|| Failure::engine("no rule of the script matches"))
    }
}

impl Rule {
    /// Of a choice the probability of each option: its share of the replies that the rule chooses from.
    fn weights(&self, ask: &Ask) -> Result<Vec<f64>, Failure> {
        match ask {
            // Whether it is the JSON that was asked for is looked at by whoever asks.
            Ask::Text | Ask::Json { .. } => Ok(Vec::new()),
            Ask::Choose { options } => {
                if let Some(other) = self.reply.iter().find(|reply| !options.contains(reply)) {
                    let message = format!("`{other}` of the script is none of the options");
                    return Err(Failure { kind: FailureKind::Contract, message });
                }
                let share = |option: &String| {
                    let times = self.reply.iter().filter(|reply| *reply == option).count();
                    times as f64 / self.reply.len().max(1) as f64
                };
                Ok(options.iter().map(share).collect())
            }
        }
    }
}

fn words(text: &str) -> u32 {
    u32::try_from(text.split_whitespace().count()).unwrap_or(u32::MAX)
}

impl Engine for Scripted {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn room(&self) -> usize {
        16
    }

    fn facts(&self) -> Facts {
        Facts { constrains: true, chooses: true, ..Facts::default() }
    }

    fn generate(&self, request: Request) -> BoxFuture<'_, Result<Completion, Failure>> {
        Box::pin(async move {
            let rule = self.answer(&request)?;
            let late = self.timeout.filter(|timeout| rule.delay > *timeout);
            let delay = late.unwrap_or(rule.delay);
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            if let Some(timeout) = late {
                return Err(Failure::late(timeout));
            }
            if let Some(kind) = rule.fail {
                return Err(Failure { kind, message: "the script says so".to_owned() });
            }
            let choices = rule.reply.len().max(1) as u64;
            let chosen = usize::try_from(request.seed % choices).unwrap_or(0);
            let text = rule.reply.get(chosen).cloned().unwrap_or_default();
            let prompt_tokens = request.messages.iter().map(|message| words(&message.text)).sum();
            let stop = if rule.cut { StopReason::Length } else { StopReason::End };
            let weights = rule.weights(&request.ask)?;
            Ok(Completion { stop, prompt_tokens, completion_tokens: words(&text), text, weights })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Message;
    use reports::record::Sampling;

    fn request(text: &str, seed: u64) -> Request {
        let messages = vec![Message { role: Role::User, text: text.to_owned() }];
        let sampling = Sampling::plain(1.0, 8);
        Request::new(messages, sampling, seed)
    }

    fn ask(engine: &Scripted, text: &str, seed: u64) -> Result<Completion, Failure> {
        futures::executor::block_on(engine.generate(request(text, seed)))
    }

    #[test]
    fn the_first_matching_rule_answers_by_seed() {
        let script = "- {when: hello, reply: [Hi., Good day.]}\n- {when: fall, fail: timeout}";
        let engine = Scripted::parse("s", "scripted:s", script).unwrap();
        assert_eq!(ask(&engine, "hello", 0).unwrap().text, "Hi.");
        assert_eq!(ask(&engine, "hello", 1).unwrap().text, "Good day.");
        assert_eq!(ask(&engine, "fall", 0).unwrap_err().kind, FailureKind::Timeout);
        assert_eq!(ask(&engine, "other", 0).unwrap_err().kind, FailureKind::Engine);
    }

    #[test]
    fn a_reply_that_takes_too_long_is_late() {
        let script = "- {when: slow, reply: [a], delay: 60000}\n- {reply: [b], delay: 1}";
        let engine = Scripted::parse("s", "scripted:s", script).unwrap().within(Duration::from_millis(20));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let ask = |text| runtime.block_on(engine.generate(request(text, 0)));
        assert_eq!(ask("slow").unwrap_err(), Failure::late(Duration::from_millis(20)));
        assert_eq!(ask("quick").unwrap().text, "b");
    }

    #[test]
    fn a_malformed_script_is_an_error() {
        assert!(Scripted::parse("s", "s", "- {when: '('}").is_err());
        assert!(Scripted::parse("s", "s", "- {whne: a}").is_err());
    }
}
