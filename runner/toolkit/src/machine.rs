//! Asks the machine: the only part that starts programs and looks at files.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::cuda::Found;

/// The folders that the engine's build looks for NVIDIA's libraries in are these, or else [`USUAL`].
const NAMED: [&str; 5] = ["CUDA_HOME", "CUDA_PATH", "CUDA_ROOT", "CUDA_TOOLKIT_ROOT_DIR", "CUDNN_LIB"];
/// What else of the environment decides.
const OTHERS: [&str; 3] = ["PATH", "CUDA_COMPUTE_CAP", "NVCC_CCBIN"];
const USUAL: [&str; 4] = ["/usr", "/usr/local/cuda", "/opt/cuda", "/usr/lib/cuda"];
const BELOW: [&str; 6] = [
    "lib",
    "lib64",
    "lib/x86_64-linux-gnu",
    "lib/aarch64-linux-gnu",
    "targets/x86_64-linux/lib",
    "targets/sbsa-linux/lib",
];

/// The variables of the environment on which an answer depends.
pub fn variables() -> impl Iterator<Item = &'static str> {
    NAMED.into_iter().chain(OTHERS)
}

/// What a program says, where it is there and content.
pub(crate) fn answer(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What is here of what a build for NVIDIA's cards needs.
pub(crate) fn cuda() -> Found {
    let folders = NAMED.iter().filter_map(|name| env::var(name).ok());
    let elsewhere =
        folders.chain(USUAL.map(str::to_owned)).find(|folder| Path::new(folder).join("bin/nvcc").is_file());
    let version = ["--version"];
    Found {
        nvcc: answer("nvcc", &version),
        elsewhere,
        capability_is_set: env::var_os("CUDA_COMPUTE_CAP").is_some(),
        has_card: answer("nvidia-smi", &["--query-gpu=compute_cap", "--format=csv,noheader"]).is_some(),
        // On Windows `nvcc` looks for Microsoft's compiler by itself, which is rarely on PATH.
        has_compiler: cfg!(windows)
            || env::var_os("NVCC_CCBIN").is_some()
            || answer("g++", &version).is_some(),
        has_git: answer("git", &version).is_some(),
    }
}

/// Whether the linker will find a shared library, in the folders of the engine's build or in its own.
pub(crate) fn has_library(name: &str) -> bool {
    let file = if cfg!(windows) { format!("{name}.lib") } else { format!("lib{name}.so") };
    let named: Vec<PathBuf> = NAMED.iter().filter_map(env::var_os).map(PathBuf::from).collect();
    let roots = if named.is_empty() { USUAL.map(PathBuf::from).into() } else { named };
    let below = roots.iter().flat_map(|root| BELOW.map(|folder| root.join(folder).join(&file)));
    // The compiler repeats the name alone where it knows no such file.
    let known =
        || answer("g++", &[&format!("-print-file-name={file}")]).is_some_and(|path| path.trim() != file);
    below.into_iter().any(|path| path.is_file()) || known()
}
