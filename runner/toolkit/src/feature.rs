//! The features of `runner` that need something installed, and the words for what is missing.

use std::str::FromStr;

/// A feature of `runner` that the engine passes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// NVIDIA cards.
    Cuda,
    /// NVIDIA cards, with cuDNN.
    Cudnn,
    /// NVIDIA cards, with fused attention.
    FlashAttn,
    /// Apple's graphics processors.
    Metal,
    /// Apple's library of matrices, on the CPU.
    Accelerate,
    /// Intel's library of matrices, on the CPU.
    Mkl,
}

impl Feature {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Cuda, Self::Cudnn, Self::FlashAttn, Self::Metal, Self::Accelerate, Self::Mkl];

    /// As Cargo knows it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cuda => "cuda",
            Self::Cudnn => "cudnn",
            Self::FlashAttn => "flash-attn",
            Self::Metal => "metal",
            Self::Accelerate => "accelerate",
            Self::Mkl => "mkl",
        }
    }
}

impl FromStr for Feature {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|feature| feature.name() == name).ok_or_else(|| {
            let all: Vec<_> = Self::ALL.map(Self::name).into();
            format!("there is no feature `{name}`; there are {}", all.join(", "))
        })
    }
}

/// The features in a list such as `cuda,flash-attn`.
///
/// # Errors
/// The name that is none, and those that there are.
pub fn features(list: &str) -> Result<Vec<Feature>, String> {
    list.split([',', ' ']).filter(|name| !name.is_empty()).map(str::parse).collect()
}

/// Whether a feature can be built for a system (`macos`, `linux`, `windows`) and a processor at all.
pub(crate) fn system(feature: Feature, system: &str, processor: &str) -> Result<(), String> {
    let is_mac = system == "macos";
    let name = feature.name();
    match feature {
        Feature::Cuda | Feature::Cudnn | Feature::FlashAttn if is_mac => {
            Err(format!("the feature `{name}` is for NVIDIA cards, which Macs do not have; use `metal`"))
        }
        Feature::Metal | Feature::Accelerate if !is_mac => {
            Err(format!("the feature `{name}` needs a Mac; on Linux with an NVIDIA card use `cuda`"))
        }
        Feature::Mkl if processor != "x86_64" => Err(format!(
            "the feature `{name}` is for Intel's and AMD's processors, and this one is {processor}"
        )),
        _ => Ok(()),
    }
}

/// Whether Apple's Metal compiler is there.
pub(crate) fn metal(has_compiler: bool) -> Result<(), String> {
    has_compiler.then_some(()).ok_or_else(|| {
        "the feature `metal` needs Apple's Metal compiler; install Xcode and run `xcodebuild -downloadComponent MetalToolchain`, or `xcode-select --install` on older systems"
            .to_owned()
    })
}

/// Whether cuDNN is there.
pub(crate) fn cudnn(has_library: bool) -> Result<(), String> {
    has_library.then_some(()).ok_or_else(|| {
        "the feature `cudnn` needs cuDNN 9, and the linker finds no `libcudnn.so`; install it (https://developer.nvidia.com/cudnn-downloads), or set CUDNN_LIB to the folder above its `lib`, or leave the feature out"
            .to_owned()
    })
}
