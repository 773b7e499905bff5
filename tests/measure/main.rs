//! Measures Grice on a device against the engine itself, and prints the rows of the table in BENCHMARKS.md.
//!
//! `cargo run --release -p grice-tests --features cuda --bin measure` on a machine with a card; `--smoke` runs every
//! part in a minute on a processor, to see that the program works.

mod agreement;
mod forks;
mod rows;
mod suite;
mod throughput;

use clap::Parser;
use organisms::shape::{Family, Shape, Size};
use rows::Rows;
use runner::engine::{
    device::{Device, DeviceKind},
    machine::Machine,
    options::EngineOptions,
    reference::ModelReference,
    settings::Settings,
};
use std::{path::PathBuf, process::ExitCode};

/// Whatever goes wrong, in words.
pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Set for a child process that is to be the program `grice`, so that one build measures a cold start too.
pub(crate) const AS_RUNNER: &str = "GRICE_MEASURE_AS_RUNNER";

/// Measures Grice on a device against the engine itself.
#[derive(Debug, Parser)]
pub(crate) struct Arguments {
    /// The device; default: the best one
    #[arg(long)]
    device: Option<Device>,
    /// Parts to measure: 1 agreement, 2 throughput, 3 forks, 4 the default suite
    #[arg(long, value_delimiter = ',', default_values_t = [1, 2, 3, 4])]
    parts: Vec<u32>,
    /// Families of the shapes
    #[arg(long, value_delimiter = ',', default_values_t = ["llama".to_owned(), "qwen3".to_owned()])]
    families: Vec<String>,
    /// Sizes of the shapes in part 2
    #[arg(long, value_delimiter = ',', default_values_t = ["1b".to_owned(), "8b".to_owned()])]
    sizes: Vec<String>,
    /// Memory bandwidth of the device in GB/s, where the program does not know the card
    #[arg(long)]
    bandwidth: Option<f64>,
    /// Where the shapes are written and kept; default: a folder that goes at the end
    #[arg(long)]
    shapes: Option<PathBuf>,
    /// The specs of parts 1 and 4
    #[arg(long, default_value = "specs")]
    specs: PathBuf,
    /// Tiny shapes and few requests
    #[arg(long)]
    smoke: bool,
}

impl Arguments {
    /// The first family, which parts 3 and 4 use.
    pub(crate) fn family(&self) -> &str {
        self.families.first().map_or("llama", String::as_str)
    }

    /// The size in parts 3 and 4.
    pub(crate) fn one_billion(&self) -> &str {
        if self.smoke { "tiny" } else { "1b" }
    }
}

/// What every part needs.
pub(crate) struct Bench {
    pub(crate) arguments: Arguments,
    pub(crate) machine: Machine,
    pub(crate) device: Device,
    shapes: PathBuf,
    /// Removes the shapes at the end, where nobody asked to keep them.
    _place: Option<tempfile::TempDir>,
}

impl Bench {
    fn new(arguments: Arguments) -> Outcome<Self> {
        let machine = Machine::look();
        let device = arguments.device.unwrap_or_else(|| machine.best());
        let place = match &arguments.shapes {
            Some(_) => None,
            None => Some(tempfile::tempdir()?),
        };
        let kept = arguments.shapes.clone();
        let shapes = kept.or_else(|| place.as_ref().map(|place| place.path().to_owned()));
        let shapes = shapes.ok_or("no folder for the shapes")?;
        Ok(Self { arguments, machine, device, shapes, _place: place })
    }

    /// A model of a shape; written when it is first asked for.
    pub(crate) fn shape(&self, family: &str, size: &str) -> Outcome<(Shape, ModelReference)> {
        let shape = Shape::of(named(family, &Family::ALL)?, named(size, &Size::ALL)?);
        let directory = self.shapes.join(format!("{family}-{size}"));
        if !directory.join("model.safetensors").is_file() {
            note(&format!("writing {}", directory.display()));
            shape.write(&directory, 0)?;
        }
        let path = directory.to_str().ok_or("the folder of the shapes has no plain name")?;
        Ok((shape, ModelReference::parse(path)?))
    }

    /// The settings of a model on the device.
    pub(crate) fn settings(&self, reference: &ModelReference, further: EngineOptions) -> Outcome<Settings> {
        let options = EngineOptions { devices: vec![self.device], ..further };
        let mut settings = Settings::resolve(reference, &options, &self.machine)?;
        // The engine by itself is one engine, and so it is beside it.
        settings.devices.truncate(1);
        settings.layout.engines = 1;
        Ok(settings)
    }

    /// Name of the device in the rows.
    pub(crate) fn named(&self) -> String {
        match self.machine.card(self.device) {
            Some(card) => format!("{}, driver {}", card.name, card.driver),
            None => format!("{} ({} cores)", self.device, self.machine.cores),
        }
    }
}

fn named<T: Copy>(text: &str, all: &[(&str, T)]) -> Outcome<T> {
    let found = all.iter().find(|(name, _)| *name == text);
    found.map(|(_, value)| *value).ok_or_else(|| format!("there is no shape `{text}`").into())
}

/// Tells people what is being done.
pub(crate) fn note(text: &str) {
    use std::io::Write;
    // If standard error is gone there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn main() -> ExitCode {
    if std::env::var_os(AS_RUNNER).is_some() {
        return runner::main_impl(rows::COMMIT);
    }
    match measure(Arguments::parse()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(failures) => {
            note(&format!("{failures} rows or parts failed; the others stand"));
            ExitCode::FAILURE
        }
        Err(error) => {
            note(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Measures the parts that were asked for, one after the other; how many rows or parts failed.
fn measure(arguments: Arguments) -> Outcome<usize> {
    if let Some(part) = arguments.parts.iter().find(|part| !(1..=4).contains(*part)) {
        return Err(format!("there is no part {part}; there are 1 to 4").into());
    }
    in_order_of_slots();
    let bench = Bench::new(arguments)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut rows = Rows::new(&bench)?;
    for &part in &bench.arguments.parts {
        let measured = match part {
            1 => runtime.block_on(agreement::measure(&bench, &mut rows)),
            2 => runtime.block_on(throughput::measure(&bench, &mut rows)),
            3 => runtime.block_on(forks::measure(&bench, &mut rows)),
            _ => suite::measure(&bench, &mut rows),
        };
        if let Err(error) = measured {
            rows.broke_off(part, &error.to_string())?;
        }
    }
    runtime.shutdown_background();
    if bench.device.kind() == DeviceKind::Cpu && !bench.arguments.smoke {
        note("measured on the processor: these rows are no substitute for those of a card");
    }
    Ok(rows.failures())
}

/// Counts cards as `nvidia-smi` does and as a run does. CUDA reads this when it is first asked for a card.
fn in_order_of_slots() {
    if std::env::var_os("CUDA_DEVICE_ORDER").is_none() {
        #[expect(unsafe_code, reason = "no other thread exists yet, so none can read the environment")]
        unsafe {
            std::env::set_var("CUDA_DEVICE_ORDER", "PCI_BUS_ID");
        }
    }
}
