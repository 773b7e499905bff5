//! Whether the CUDA toolkit and what it needs are there: a pure function over what the tools answer.

use std::fmt;

/// Oldest and newest CUDA toolkit that the engine and its kernels build with.
const OLDEST: Version = Version(12, 4);
const NEWEST: Version = Version(13, 2);

/// Major and minor version of a toolkit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32);

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.0, self.1)
    }
}

/// What is known of the machine that builds for NVIDIA cards.
pub(crate) struct Found {
    /// What `nvcc --version` answers; none where it is not on PATH.
    pub(crate) nvcc: Option<String>,
    /// A folder that the environment names and that has `bin/nvcc`.
    pub(crate) elsewhere: Option<String>,
    /// Whether `CUDA_COMPUTE_CAP` is set.
    pub(crate) capability_is_set: bool,
    /// Whether `nvidia-smi` answers, so that the build can ask for the card's compute capability.
    pub(crate) has_card: bool,
    /// Whether `nvcc` will find a compiler for the parts that run on the host.
    pub(crate) has_compiler: bool,
    /// Whether `git` is there, with which the build gets NVIDIA's headers.
    pub(crate) has_git: bool,
}

/// The version of the toolkit, or what to install, in words for whoever builds.
pub(crate) fn toolkit(found: &Found) -> Result<Version, String> {
    let Some(answer) = &found.nvcc else {
        let remedy = match &found.elsewhere {
            Some(folder) => format!("it is in {folder}/bin: put that folder on PATH"),
            None => format!(
                "install the CUDA toolkit, {OLDEST} to {NEWEST} (https://developer.nvidia.com/cuda-downloads), and put its bin folder on PATH"
            ),
        };
        return Err(format!(
            "the feature `cuda` needs NVIDIA's compiler `nvcc`, which is not on PATH; {remedy}"
        ));
    };
    let Some(version) = release(answer) else {
        return Err(format!("`nvcc --version` does not say which version it is: {}", answer.trim()));
    };
    if version < OLDEST || version > NEWEST {
        return Err(format!(
            "the CUDA toolkit {version} on PATH cannot build the engine; put one from {OLDEST} to {NEWEST} first on PATH"
        ));
    }
    if !found.has_compiler {
        return Err(
            "the feature `cuda` needs a C++17 compiler beside `nvcc`: install g++, or name another in NVCC_CCBIN".to_owned()
        );
    }
    if !found.has_git {
        return Err(
            "the feature `cuda` needs git, with which the build gets NVIDIA's headers; install it".to_owned()
        );
    }
    match found.capability_is_set || found.has_card {
        true => Ok(version),
        false => Err(
            "no card answers here (`nvidia-smi`), so the build cannot know for which one to compile; set CUDA_COMPUTE_CAP, for example 90 for H100 and H200, 89 for L4 and RTX 40, 80 for A100"
                .to_owned(),
        ),
    }
}

/// The version in an answer such as `Cuda compilation tools, release 13.0, V13.0.48`.
fn release(answer: &str) -> Option<Version> {
    let (_, rest) = answer.split_once("release ")?;
    let number = rest.split([',', ' ', '\n']).next()?;
    let (major, minor) = number.split_once('.')?;
    Some(Version(major.parse().ok()?, minor.parse().ok()?))
}
