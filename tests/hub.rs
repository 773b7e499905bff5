//! Models by their hub id: what is said without a network, and what is known of one that was downloaded.

use std::{fs, net::TcpListener, time::Instant};
use support::{Finished, command, record, root, run};

const BINARY: &str = env!("CARGO_BIN_EXE_grice-under-test");

#[test]
fn a_hub_id_without_a_network_fails_at_once() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let out = place.path().join("run");
    let out = out.to_str().expect("a plain path");
    let started = Instant::now();
    let finished =
        run(BINARY, &["run", "cases/table.yaml", "--model", "hub:Nobody/no-such-model", "--out", out]);
    assert_eq!(finished.code, Some(5), "{finished:?}");
    assert!(finished.stderr.contains("cannot get Nobody/no-such-model"), "{}", finished.stderr);
    assert!(finished.stderr.contains("HF_HUB_OFFLINE forbids"), "{}", finished.stderr);
    assert!(started.elapsed().as_secs() < 30, "it took {:?}", started.elapsed());
}

/// The engine asks the hub through whatever proxy the environment names: one that refuses is a network that is down.
#[test]
fn a_hub_that_cannot_be_reached_is_an_error_at_once() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let closed = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its number");
    let out = place.path().join("run");
    let out = out.to_str().expect("a plain path");
    let downloaded = place.path().join("hub/models--somebody--sft");
    fs::create_dir_all(downloaded.join("snapshots/c0ffee")).expect("it can be made");
    fs::create_dir_all(downloaded.join("refs")).expect("it can be made");
    fs::write(downloaded.join("refs/main"), "c0ffee").expect("it can be written");
    for (model, advice) in [
        ("hub:Nobody/no-such-model", "download the model"),
        ("hub:somebody/sft", "set HF_HUB_OFFLINE=1 to use them"),
    ] {
        let started = Instant::now();
        let arguments = ["run", "cases/table.yaml", "--model", model, "--out", out];
        let mut program = command(BINARY, &arguments);
        program.env_remove("HF_HUB_OFFLINE").env_remove("NO_PROXY").env_remove("no_proxy");
        program.env_remove("HF_HUB_CACHE").env("HF_HOME", place.path());
        for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            program.env(variable, format!("http://{closed}"));
        }
        let finished: Finished = program.output().expect("the program starts").into();
        assert_eq!(finished.code, Some(5), "{finished:?}");
        assert!(finished.stderr.contains("the model hub cannot be reached"), "{}", finished.stderr);
        assert!(finished.stderr.contains(advice), "{}", finished.stderr);
        assert!(finished.stderr.contains("the engine says: "), "its words are kept: {}", finished.stderr);
        assert!(started.elapsed().as_secs() < 15, "it took {:?}", started.elapsed());
    }
}

/// A download as the hub's own tools leave it: the record knows its bytes as it knows those of a directory.
#[test]
fn a_hub_model_that_was_downloaded_is_known_by_its_bytes() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let folder = place.path().join("hub/models--somebody--sft");
    let snapshot = folder.join("snapshots/c0ffee");
    fs::create_dir_all(&snapshot).expect("it can be made");
    fs::create_dir_all(folder.join("refs")).expect("it can be made");
    fs::write(folder.join("refs/main"), "c0ffee").expect("it can be written");
    let model = root().join("runner/organisms/models/sft");
    for entry in fs::read_dir(&model).expect("the model is there").flatten() {
        fs::copy(entry.path(), snapshot.join(entry.file_name())).expect("it can be copied");
    }
    let identity = |name: &str, reference: &str| {
        let out = place.path().join(name);
        let out_text = out.to_str().expect("a plain path");
        let arguments =
            ["run", "cases/table.yaml", "--samples", "1", "--model", reference, "--out", out_text];
        let mut program = command(BINARY, &arguments);
        program.env_remove("HF_HUB_CACHE").env("HF_HOME", place.path());
        let finished: Finished = program.output().expect("the program starts").into();
        assert!(matches!(finished.code, Some(0 | 4)), "{finished:?}");
        record(&out).header.cast.model.model
    };
    let hub = identity("hub-run", "hub:somebody/sft");
    let directory = identity("directory-run", model.to_str().expect("a plain path"));
    assert!(hub.weights.is_some() && hub.tokenizer.is_some() && hub.chat_template.is_some(), "{hub:?}");
    assert_eq!(
        (hub.weights, hub.tokenizer, hub.chat_template),
        (directory.weights, directory.tokenizer, directory.chat_template)
    );
}
