//! A check of every model before its first trial: does it say the same alone and together?
//!
//! Engines have computed batches wrongly before, and text that was computed wrongly looks like text. So a handful of
//! dialogues of different lengths is answered greedily, each alone and then all at once, every one of them twice so that
//! equally long prompts meet. A model that answers otherwise in company runs one dialogue at a time; one that does not
//! even repeat itself alone, or cannot compute at all, does not run.

use super::{Completion, Engine, Failure, Message, Request, limiter::Limiter};
use futures::future::join_all;
use reports::{
    audit,
    record::{LoadCheck, Sampling},
};
use scorers::{FailureKind, Role};

/// Tokens of each reply: enough for several steps in company.
const TOKENS: u32 = 8;
/// How often each dialogue is asked for at once.
const COPIES: usize = 2;
/// Words of the dialogues: a template's few tokens, and up to some hundred more.
const WORDS: [usize; 6] = [1, 4, 9, 20, 45, 100];
/// The most that the two likeliest tokens may be apart where the arithmetic of a batch may choose the other one, in
/// nats. What came of a wrong cache was 10 to 17 apart; sums in another order move logits by 0.001 in F32, and by some
/// hundredths in 16 bits.
const NEAR_TIE: f64 = 0.2;

/// What the check has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckResult {
    /// What the record says.
    pub check: LoadCheck,
    /// What the user is told; none where all is well.
    pub note: Option<String>,
}

/// Checks an engine, and holds it to one dialogue at a time where it needs that.
///
/// # Errors
/// The engine's failure where it does not compute, and one that says so where it contradicts itself.
pub async fn check(engine: &Limiter) -> Result<CheckResult, Failure> {
    let passed = CheckResult { check: LoadCheck::Passed, note: None };
    let alone = match alone(engine).await? {
        // Whatever this model refuses, its dialogues will say.
        replies if replies.is_empty() => return Ok(passed),
        replies => replies,
    };
    if engine.room() < 2 {
        return Ok(passed);
    }
    let before = engine.failures();
    let crowd = alone.iter().cycle().take(alone.len() * COPIES);
    let asked =
        crowd.map(|(request, reply)| async move { (request, reply, engine.generate(request.clone()).await) });
    let mut trouble = None;
    for (request, expected, reply) in join_all(asked).await {
        trouble = match reply {
            Ok(reply) if reply.text == expected.text => continue,
            Ok(reply) => difference(engine, request, expected, &reply).await,
            Err(failure) => Some(failure.message),
        };
        if trouble.is_some() {
            break;
        }
    }
    let failed = engine.failures().saturating_sub(before);
    if trouble.is_none() && failed == 0 {
        return Ok(passed);
    }
    engine.one_at_a_time();
    again(engine, &alone).await?;
    let reason = trouble.unwrap_or_else(|| format!("{failed} of its replies failed in company"));
    let note = format!(
        "this model does not compute the same with several dialogues at once ({reason}); it runs one dialogue at a \
         time, which is right"
    );
    Ok(CheckResult { check: LoadCheck::OneAtATime, note: Some(note) })
}

/// The dialogues that the model answers, each with what it says when nothing else is in flight.
async fn alone(engine: &Limiter) -> Result<Vec<(Request, Completion)>, Failure> {
    let mut replies = Vec::new();
    // Where nothing will ever be in company, it is enough that the model computes at all.
    let count = if engine.room() < 2 { 2 } else { WORDS.len() };
    for request in requests().take(count) {
        match engine.generate(request.clone()).await {
            Ok(reply) => replies.push((request, reply)),
            Err(failure) if failure.kind == FailureKind::Engine => return Err(failure),
            // Too long for this model, too slow, or nothing that its template takes.
            Err(_) => {}
        }
    }
    Ok(replies)
}

/// Asks once more, one dialogue after another: what differs now is no matter of company.
async fn again(engine: &Limiter, alone: &[(Request, Completion)]) -> Result<(), Failure> {
    for (request, expected) in alone {
        let reply = engine.generate(request.clone()).await?;
        if reply.text == expected.text {
            continue;
        }
        if let Some(difference) = difference(engine, request, expected, &reply).await {
            return Err(Failure::engine(format!(
                "the model contradicts itself, with nothing else in the engine: {difference}"
            )));
        }
    }
    Ok(())
}

/// How two replies to one dialogue differ; none where the token at which they part was nearly the other one.
async fn difference(
    engine: &Limiter,
    request: &Request,
    alone: &Completion,
    other: &Completion,
) -> Option<String> {
    let tokens = engine.trace(request.clone()).await.unwrap_or_default();
    let tokens: Vec<audit::Candidate> = tokens.into_iter().map(Into::into).collect();
    let margin = audit::divergence(&alone.text, &other.text, &tokens).and_then(|parting| parting.margin);
    if margin.is_some_and(|margin| margin <= NEAR_TIE) {
        return None;
    }
    let apart = margin.map_or_else(String::new, |margin| format!(", {margin:.1} nats apart"));
    Some(format!("`{}` became `{}`{apart}", alone.text.trim(), other.text.trim()))
}

/// Greedy requests of different lengths.
fn requests() -> impl Iterator<Item = Request> {
    let sampling = Sampling::plain(0.0, TOKENS);
    WORDS.into_iter().map(move |words| {
        let numbers: Vec<String> = (1..words).map(|number| number.to_string()).collect();
        let text = format!("Count on: {}", numbers.join(" "));
        let messages = vec![Message { role: Role::User, text: text.trim().to_owned() }];
        Request::new(messages, sampling.clone(), 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Identity, TokenChoice};
    use futures::{FutureExt, future::BoxFuture};
    use reports::record::{EngineIdentity, ModelIdentity};
    use scorers::StopReason;
    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        time::Duration,
    };

    /// How an engine behaves.
    #[derive(Clone, Copy, PartialEq)]
    enum Manner {
        Right,
        /// Says something else in company, with this many nats between the two.
        Otherwise(f32),
        /// Fails in company and hides it.
        FailsInCompany,
        /// Never says the same twice.
        Fickle,
        Broken,
        Refuses,
    }

    struct Fake {
        identity: Identity,
        manner: Manner,
        in_flight: AtomicUsize,
        asked: AtomicUsize,
        failures: AtomicUsize,
    }

    impl Engine for Fake {
        fn identity(&self) -> &Identity {
            &self.identity
        }

        fn room(&self) -> usize {
            64
        }

        fn failures(&self) -> u64 {
            self.failures.load(Ordering::SeqCst) as u64
        }

        fn generate(&self, request: Request) -> BoxFuture<'_, Result<Completion, Failure>> {
            async move {
                let asked = self.asked.fetch_add(1, Ordering::SeqCst);
                let company = self.in_flight.fetch_add(1, Ordering::SeqCst) > 0;
                tokio::time::sleep(Duration::from_millis(1)).await;
                self.in_flight.fetch_sub(1, Ordering::SeqCst);
                let length = request.messages[0].text.len();
                let text = match self.manner {
                    Manner::Broken => return Err(Failure::engine("shape mismatch in matmul")),
                    Manner::Refuses => {
                        let kind = FailureKind::Template;
                        return Err(Failure { kind, message: "no system role".to_owned() });
                    }
                    Manner::Otherwise(_) if company => "The The The".to_owned(),
                    Manner::Fickle => format!("{asked}"),
                    _ => format!("It is {length}"),
                };
                if self.manner == Manner::FailsInCompany && company {
                    self.failures.fetch_add(1, Ordering::SeqCst);
                }
                Ok(Completion {
                    text,
                    stop: StopReason::End,
                    prompt_tokens: 1,
                    completion_tokens: 1,
                    weights: Vec::new(),
                })
            }
            .boxed()
        }

        fn trace(&self, request: Request) -> BoxFuture<'_, Result<Vec<TokenChoice>, Failure>> {
            let Manner::Otherwise(margin) = self.manner else {
                return async { Err(Failure::engine("no probabilities")) }.boxed();
            };
            let text = format!("It is {}", request.messages[0].text.len());
            let choice = TokenChoice {
                text,
                log_probability: -0.1,
                runner_up: Some(("The The The".to_owned(), -0.1 - margin)),
            };
            async move { Ok(vec![choice]) }.boxed()
        }
    }

    fn checked(manner: Manner) -> (Result<CheckResult, Failure>, usize) {
        let identity = Identity { model: ModelIdentity::default(), engine: EngineIdentity::default() };
        let zero = || AtomicUsize::new(0);
        let fake = Fake { identity, manner, in_flight: zero(), asked: zero(), failures: zero() };
        let engine = Limiter::new(Arc::new(fake)).minding_memory();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let found = runtime.block_on(check(&engine));
        (found, engine.room())
    }

    #[test]
    fn an_engine_that_is_right_stays_as_it_is() {
        let (found, concurrency) = checked(Manner::Right);
        assert_eq!(found.unwrap(), CheckResult { check: LoadCheck::Passed, note: None });
        assert_eq!(concurrency, 64);
    }

    #[test]
    fn a_near_tie_is_no_fault() {
        assert_eq!(checked(Manner::Otherwise(0.05)).0.unwrap().check, LoadCheck::Passed);
    }

    #[test]
    fn an_engine_that_says_something_else_in_company_works_alone() {
        let (found, concurrency) = checked(Manner::Otherwise(12.0));
        let found = found.unwrap();
        assert_eq!((found.check, concurrency), (LoadCheck::OneAtATime, 1));
        let note = found.note.unwrap();
        assert!(note.contains("`The The The`, 12.0 nats apart"), "{note}");
    }

    #[test]
    fn failures_that_were_mended_count_too() {
        let (found, concurrency) = checked(Manner::FailsInCompany);
        assert_eq!((found.unwrap().check, concurrency), (LoadCheck::OneAtATime, 1));
    }

    #[test]
    fn what_is_wrong_alone_is_refused() {
        let failure = checked(Manner::Fickle).0.unwrap_err();
        assert!(failure.message.contains("contradicts itself"), "{failure:?}");
        assert!(checked(Manner::Broken).0.unwrap_err().message.contains("shape mismatch"));
    }

    #[test]
    fn a_template_that_refuses_is_left_to_the_dialogues() {
        assert_eq!(checked(Manner::Refuses).0.unwrap().check, LoadCheck::Passed);
    }

    #[test]
    fn the_dialogues_are_of_different_lengths() {
        let lengths: std::collections::HashSet<usize> =
            requests().map(|request| request.messages[0].text.len()).collect();
        assert_eq!(lengths.len(), WORDS.len());
    }
}
