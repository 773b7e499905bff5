//! Looks for the toolkits that features need, and notes which version of the engine the lock file names.
//!
//! Cargo cannot be made to run it before the build scripts of the engine's own kernels; `cargo with` speaks first
//! (see docs/gpu.md, "Building").

#![expect(clippy::print_stderr, reason = "that is how a build script speaks to Cargo and to people")]

use std::{env, fs};

use toolkit::Feature;

/// The lock file of the workspace.
const LOCK: &str = "../Cargo.lock";

/// The version of the engine's crate in a lock file. The crate itself tells only that of its core.
fn engine(lock: &str) -> Option<&str> {
    let (_, rest) = lock.split_once("name = \"onde-mistralrs\"\nversion = \"")?;
    rest.split('"').next()
}

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={LOCK}");
    if let Some(version) = fs::read_to_string(LOCK).ok().as_deref().and_then(engine) {
        println!("cargo:rustc-env=GRICE_ENGINE_VERSION={version}");
    }
    let is_set = |feature: &Feature| {
        let name = feature.name().to_uppercase().replace('-', "_");
        env::var_os(format!("CARGO_FEATURE_{name}")).is_some()
    };
    let features: Vec<Feature> = Feature::ALL.into_iter().filter(is_set).collect();
    if !features.is_empty() {
        for variable in toolkit::variables() {
            println!("cargo:rerun-if-env-changed={variable}");
        }
    }
    match toolkit::check(&features) {
        Ok(None) => {}
        Ok(Some(version)) => println!("cargo:rustc-env=GRICE_CUDA_TOOLKIT={version}"),
        Err(problem) => {
            eprintln!("\n{problem}\n(docs/gpu.md says what each platform needs)\n");
            std::process::exit(1);
        }
    }
}
