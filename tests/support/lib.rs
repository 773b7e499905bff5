//! What end-to-end tests share: starting the program and looking at what it left behind.

pub mod bulk;
pub mod usage;

use reports::{
    Record,
    record::{Chain, Coupling, Sampling},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the workspace exists")
}

/// Sampling of replies of 24 tokens at most.
pub fn brief(temperature: f64) -> Sampling {
    Sampling { coupling: Coupling::Gumbel, ..Sampling::plain(temperature, 24) }
}

/// What a finished program left.
#[derive(Debug)]
pub struct Finished {
    /// The exit code; none when it was killed.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl From<Output> for Finished {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A command that runs the program in the directory `tests/`, without colours and network.
pub fn command(binary: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary);
    command
        .args(arguments)
        .current_dir(root().join("tests"))
        .env("NO_COLOR", "1")
        .env("COLUMNS", "110")
        .env("HF_HUB_OFFLINE", "1")
        .env_remove("RAYON_NUM_THREADS");
    command
}

/// Runs the program to its end.
pub fn run(binary: &str, arguments: &[&str]) -> Finished {
    command(binary, arguments).output().expect("the program starts").into()
}

/// The text of a run's journal.
pub fn journal(directory: &Path) -> String {
    std::fs::read_to_string(directory.join("journal.jsonl")).expect("the run has a journal")
}

/// A stored file after a change by somebody who makes its checksums anew, whatever they were.
pub fn sealed(text: &str) -> String {
    let mut chain = Chain::default();
    let object = |line: &str| match line.rsplit_once(",\"check\":") {
        Some((object, _)) => format!("{object}}}"),
        None => line.to_owned(),
    };
    text.lines().map(|line| chain.seal(&object(line))).collect()
}

/// The lines of a stored file as a format from before checksums has them.
pub fn unsealed(text: &str) -> String {
    let object = |line: &str| match line.rsplit_once(",\"check\":") {
        Some((object, _)) => format!("{object}}}\n"),
        None => format!("{line}\n"),
    };
    text.lines().map(object).collect()
}

/// A journal of today as format 2 had it: one model, no dialogues, no checksums.
pub fn of_format_2(journal: &str) -> String {
    let plain = unsealed(journal);
    let (first, rest) = plain.split_once('\n').expect("it has lines");
    let mut line: serde_json::Value = serde_json::from_str(first).expect("the header is JSON");
    let header = line["run"].as_object_mut().expect("a header");
    let model = header.remove("cast").expect("a cast")["model"].clone();
    header.insert("format".into(), 2.into());
    header.insert("model".into(), model["model"].clone());
    header.insert("engine".into(), model["engine"].clone());
    for probe in header["probes"].as_array_mut().expect("probes") {
        probe.as_object_mut().expect("a probe").remove("dialogues");
    }
    format!("{line}\n{rest}")
}

/// How files say that their grades are those of today's scorers.
pub fn graded_now() -> String {
    format!("\"grading\":{}", reports::grade::GRADING_VERSION)
}

/// The record of a run.
pub fn record(directory: &Path) -> Record {
    Record::parse(&journal(directory)).expect("the journal is whole")
}

/// Writes an adapter of rank 2 on the queries and values of the first layer of the model in a directory.
pub fn adapter(directory: &Path, model: &Path, strength: f32) {
    let config = serde_json::json!({
        "peft_type": "LORA", "task_type": "CAUSAL_LM", "r": 2, "lora_alpha": 4, "lora_dropout": 0.0, "bias": "none",
        "target_modules": ["q_proj", "v_proj"], "base_model_name_or_path": "base", "fan_in_fan_out": false,
    });
    fs::create_dir_all(directory).expect("it can be made");
    fs::write(directory.join("adapter_config.json"), config.to_string()).expect("it can be written");
    let config = fs::read_to_string(model.join("config.json")).expect("a config");
    let config: serde_json::Value = serde_json::from_str(&config).expect("it is JSON");
    let width = config["hidden_size"].as_u64().expect("it has a width") as usize;
    let (mut header, mut data) = (serde_json::Map::new(), Vec::<u8>::new());
    for module in ["q_proj", "v_proj"] {
        for (part, shape) in [("lora_A", [2, width]), ("lora_B", [width, 2])] {
            let start = data.len();
            for index in 0..2 * width {
                let number = strength * ((index * 37 % 19) as f32 - 9.0) / 9.0;
                data.extend(number.to_le_bytes());
            }
            let name = format!("base_model.model.model.layers.0.self_attn.{module}.{part}.weight");
            let entry =
                serde_json::json!({ "dtype": "F32", "shape": shape, "data_offsets": [start, data.len()] });
            header.insert(name, entry);
        }
    }
    let mut header = serde_json::Value::Object(header).to_string().into_bytes();
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header);
    file.extend(data);
    fs::write(directory.join("adapter_model.safetensors"), file).expect("it can be written");
}
