//! Whether this machine has what the engine's features need to be built, and what to install where it does not.
//!
//! [`check`] asks the machine; what it answers is judged by functions without side effects, which are tested without
//! any toolkit. Runner's build script and `cargo with` both ask here.

mod cuda;
mod feature;
mod machine;
#[cfg(test)]
mod tests;

pub use crate::{
    cuda::Version,
    feature::{Feature, features},
    machine::variables,
};

/// The version of the CUDA toolkit, where one of the features needs it.
///
/// # Errors
/// What to install, in words for whoever builds, for the first feature whose toolkit is missing or will not do.
pub fn check(features: &[Feature]) -> Result<Option<Version>, String> {
    let needs = |feature| features.contains(&feature);
    for feature in features {
        feature::system(*feature, std::env::consts::OS, std::env::consts::ARCH)?;
    }
    if needs(Feature::Metal) {
        feature::metal(machine::answer("xcrun", &["-sdk", "macosx", "metal", "--version"]).is_some())?;
    }
    let of_cuda = [Feature::Cuda, Feature::Cudnn, Feature::FlashAttn];
    if !features.iter().any(|feature| of_cuda.contains(feature)) {
        return Ok(None);
    }
    let version = cuda::toolkit(&machine::cuda())?;
    if needs(Feature::Cudnn) {
        feature::cudnn(machine::has_library("cudnn"))?;
    }
    Ok(Some(version))
}
