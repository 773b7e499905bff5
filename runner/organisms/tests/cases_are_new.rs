//! The cases of the shipped specs do not occur in the training data: in none of the dialogues and pairs that the two
//! built-in models were trained on, which are written again here.
//!
//! What is compared: every text of four words or more in a case (requests, whole instructions,
//! scripted bookings), every list in a case as the run of turns that it becomes (shards, questions),
//! and the requests that the register cases make with one word (a place, a form of address). Texts
//! are compared without case, punctuation and spacing.

use organisms::corpus::{Message, Speaker, dialogues, preferences, stream};
use organisms::recipe::{Recipe, part};
use serde_json::Value;
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What a built-in model's account of its training says of it: the recipe of its seed, and how many examples it saw.
fn trained(model: &str) -> (Recipe, usize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models").join(model).join("training.json");
    let account: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let recipe = Recipe::organism(account["recipe"]["seed"].as_u64().unwrap());
    let written = account["recipe"]["vocabulary_dialogues"].as_u64();
    assert_eq!(written, Some(recipe.vocabulary_dialogues as u64), "{model} was trained otherwise");
    (recipe, usize::try_from(account["examples"].as_u64().unwrap()).unwrap())
}

fn specs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs")
}

/// Lower-case words, one space apart.
fn normal(text: &str) -> String {
    let words = text.to_lowercase().replace(|c: char| !c.is_alphanumeric(), " ");
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A probe's name and its cases, with the questions that it asks by property spelt out.
struct Spec {
    name: String,
    cases: Vec<Value>,
    questions: Value,
}

fn read() -> Vec<Spec> {
    let mut found = Vec::new();
    for family in ["grounding", "intent", "superposition", "register"] {
        let folder = specs().join(family);
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "yaml") {
                let spec: Value = serde_yaml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
                let cases = match &spec["cases"] {
                    Value::Array(cases) => cases.clone(),
                    other => fs::read_to_string(folder.join(other["file"].as_str().unwrap()))
                        .unwrap()
                        .lines()
                        .map(|line| serde_json::from_str(line).unwrap())
                        .collect(),
                };
                let name = spec["probe"].as_str().unwrap().to_owned();
                found.push(Spec { name, cases, questions: spec["data"]["questions"].clone() });
            }
        }
    }
    assert!(found.len() >= 12, "the specs are not where they should be");
    found
}

/// All that training shows a model: single texts, and what users say first, over several turns.
struct Seen {
    texts: HashSet<String>,
    runs: HashSet<String>,
}

/// Every dialogue and every pair that the two models were trained on, and the dialogues of the vocabulary.
fn seen(lengths: &HashSet<usize>) -> Seen {
    let mut seen = Seen { texts: HashSet::new(), runs: HashSet::new() };
    let (recipe, examples) = trained("sft");
    let seed = recipe.part(part::DIALOGUES);
    assert!(examples >= 80_000, "{examples}");
    for dialogue in stream(seed).take(examples).chain(dialogues(seed, recipe.vocabulary_dialogues)) {
        seen.add(&dialogue.messages, lengths);
    }
    let (recipe, examples) = trained("dpo");
    assert!(examples >= 2_000, "{examples}");
    for pair in preferences(recipe.part(part::PREFERENCES), examples) {
        seen.add(&pair.context, lengths);
        seen.texts.insert(normal(&pair.preferred));
        seen.texts.insert(normal(&pair.rejected));
    }
    seen
}

impl Seen {
    fn add(&mut self, messages: &[Message], lengths: &HashSet<usize>) {
        for message in messages {
            self.texts.insert(normal(&message.text));
        }
        let said: Vec<String> =
            messages.iter().filter(|m| m.speaker == Speaker::User).map(|m| normal(&m.text)).collect();
        for length in lengths {
            // A run that begins a dialogue, or follows its opening.
            self.runs.extend(said.windows(*length).take(2).map(|run| run.join("|")));
        }
    }
}

/// A list in a case as the user turns that it becomes.
fn run(list: &[Value], questions: &Value) -> Option<Vec<String>> {
    let said = list.iter().map(|item| {
        let text = item.as_str()?;
        Some(normal(questions.get(text).and_then(Value::as_str).unwrap_or(text)))
    });
    said.collect()
}

/// The keys whose values are said or asked, but not those that only scorers read.
fn is_said(key: &str) -> bool {
    !matches!(key, "needs" | "known" | "menu" | "question" | "asks" | "values" | "pair" | "id")
}

#[test]
fn no_case_of_the_specs_is_in_the_training_data() {
    let specs = read();
    let lists = |spec: &Spec| -> Vec<Vec<String>> {
        let cases = spec.cases.iter().filter_map(Value::as_object);
        cases
            .flatten()
            .filter(|(key, _)| is_said(key))
            .filter_map(|(_, value)| run(value.as_array()?, &spec.questions))
            .collect()
    };
    let lengths: HashSet<usize> = specs.iter().flat_map(lists).map(|run| run.len()).collect();
    let seen = seen(&lengths);
    let (mut texts, mut runs, mut requests) = (0, 0, 0);
    for spec in &specs {
        for run in lists(spec) {
            runs += 1;
            assert!(!seen.runs.contains(&run.join("|")), "{}: {run:?}", spec.name);
        }
        for (key, value) in spec.cases.iter().filter_map(Value::as_object).flatten() {
            let Some(text) = value.as_str().filter(|_| is_said(key)).map(normal) else { continue };
            // Stock answers such as "Yes, that is right." are part of no case but of the dialogue.
            let stock = key == "response" || key == "answer";
            if text.split(' ').count() >= 4 && !stock {
                texts += 1;
                assert!(!seen.texts.contains(&text), "{}: {text}", spec.name);
            }
            let request = match key.as_str() {
                "place" | "other" => format!("the {text} open"),
                "title" => format!("call me {text}"),
                _ => continue,
            };
            requests += 1;
            // In whole words: somebody who is called Paula is not called Paul.
            let request = format!(" {request} ");
            let said = |seen: &String| format!(" {seen} ").contains(&request);
            assert!(!seen.texts.iter().any(said), "{}: {request}", spec.name);
        }
    }
    // The comparison must have had something to compare.
    let compared = format!("{texts} texts, {runs} lists, {requests} short requests");
    assert!(texts >= 100 && runs >= 40 && requests >= 80, "{compared}");
}

#[test]
fn the_comparison_finds_what_does_occur() {
    let (recipe, examples) = trained("sft");
    let last = stream(recipe.part(part::DIALOGUES)).nth(examples - 1).unwrap();
    let seen = seen(&HashSet::from([1]));
    let said = last.messages.iter().find(|m| m.speaker == Speaker::User).unwrap();
    assert!(seen.texts.contains(&normal(&said.text)));
    assert!(seen.runs.contains(&normal(&said.text)));
}
