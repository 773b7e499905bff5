//! One trial: walks the steps of a dialogue, asks the engine for the live turns, and forks.

use super::{
    context::Context,
    contract::{self, Kept},
};
use crate::{
    engine::{Completion, Request},
    event::Event,
    seed::{self, Position},
    spec::{Planned, Scope, options::confusion, scope::TURNS},
};
use futures::{
    FutureExt, StreamExt,
    channel::{
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded},
        oneshot,
    },
    future::{BoxFuture, Shared},
};
use reports::record::{
    TrialKey, TrialRecord,
    dialogue::{Ask, Items, Message, Prompt, Speak, Step, prompt_for},
};
use scorers::{Body, Branch, FailureKind, Role, Transcript, Turn, reasoning::Reply, template::TemplateError};
use serde_json::Value as Json;

/// Why the steps are not walked on.
enum Stopped {
    /// A turn failed, and that turn has been recorded.
    Broken,
    /// Who takes the user's part has nothing more to say: the rounds are over.
    Left,
}

/// What a walk needs and does not change.
struct Walk<'a> {
    context: &'a Context<'a>,
    key: &'a TrialKey,
    /// Where branches are handed over to be run beside the main line.
    forks: UnboundedSender<BoxFuture<'a, Branch>>,
}

/// Name and round of a fork, and index of the branch.
type BranchName<'a> = (&'a str, Option<u32>, u32);

/// A dialogue so far.
#[derive(Clone)]
struct DialogueSoFar<'a> {
    turns: Vec<Turn>,
    scope: Scope,
    round: Option<u32>,
    branch: Option<BranchName<'a>>,
}

/// Runs one trial. Never fails: what goes wrong is part of the transcript.
pub(super) async fn run(context: &Context<'_>, planned: &Planned) -> TrialRecord {
    let key = &planned.key;
    let probe = context.probes.get(planned.probe);
    let dialogue = probe.and_then(|probe| probe.record.dialogues.get(&key.arm));
    let variables = probe.and_then(|probe| probe.variables(&key.case, &key.arm));
    let (Some(dialogue), Some(variables)) = (dialogue, variables) else {
        let transcript = Transcript::default();
        return TrialRecord { key: key.clone(), transcript };
    };
    let (forks, handed_over): (_, UnboundedReceiver<BoxFuture<'_, Branch>>) = unbounded();
    let main_line = async move {
        let walk = Walk { context, key, forks };
        let scope = Scope::new(variables);
        let mut line = DialogueSoFar { turns: Vec::new(), scope, round: None, branch: None };
        let _ = walk.steps(dialogue, &mut line).await;
        line.turns
    };
    let branches = handed_over.buffer_unordered(usize::MAX).collect::<Vec<Branch>>();
    let (turns, mut branches) = futures::join!(main_line, branches);
    // In the order of the spec, whichever finished first.
    branches.sort_by_key(|branch| (branch.after, branch.fork.clone(), branch.index));
    TrialRecord { key: key.clone(), transcript: Transcript { turns, branches } }
}

impl<'a> Walk<'a> {
    fn steps<'b>(
        &'b self,
        steps: &'a [Step],
        line: &'b mut DialogueSoFar<'a>,
    ) -> BoxFuture<'b, Result<(), Stopped>>
    where
        'a: 'b,
    {
        Box::pin(async move {
            for step in steps {
                self.step(step, line).await?;
            }
            Ok(())
        })
    }

    async fn step(&self, step: &'a Step, line: &mut DialogueSoFar<'a>) -> Result<(), Stopped> {
        match step {
            Step::Say { role, text, name } => line.say(*role, text, name.as_deref()),
            Step::Speak(speak) => self.speak(speak, line).await,
            Step::Fork { name, items, variable, samples, steps } => {
                let grid = match items {
                    None => vec![None],
                    Some(items) => line.grid(items, *samples)?.into_iter().map(Some).collect(),
                };
                let mut first = None;
                let each = grid.iter().flat_map(|item| (0..*samples).map(move |_| item));
                for (index, item) in (0..).zip(each) {
                    let mut line = line.clone();
                    if let Some(item) = item {
                        line.scope.enter_item(variable.as_deref(), item.clone());
                    }
                    let warms_up = self.warms_up(&line);
                    let mut branch = self.branch(name, index, steps, line);
                    if warms_up {
                        branch = after_first(branch, &mut first);
                    }
                    // The receiver lives as long as the trial.
                    let _ = self.forks.unbounded_send(branch);
                }
                Ok(())
            }
            Step::Repeat { items, variable, until, steps } => {
                let items = line.items(items)?;
                for (round, item) in (1..).zip(items) {
                    line.enter(round, variable.as_deref(), item);
                    match self.steps(steps, line).await {
                        Err(Stopped::Left) => break,
                        other => other?,
                    }
                    if line.reached(until.as_deref())? {
                        break;
                    }
                }
                line.leave(variable.as_deref());
                Ok(())
            }
        }
    }

    /// Whether the first branch of a fork should go ahead, so that the others find their prefix computed. A reply on the
    /// line before has computed all but its own last tokens already.
    fn warms_up(&self, line: &DialogueSoFar<'_>) -> bool {
        let live = |turn: &Turn| matches!(turn.body, Body::Generated { .. });
        let model = self.context.players.model();
        model.facts().shares_prefixes && !line.turns.iter().any(live)
    }

    /// One continuation. It owns a copy of the dialogue so far and a walk of its own, which hands
    /// over nothing: forks do not nest.
    fn branch(
        &self,
        fork: &'a str,
        index: u32,
        steps: &'a [Step],
        line: DialogueSoFar<'a>,
    ) -> BoxFuture<'a, Branch> {
        let (forks, _) = unbounded();
        let walk = Walk { context: self.context, key: self.key, forks };
        Box::pin(async move {
            let (round, after) = (line.round, line.turns.len());
            let mut line = DialogueSoFar { branch: Some((fork, round, index)), ..line };
            let _ = walk.steps(steps, &mut line).await;
            let turns = line.turns.split_off(after);
            Branch { fork: fork.to_owned(), round, index, after, turns }
        })
    }

    async fn speak(&self, speak: &'a Speak, line: &mut DialogueSoFar<'a>) -> Result<(), Stopped> {
        let Speak { name, speaker, .. } = speak;
        let Some(engine) = self.context.players.of(speaker, &self.key.probe) else {
            let message = format!("nobody plays `{speaker}`");
            return Err(line.stopped(Some(speak), Role::Assistant, FailureKind::Engine, message));
        };
        let position = Position {
            probe: &self.key.probe,
            case: &self.key.case,
            arm: &self.key.arm,
            sample: self.key.sample,
            branch: line.branch.map(|(fork, round, index)| (fork, round.unwrap_or(0), index)),
            turn: name,
            round: line.round.unwrap_or(0),
            speaker: (!speaker.is_model()).then_some(speaker.name()),
        };
        let seed = seed::derive(self.context.seed, &position);
        if speak.role == Role::User && line.round.is_some() && !engine.has_words(seed) {
            return Err(Stopped::Left);
        }
        let (prompt, ask) = line.filled_in(speak)?;
        let messages = prompt_for(speaker, &prompt, &line.turns);
        let request = Request { messages, ask, sampling: speak.sampling.clone(), seed };
        let completion = engine.generate(request).await;
        let observer = self.context.observer;
        match completion {
            Ok(completion) => {
                observer.notice(Event::Generated {
                    prompt_tokens: completion.prompt_tokens,
                    completion_tokens: completion.completion_tokens,
                });
                line.heard(speak, completion)
                    .inspect_err(|_| observer.notice(Event::Failed(FailureKind::Contract)))
            }
            Err(failure) => {
                observer.notice(Event::Failed(failure.kind));
                Err(line.stopped(Some(speak), speak.role, failure.kind, failure.message))
            }
        }
    }
}

/// The beginning of a text, for a message.
fn beginning(text: &str) -> String {
    text.chars().take(80).collect()
}

/// The end of the first branch.
type FirstEnded = Shared<oneshot::Receiver<()>>;

/// Lets a branch wait for the end of the first one, or makes it the first.
fn after_first<'a>(branch: BoxFuture<'a, Branch>, first: &mut Option<FirstEnded>) -> BoxFuture<'a, Branch> {
    match first {
        Some(ended) => {
            let ended = ended.clone();
            Box::pin(async move {
                // Ended or given up: either way there is nothing more to wait for.
                let _ = ended.await;
                branch.await
            })
        }
        None => {
            let (sender, receiver) = oneshot::channel();
            *first = Some(receiver.shared());
            Box::pin(async move {
                let branch = branch.await;
                drop(sender);
                branch
            })
        }
    }
}

impl DialogueSoFar<'_> {
    fn say(&mut self, role: Role, source: &str, name: Option<&str>) -> Result<(), Stopped> {
        let text = match self.scope.render(source) {
            Ok(text) => text,
            Err(error) => return Err(self.broken_template(None, role, error)),
        };
        if let Some(name) = name {
            self.scope.said(name, &text);
        }
        let name = name.map(str::to_owned);
        self.turns.push(Turn { round: self.round, name, ..Turn::scripted(role, text) });
        Ok(())
    }

    /// What a speaker is shown and asked for, with the texts filled in.
    fn filled_in(&mut self, speak: &Speak) -> Result<(Prompt, Ask), Stopped> {
        let filled = self.prompt(&speak.prompt).and_then(|prompt| Ok((prompt, self.ask(&speak.ask)?)));
        let filled = filled.map_err(|error| self.broken_template(Some(speak), speak.role, error))?;
        // Options that quote what was said are known to be one only now; all others were looked at before the run.
        let quotes = |texts: &[String]| texts.iter().any(|text| text.contains(TURNS));
        let confused = match (&speak.ask, &filled.1) {
            (Ask::Choose { options: texts }, Ask::Choose { options }) if quotes(texts) => confusion(options),
            _ => None,
        };
        match confused {
            Some((_, error)) => {
                Err(self.stopped(Some(speak), speak.role, FailureKind::Contract, error.message))
            }
            None => Ok(filled),
        }
    }

    fn prompt(&self, prompt: &Prompt) -> Result<Prompt, TemplateError> {
        Ok(match prompt {
            Prompt::Dialogue => Prompt::Dialogue,
            Prompt::Reversed { system } => {
                let system = system.as_deref().map(|text| self.scope.render(text)).transpose()?;
                Prompt::Reversed { system }
            }
            Prompt::Own { messages } => {
                let filled = |message: &Message| {
                    Ok(Message { role: message.role, text: self.scope.render(&message.text)? })
                };
                Prompt::Own { messages: messages.iter().map(filled).collect::<Result<_, TemplateError>>()? }
            }
        })
    }

    fn ask(&self, ask: &Ask) -> Result<Ask, TemplateError> {
        Ok(match ask {
            Ask::Choose { options } => {
                let options = options.iter().map(|text| self.scope.render(text));
                Ask::Choose { options: options.collect::<Result<_, _>>()? }
            }
            Ask::Text | Ask::Json { .. } => ask.clone(),
        })
    }

    fn heard(&mut self, speak: &Speak, completion: Completion) -> Result<(), Stopped> {
        let (text, whole) = match &speak.ask {
            Ask::Json { schema, say } => match contract::read(schema, say.as_deref(), &completion) {
                Ok(Kept { text, whole, value }) => {
                    self.scope.answered(&speak.name, value);
                    (text, whole)
                }
                Err(broken) => {
                    let message = format!("{broken}; it began {:?}", beginning(&completion.text));
                    return Err(self.stopped(Some(speak), speak.role, FailureKind::Contract, message));
                }
            },
            Ask::Text | Ask::Choose { .. } => {
                // What templates quote is what was said, not what was thought; the model gets back every word of its own.
                self.scope.said(&speak.name, &Reply::of(&completion.text).into_said());
                (completion.text, None)
            }
        };
        let Completion { stop, prompt_tokens, completion_tokens, weights, .. } = completion;
        let body = Body::Generated { text, stop, prompt_tokens, completion_tokens, weights, whole };
        self.spoken(Some(speak), speak.role, body);
        Ok(())
    }

    /// Whether a repeat has come to its end before its last round.
    fn reached(&mut self, until: Option<&str>) -> Result<bool, Stopped> {
        let Some(expression) = until else { return Ok(false) };
        self.scope.holds(expression).map_err(|error| self.broken_template(None, Role::User, error))
    }

    fn items(&mut self, items: &Items) -> Result<Vec<Json>, Stopped> {
        self.scope.items(items).map_err(|error| self.broken_template(None, Role::User, error))
    }

    fn grid(&mut self, items: &Items, samples: u32) -> Result<Vec<Json>, Stopped> {
        self.scope.grid(items, samples).map_err(|error| self.broken_template(None, Role::User, error))
    }

    fn enter(&mut self, round: u32, variable: Option<&str>, item: Json) {
        self.round = Some(round);
        self.scope.enter_round(round, variable, item);
    }

    fn leave(&mut self, variable: Option<&str>) {
        self.round = None;
        self.scope.leave_rounds(variable);
    }

    fn broken_template(&mut self, speak: Option<&Speak>, role: Role, error: TemplateError) -> Stopped {
        self.stopped(speak, role, FailureKind::Template, error.message)
    }

    fn stopped(&mut self, speak: Option<&Speak>, role: Role, kind: FailureKind, message: String) -> Stopped {
        self.spoken(speak, role, Body::Failed { kind, message });
        Stopped::Broken
    }

    /// Adds a turn: a live one, or one that the spec was to say.
    fn spoken(&mut self, speak: Option<&Speak>, role: Role, body: Body) {
        self.turns.push(Turn {
            role,
            speaker: speak.map(|speak| speak.speaker.clone()).unwrap_or_default(),
            private: speak.is_some_and(|speak| speak.private),
            name: speak.map(|speak| speak.name.clone()),
            round: self.round,
            body,
        });
    }
}
