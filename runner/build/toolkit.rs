//! Whether what a feature needs is installed: pure functions over what the tools answer, so that they are tested
//! without the tools.

/// Oldest and newest CUDA toolkit that the engine and its kernels build with.
const OLDEST: Version = (12, 4);
const NEWEST: Version = (13, 2);

/// Major and minor version.
pub(crate) type Version = (u32, u32);

/// What is known of the machine that builds for NVIDIA cards.
pub(crate) struct Found<'a> {
    /// What `nvcc --version` answers; none where it is not on PATH.
    pub(crate) nvcc: Option<&'a str>,
    /// A folder that the environment names and that has `bin/nvcc`.
    pub(crate) elsewhere: Option<&'a str>,
    /// Whether `CUDA_COMPUTE_CAP` is set.
    pub(crate) capability_is_set: bool,
    /// Whether `nvidia-smi` answers, so that the build can ask for the card's compute capability.
    pub(crate) has_card: bool,
}

/// The version of the toolkit, or what to install, in words for whoever builds.
pub(crate) fn cuda(found: &Found<'_>) -> Result<Version, String> {
    let Some(answer) = found.nvcc else {
        let remedy = match found.elsewhere {
            Some(folder) => format!("it is in {folder}/bin: put that folder on PATH"),
            None => format!(
                "install the CUDA toolkit, {} to {} (https://developer.nvidia.com/cuda-downloads), and put its bin folder on PATH",
                dotted(OLDEST),
                dotted(NEWEST)
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
            "the CUDA toolkit {} on PATH cannot build the engine; put one from {} to {} first on PATH",
            dotted(version),
            dotted(OLDEST),
            dotted(NEWEST)
        ));
    }
    match found.capability_is_set || found.has_card {
        true => Ok(version),
        false => Err(
            "no card answers here (`nvidia-smi`), so the build cannot know for which one to compile; set CUDA_COMPUTE_CAP, for example 90 for H100 and H200, 89 for L4 and RTX 40, 80 for A100"
                .to_owned(),
        ),
    }
}

/// Whether the Metal compiler is there, or what to install.
pub(crate) fn metal(is_mac: bool, compiler: bool) -> Result<(), String> {
    match (is_mac, compiler) {
        (false, _) => Err("the feature `metal` needs a Mac; on Linux with an NVIDIA card use `cuda`".to_owned()),
        (true, false) => Err(
            "the feature `metal` needs Apple's Metal compiler; install Xcode and run `xcodebuild -downloadComponent MetalToolchain`, or `xcode-select --install` on older systems"
                .to_owned(),
        ),
        (true, true) => Ok(()),
    }
}

/// A version with a dot.
pub(crate) fn dotted((major, minor): Version) -> String {
    format!("{major}.{minor}")
}

/// The version in an answer such as `Cuda compilation tools, release 13.0, V13.0.48`.
fn release(answer: &str) -> Option<Version> {
    let (_, rest) = answer.split_once("release ")?;
    let number = rest.split([',', ' ', '\n']).next()?;
    let (major, minor) = number.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
