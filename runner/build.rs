//! Looks for the toolkits that features need, and notes which version of the engine the lock file names.
//!
//! It depends on nothing, so Cargo can run it early; it cannot be made to run it before the build scripts of the
//! engine's own kernels (see docs/gpu.md, "Building").

#![expect(clippy::print_stderr, reason = "that is how a build script speaks to Cargo and to people")]

#[path = "build/toolkit.rs"]
mod toolkit;

use std::{env, fs, path::Path, process::Command};

/// The lock file of the workspace.
const LOCK: &str = "../Cargo.lock";

/// The version of the engine's crate in a lock file. The crate itself tells only that of its core.
fn engine(lock: &str) -> Option<&str> {
    let (_, rest) = lock.split_once("name = \"onde-mistralrs\"\nversion = \"")?;
    rest.split('"').next()
}

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=build/toolkit.rs");
    println!("cargo:rerun-if-changed={LOCK}");
    if let Some(version) = fs::read_to_string(LOCK).ok().as_deref().and_then(engine) {
        println!("cargo:rustc-env=GRICE_ENGINE_VERSION={version}");
    }
    let has = |feature: &str| env::var_os(format!("CARGO_FEATURE_{feature}")).is_some();
    let checked = if has("CUDA") {
        cuda()
    } else if has("METAL") {
        let is_mac = env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "macos");
        toolkit::metal(is_mac, answer("xcrun", &["-sdk", "macosx", "metal", "--version"]).is_some())
    } else {
        Ok(())
    };
    if let Err(problem) = checked {
        eprintln!("\n{problem}\n(docs/gpu.md says what each platform needs)\n");
        std::process::exit(1);
    }
}

fn cuda() -> Result<(), String> {
    for variable in ["PATH", "CUDA_HOME", "CUDA_PATH", "CUDA_COMPUTE_CAP"] {
        println!("cargo:rerun-if-env-changed={variable}");
    }
    let nvcc = answer("nvcc", &["--version"]);
    let folders = ["CUDA_HOME", "CUDA_PATH"].iter().filter_map(|name| env::var(name).ok());
    let elsewhere = folders
        .chain(["/usr/local/cuda".to_owned()])
        .find(|folder| Path::new(folder).join("bin/nvcc").is_file());
    let found = toolkit::Found {
        nvcc: nvcc.as_deref(),
        elsewhere: elsewhere.as_deref(),
        capability_is_set: env::var_os("CUDA_COMPUTE_CAP").is_some(),
        has_card: answer("nvidia-smi", &["--query-gpu=compute_cap", "--format=csv,noheader"]).is_some(),
    };
    let version = toolkit::cuda(&found)?;
    println!("cargo:rustc-env=GRICE_CUDA_TOOLKIT={}", toolkit::dotted(version));
    Ok(())
}

/// What a program says, where it is there and content.
fn answer(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
