//! What options become, on machines of every kind.

use super::super::machine::{Card, Memory};
use super::*;

fn card(number: u32, name: &str, free: u64) -> Card {
    Card {
        number,
        name: name.to_owned(),
        driver: "580.65.06".to_owned(),
        capability: Some((9, 0)),
        memory: Some(Memory { total: 80 << 30, free }),
        busy: Some(0),
    }
}

fn machine(cards: Vec<Card>) -> Machine {
    let memory = Some(Memory { total: 24 << 30, free: 16 << 30 });
    Machine { cores: 4, memory, cards, metal: false }
}

fn builtin() -> ModelReference {
    ModelReference::parse("builtin:sft").unwrap()
}

fn asked(devices: &[Device]) -> EngineOptions {
    EngineOptions { devices: devices.to_vec(), ..EngineOptions::default() }
}

#[test]
fn with_nothing_asked_for_a_small_model_has_three_engines_for_two_cores() {
    let settings = Settings::resolve(&builtin(), &EngineOptions::default(), &machine(Vec::new())).unwrap();
    assert_eq!(settings.layout, Layout { engines: 6, threads: 1 });
    assert_eq!(settings.devices, [Device::Cpu; 6]);
    assert_eq!((settings.dtype, settings.max_running), (Some(Dtype::F32), ON_PROCESSOR));
    assert_eq!(settings.kind(), DeviceKind::Cpu);
    let large = Machine { cores: 64, ..machine(Vec::new()) };
    assert_eq!(Settings::resolve(&builtin(), &EngineOptions::default(), &large).unwrap().layout.engines, 8);
}

#[test]
fn the_processor_named_twice_is_two_engines() {
    let options = asked(&[Device::Cpu, Device::Cpu]);
    let settings = Settings::resolve(&builtin(), &options, &machine(Vec::new())).unwrap();
    assert_eq!(settings.layout, Layout { engines: 2, threads: 2 });
}

#[test]
fn a_build_for_the_processor_says_which_build_a_card_needs() {
    if DeviceKind::Cuda.is_built() {
        return;
    }
    let error = Settings::resolve(&builtin(), &asked(&[Device::Cuda(0)]), &machine(Vec::new())).unwrap_err();
    assert!(error.to_string().contains("`--features cuda`"), "{error}");
    let settings =
        Settings::resolve(&builtin(), &EngineOptions::default(), &machine(vec![card(0, "A", 1)])).unwrap();
    assert_eq!(settings.kind(), DeviceKind::Cpu, "a card that the build cannot use changes nothing");
}

#[test]
fn cards_of_a_run_exist_and_are_alike() {
    let two = machine(vec![card(0, "NVIDIA H200", 70 << 30), card(1, "NVIDIA L4", 20 << 30)]);
    assert_eq!(cards(&[Device::Cuda(0)], &two), Ok(()));
    let missing = cards(&[Device::Cuda(7)], &two).unwrap_err().to_string();
    assert!(missing.contains("cuda:1 is a NVIDIA L4"), "{missing}");
    assert!(matches!(cards(&[Device::Cuda(0), Device::Cuda(1)], &two), Err(SettingsError::UnlikeCards(..))));
    assert_eq!(cards(&[Device::Cuda(7)], &machine(Vec::new())), Ok(()), "the engine will find out");
}

#[test]
fn a_driver_is_as_new_as_its_toolkit_needs() {
    let device = Device::Cuda(0);
    assert_eq!(driver(device, "580.65.06", Some("13.0")), Ok(()));
    assert_eq!(driver(device, "535.104.05", Some("12.8")), Ok(()));
    assert_eq!(driver(device, "535.104.05", None), Ok(()));
    assert_eq!(driver(device, "[N/A]", Some("13.0")), Ok(()));
    let error = driver(device, "535.104.05", Some("13.0")).unwrap_err().to_string();
    assert!(error.contains("install driver 580 or newer"), "{error}");
}

#[test]
fn formats_follow_what_the_device_multiplies() {
    let here = |capability| {
        let card = Card { capability: Some(capability), ..card(0, "A", 1) };
        machine(vec![card])
    };
    let cuda = Device::Cuda(0);
    assert_eq!(dtype(None, cuda, &here((9, 0))), Ok(Some(Dtype::Bf16)));
    assert_eq!(dtype(None, cuda, &here((7, 5))), Ok(Some(Dtype::F16)));
    assert_eq!(dtype(None, cuda, &here((5, 0))), Ok(Some(Dtype::F32)));
    assert_eq!(dtype(None, cuda, &machine(Vec::new())), Ok(Some(Dtype::Bf16)));
    assert_eq!(dtype(Some(Dtype::F32), cuda, &here((9, 0))), Ok(Some(Dtype::F32)));
    let error = dtype(Some(Dtype::Bf16), cuda, &here((7, 5))).unwrap_err().to_string();
    assert!(error.contains("write `--dtype f16`"), "{error}");
    let error = dtype(Some(Dtype::Bf16), Device::Cpu, &machine(Vec::new())).unwrap_err().to_string();
    assert!(error.contains("write `--dtype f32`"), "{error}");
}

#[test]
fn a_reply_has_ten_minutes_unless_asked_otherwise() {
    let timeout = |asked| {
        let options = EngineOptions { timeout: asked, ..EngineOptions::default() };
        Settings::resolve(&builtin(), &options, &machine(Vec::new())).unwrap().timeout
    };
    assert_eq!((timeout(None), timeout(Some(5))), (Duration::from_secs(600), Duration::from_secs(5)));
}

#[test]
fn shares_and_scripts_are_checked() {
    for share_of in [0.0, -1.0, 1.5, f32::NAN] {
        assert!(matches!(share(Some(share_of), Device::Cuda(0)), Err(SettingsError::Share(_))));
    }
    assert_eq!(share(Some(0.8), Device::Cpu), Err(SettingsError::NoCardMemory(Device::Cpu)));
    assert_eq!(share(Some(1.0), Device::Cuda(0)), Ok(()));
    let scripted = ModelReference::parse("scripted:x.yaml").unwrap();
    let error = Settings::resolve(&scripted, &asked(&[Device::Cpu]), &machine(Vec::new()));
    assert!(matches!(error, Err(SettingsError::Refused(why)) if why.contains("leave these options out")));
}

#[test]
fn canned_answers_have_a_time_and_can_have_a_process() {
    let scripted = ModelReference::parse("scripted:x.yaml").unwrap();
    let isolate = Some(crate::engine::options::Isolate::default());
    let options = EngineOptions { timeout: Some(3), isolate, ..EngineOptions::default() };
    let settings = Settings::resolve(&scripted, &options, &machine(Vec::new())).unwrap();
    assert_eq!(settings.timeout, Duration::from_secs(3));
    assert_eq!(settings.load_timeout, Duration::from_secs(30 * 60));
    let of_model = Settings::resolve(&builtin(), &options, &machine(Vec::new())).unwrap();
    assert_eq!(of_model.isolation, settings.isolation);
    assert_eq!(
        Settings::resolve(&builtin(), &EngineOptions::default(), &machine(Vec::new())).unwrap().isolation,
        None
    );
}

/// A directory with the files of a Llama of 8B, of which the weights are one sparse file.
fn large(bytes: u64) -> (tempfile::TempDir, ModelReference) {
    let place = tempfile::tempdir().unwrap();
    let config = r#"{"num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8,
        "hidden_size": 4096, "max_position_embeddings": 8192, "torch_dtype": "bfloat16"}"#;
    std::fs::write(place.path().join("config.json"), config).unwrap();
    std::fs::File::create(place.path().join("model.safetensors")).unwrap().set_len(bytes).unwrap();
    let reference = ModelReference::parse(place.path().to_str().unwrap()).unwrap();
    (place, reference)
}

#[test]
fn what_cannot_fit_is_refused_with_the_options_that_help() {
    let (_place, reference) = large(16 << 30);
    let error = Settings::resolve(&reference, &asked(&[Device::Cpu]), &machine(Vec::new())).unwrap_err();
    assert!(matches!(error, SettingsError::DoesNotFit { needed: 32_768, free: 16_384, .. }), "{error:?}");
    assert!(error.to_string().contains("`--isq 4`"), "{error}");
    let options = EngineOptions { isq: Some("4".parse().unwrap()), ..asked(&[Device::Cpu]) };
    let settings = Settings::resolve(&reference, &options, &machine(Vec::new())).unwrap();
    assert!((1..=ON_PROCESSOR).contains(&settings.max_running), "{}", settings.max_running);
}

#[test]
fn free_memory_decides_how_many_run_at_once() {
    let (_place, reference) = large(16 << 30);
    let footprint = Footprint::of(&reference);
    let on = |free: u64, options: &EngineOptions| {
        let machine = machine(vec![card(0, "A", free)]);
        let devices = [Device::Cuda(0)];
        running(&reference, options, footprint.as_ref(), Some(Dtype::Bf16), &devices, &machine)
    };
    let nothing = EngineOptions::default();
    assert_eq!(on(80 << 30, &nothing), Ok(256), "the most that is chosen");
    // (24 GiB · 0.85 - 16 GiB) / 128 MiB = 35.2
    assert_eq!(on(24 << 30, &nothing), Ok(32));
    assert_eq!(on(19 << 30, &nothing), Ok(1));
    // A share of the card's 80 GiB is a limit too: 24 GiB here.
    assert_eq!(on(80 << 30, &EngineOptions { gpu_memory: Some(0.3), ..EngineOptions::default() }), Ok(32));
    assert!(on(80 << 30, &EngineOptions { gpu_memory: Some(0.1), ..EngineOptions::default() }).is_err());
    // Shorter dialogues, more of them: (24 GiB · 0.85 - 16 GiB) / 64 MiB = 70.4
    assert_eq!(on(24 << 30, &EngineOptions { context: Some(512), ..EngineOptions::default() }), Ok(64));
    assert_eq!(on(80 << 30, &EngineOptions { max_running: Some(500), ..EngineOptions::default() }), Ok(500));
    assert!(on(8 << 30, &nothing).is_err());
}

#[test]
fn a_context_is_no_longer_than_the_model() {
    let (_place, reference) = large(1 << 20);
    let options = EngineOptions { context: Some(9000), ..EngineOptions::default() };
    let error = Settings::resolve(&reference, &options, &machine(Vec::new())).unwrap_err();
    assert!(error.to_string().contains("ask for 8192 or fewer"), "{error}");
}

#[test]
fn blocks_of_a_quantisation_divide_the_weights() {
    let with = |isq: &str| {
        let options = EngineOptions { isq: Some(isq.parse().unwrap()), ..asked(&[Device::Cpu]) };
        Settings::resolve(&builtin(), &options, &machine(Vec::new()))
    };
    for isq in ["4", "q4k"] {
        let error = with(isq).unwrap_err().to_string();
        assert!(error.contains(" wide") && error.contains("write `--isq 8`"), "{error}");
    }
    assert_eq!(with("q8_0").unwrap().isq.unwrap().name(), "q8_0");
}

#[test]
fn memory_decides_how_many_engines_share_a_processor_and_time_how_many_dialogues() {
    let (_place, reference) = large(256 << 20);
    let settings = Settings::resolve(&reference, &EngineOptions::default(), &machine(Vec::new())).unwrap();
    // A quarter of 24 GiB, and 0.5 GiB in F32 each; 4 GiB are read for a token of eight dialogues.
    assert_eq!((settings.layout, settings.max_running), (Layout { engines: 6, threads: 1 }, 8));
    let (_place, reference) = large(1 << 30);
    let settings = Settings::resolve(&reference, &EngineOptions::default(), &machine(Vec::new())).unwrap();
    assert_eq!((settings.layout, settings.max_running), (Layout { engines: 3, threads: 1 }, 2));
    let (_place, reference) = large(5 << 30);
    let settings = Settings::resolve(&reference, &EngineOptions::default(), &machine(Vec::new())).unwrap();
    assert_eq!((settings.layout, settings.max_running), (Layout { engines: 1, threads: 4 }, 1));
}

#[test]
fn only_a_quantised_gguf_file_is_rewritten() {
    let options = EngineOptions { weights: Some(Weights::F32), ..EngineOptions::default() };
    let error = Settings::resolve(&builtin(), &options, &machine(Vec::new())).unwrap_err().to_string();
    assert!(error.contains("`--weights f32` is for quantised GGUF files"), "{error}");
}
