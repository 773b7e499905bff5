//! Part 1: do the built-in models say on the device what they say on the processor, in F32 and BF16, at 1 and 64 in
//! flight?

use super::{Bench, Outcome, note, rows::Rows};
use runner::{
    audit::{Examination, drawn, greedy},
    engine::{
        device::{Device, DeviceKind},
        options::{Dtype, EngineOptions},
        reference::ModelReference,
        settings::Settings,
    },
    execute::Stop,
    spec::{self, Plan},
    store::Disk,
};

/// Generations in flight of the crowded runs.
const CROWD: usize = 64;
/// Trials of each model.
const TRIALS: usize = 400;

/// Adds a row per model and setting.
pub(crate) async fn measure(bench: &Bench, rows: &mut Rows) -> Outcome<()> {
    let mut probes = spec::load(std::slice::from_ref(&bench.arguments.specs), &Disk)
        .map_err(|diagnostics| spec::render_diagnostics(&diagnostics, false))?;
    for probe in &mut probes {
        probe.record.samples = 1;
        greedy(probe);
    }
    let plan = Plan::of(&probes, None);
    let trials = drawn(plan.trials(&probes), plan.len(), if bench.arguments.smoke { 4 } else { TRIALS });
    // A processor has no BF16 product.
    let formats: &[Dtype] = match bench.device.kind() {
        DeviceKind::Cpu => &[Dtype::F32, Dtype::F16],
        DeviceKind::Cuda | DeviceKind::Metal => &[Dtype::F32, Dtype::Bf16],
    };
    let head = [
        "model",
        "setting",
        "in flight",
        "replies that differ",
        "first diverging token",
        "trials with another score",
    ];
    rows.table("Against the processor in F32 at 1 in flight, greedy", &head)?;
    let models = ["builtin:sft", "builtin:dpo"];
    for model in models.into_iter().take(if bench.arguments.smoke { 1 } else { models.len() }) {
        let reference = ModelReference::parse(model)?;
        let on = |device, dtype| -> Outcome<Settings> {
            let options =
                EngineOptions { devices: vec![device], dtype: Some(dtype), ..EngineOptions::default() };
            Ok(Settings::resolve(&reference, &options, &bench.machine)?)
        };
        let mut settings = vec![on(Device::Cpu, Dtype::F32)?];
        for &dtype in formats {
            if (bench.device, dtype) != (Device::Cpu, Dtype::F32) {
                settings.push(on(bench.device, dtype)?);
            }
        }
        let stop = Stop::default();
        let examination = Examination {
            reference: &reference,
            probes: &probes,
            trials: &trials,
            crowd: Some(if bench.arguments.smoke { 8 } else { CROWD }),
            bound: 500,
            stop: &stop,
            notice: &note,
        };
        let audit = match examination.audit(&settings).await {
            Ok(audit) => audit.ok_or("the audit was given up")?,
            Err(error) => {
                rows.failed(std::slice::from_ref(&reference.name), &error.to_string())?;
                continue;
            }
        };
        for pair in &audit.pairs {
            let setting = audit.settings.get(pair.head).ok_or("a pair has two settings")?;
            let first = pair.differences.iter().find_map(|difference| {
                let token = difference.token.as_ref()?;
                let margin = token.margin.map_or("unknown".to_owned(), |margin| format!("{margin:.4} nats"));
                Some(format!(
                    "token {} (`{}`), margin {margin}",
                    token.index,
                    token.token.replace('|', "\\|")
                ))
            });
            rows.row(&[
                audit.model.clone(),
                format!("{}, {}", setting.device, setting.numbers),
                setting.concurrency.to_string(),
                format!("{} of {}", pair.different, pair.replies),
                first.unwrap_or_else(|| "none".to_owned()),
                format!("{} of {}", pair.scores_changed, audit.trials),
            ])?;
        }
    }
    Ok(())
}
