//! `grice audit`: does batch size, device or number format change what a model says?

use super::{args::AuditArgs, check, ending::Ending, model, output, setup};
use crate::{
    audit::{Examination, drawn, greedy},
    engine::{
        device::{Device, DeviceKind},
        footprint::Footprint,
        machine::Machine,
        options::Dtype,
        reference::ModelReference,
        settings::Settings,
    },
    error::Error,
    exit,
};

/// Runs the audit, prints what it found, and tells by the exit code whether that is within the bound.
pub(super) fn audit(arguments: &AuditArgs) -> Result<u8, Error> {
    let mut selection = arguments.selection.clone();
    // A greedy reply is the same in every sample.
    selection.samples = selection.samples.or(Some(1));
    let (mut probes, plan) = check::plan(&selection)?;
    probes.iter_mut().for_each(greedy);
    let reference = model::named(&arguments.model)?;
    let trials = drawn(plan.trials(&probes), plan.len(), arguments.trials as usize);
    let machine = Machine::look();
    let settings = settings(arguments, &reference, &machine)?;
    if let Some(note) = machine.sees_no_card().filter(|_| arguments.devices.is_empty()) {
        output::note(note);
    }
    let runtime = setup::runtime(&settings)?;
    let ending = Ending::of_run(None);
    let examination = Examination {
        reference: &reference,
        probes: &probes,
        trials: &trials,
        crowd: arguments.concurrency.map(|asked| asked as usize),
        bound: arguments.bound,
        stop: &ending.stop,
        notice: &output::note,
    };
    let found = runtime.block_on(examination.audit(&settings))?;
    runtime.shutdown_background();
    let Some(audit) = found else { return Ok(ending.ended()) };
    let text = match arguments.json {
        true => {
            serde_json::to_string_pretty(&audit).map_err(|error| Error::Report(error.to_string()))? + "\n"
        }
        false => reports::audit::terminal(&audit),
    };
    output::text(&text)?;
    Ok(if audit.holds() { exit::SUCCESS } else { exit::EXPECTATION })
}

/// One setting per device and number format, the processor in F32 first where it is among them.
fn settings(
    arguments: &AuditArgs,
    reference: &ModelReference,
    machine: &Machine,
) -> Result<Vec<Settings>, Error> {
    let devices = match arguments.devices.as_slice() {
        [] => every(reference, machine),
        named => named.to_vec(),
    };
    let on_cards = devices.iter().any(|device| *device != Device::Cpu);
    let dtypes: Vec<Option<Dtype>> = match arguments.dtypes.as_slice() {
        [] => vec![None],
        named => named.iter().copied().map(Some).collect(),
    };
    let mut all = Vec::new();
    for device in devices {
        for &dtype in &dtypes {
            let asked = if reference.computes() { vec![device] } else { Vec::new() };
            let mut options = arguments.common.options(asked, dtype);
            // The share is of the memory of the cards among the devices.
            options.gpu_memory = options.gpu_memory.filter(|_| device != Device::Cpu || !on_cards);
            match Settings::resolve(reference, &options, machine) {
                Ok(settings) => all.push(settings),
                // A format that only some of the devices have is tried where it is.
                Err(_) if arguments.devices.is_empty() && device == Device::Cpu && dtypes.len() > 1 => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(all)
}

/// Bytes of weights below which the processor is tried as well where there is a card.
const SMALL: u64 = 200 << 20;

/// Every device that this build computes on. A large model would keep the processor busy for hours.
fn every(reference: &ModelReference, machine: &Machine) -> Vec<Device> {
    let cards = machine.cards.iter().map(|card| Device::Cuda(card.number));
    let mut devices: Vec<Device> = cards.filter(|_| DeviceKind::Cuda.is_built()).collect();
    devices.extend(machine.metal.then_some(Device::Metal));
    let small = Footprint::of(reference).is_some_and(|footprint| footprint.weights < SMALL);
    if small || devices.is_empty() {
        devices.insert(0, Device::Cpu);
    }
    devices
}
