//! `grice devices`: what is here, what will be used, and how much memory is free.

use super::{engine_args::EngineArgs, output};
use crate::{
    engine::{
        device::{Device, DeviceKind},
        machine::{Card, Machine, Memory},
        options::EngineOptions,
        reference::ModelReference,
        settings::{Settings, SettingsError},
    },
    error::Error,
};
use std::fmt::Write;

/// Prints what the machine has.
pub(super) fn devices(model: Option<&str>, engine: &EngineArgs) -> Result<u8, Error> {
    let (machine, options) = (Machine::look(), engine.options());
    let outlook = model.map(|model| outlook(model, &options, &machine)).transpose()?;
    output::text(&table(&machine, outlook.as_ref()))
}

/// A model, and how it would run or why it would not.
type Outlook = (ModelReference, Result<Settings, SettingsError>);

fn outlook(model: &str, options: &EngineOptions, machine: &Machine) -> Result<Outlook, Error> {
    let reference = ModelReference::parse(model)?;
    let settings = Settings::resolve(&reference, options, machine);
    Ok((reference, settings))
}

fn table(machine: &Machine, outlook: Option<&Outlook>) -> String {
    let mut out = String::new();
    let cores = machine.cores;
    // Writing to a string cannot fail.
    let _ = writeln!(out, "cpu      {cores} cores, {}", memory(machine.memory));
    for card in &machine.cards {
        let _ = writeln!(out, "cuda:{:<4}{}", card.number, line(card));
    }
    if machine.metal {
        let _ = writeln!(out, "metal    shares the memory of the CPU");
    }
    let _ = writeln!(out, "\nthis build computes on: {}", DeviceKind::built());
    if !machine.cards.is_empty() && !DeviceKind::Cuda.is_built() {
        let _ =
            writeln!(out, "to use the card, build with `--features cuda`; docs/gpu.md says what that needs");
    }
    if let Some(note) = machine.sees_no_card() {
        let _ = writeln!(out, "{note}");
    }
    let _ = match outlook {
        None => writeln!(out, "without --device, a run uses: {}", machine.best()),
        Some((reference, Ok(settings))) => writeln!(out, "{reference} would run on {}", used(settings)),
        Some((reference, Err(why))) => writeln!(out, "{reference} would not run: {why}"),
    };
    out
}

fn used(settings: &Settings) -> String {
    let engines = settings.layout.engines.max(1);
    let named = |device: &Device| device.to_string();
    let mut devices: Vec<String> = settings.devices.iter().map(named).collect();
    devices.dedup();
    let dtype = settings.dtype.map_or("the engine's choice of format".to_owned(), |dtype| dtype.to_string());
    let running = settings.max_running;
    let engines = if engines == 1 { "1 engine".to_owned() } else { format!("{engines} engines") };
    format!("{} with {engines}, in {dtype}, {running} dialogues at once each", devices.join(", "))
}

fn line(card: &Card) -> String {
    let mut parts = vec![card.name.clone(), memory(card.memory)];
    parts.extend(card.busy.map(|busy| format!("{busy} % busy")));
    parts.push(format!("driver {}", card.driver));
    parts.extend(card.capability.map(|(major, minor)| format!("compute capability {major}.{minor}")));
    parts.join(", ")
}

fn memory(memory: Option<Memory>) -> String {
    const GIB: f64 = (1_u64 << 30) as f64;
    match memory {
        Some(Memory { total, free }) => {
            format!("{:.1} of {:.1} GiB free", free as f64 / GIB, total as f64 / GIB)
        }
        None => "memory unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_card_has_a_line_and_the_build_says_what_it_can() {
        let card = Card {
            number: 0,
            name: "NVIDIA H200".to_owned(),
            driver: "580.65.06".to_owned(),
            capability: Some((9, 0)),
            memory: Some(Memory { total: 141 << 30, free: 140 << 30 }),
            busy: Some(3),
        };
        let other = Card { number: 1, memory: None, busy: None, capability: None, ..card.clone() };
        let memory = Some(Memory { total: 24 << 30, free: 12 << 30 });
        let machine = Machine { cores: 2, memory, cards: vec![card, other], metal: false };
        let text = table(&machine, None);
        assert!(text.starts_with("cpu      2 cores, 12.0 of 24.0 GiB free\n"), "{text}");
        let first = "cuda:0   NVIDIA H200, 140.0 of 141.0 GiB free, 3 % busy, driver 580.65.06, compute capability 9.0";
        assert!(text.contains(first), "{text}");
        assert!(text.contains("cuda:1   NVIDIA H200, memory unknown, driver 580.65.06\n"), "{text}");
        assert_eq!(text.contains("build with `--features cuda`"), !DeviceKind::Cuda.is_built());
    }

    #[test]
    fn a_model_that_would_not_run_is_no_error_here() {
        let machine = Machine { cores: 1, memory: None, cards: Vec::new(), metal: false };
        let options = EngineOptions { context: Some(5000), ..EngineOptions::default() };
        let text = table(&machine, Some(&outlook("builtin:sft", &options, &machine).unwrap()));
        assert!(text.contains("would not run: `--context 5000` is more than"), "{text}");
        assert!(outlook("missing", &options, &machine).is_err(), "but a model that is not there is");
    }

    #[test]
    fn a_machine_with_nothing_is_no_error() {
        let machine = Machine { cores: 1, memory: None, cards: Vec::new(), metal: false };
        let text = table(&machine, None);
        assert!(
            text.contains("cpu      1 cores, memory unknown") && text.contains("a run uses: cpu"),
            "{text}"
        );
        let reference = ModelReference::parse("builtin:sft").unwrap();
        let settings = Settings::resolve(&reference, &EngineOptions::default(), &machine).unwrap();
        let text = table(&machine, Some(&(reference, Ok(settings))));
        assert!(
            text.contains("would run on cpu with 2 engines, in f32, 64 dialogues at once each"),
            "{text}"
        );
    }
}
