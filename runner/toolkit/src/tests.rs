//! A build without its toolkit says what to install.

use crate::{
    Feature, Version,
    cuda::{Found, toolkit},
    feature, features,
};

const NVCC: &str = "nvcc: NVIDIA (R) Cuda compiler driver
Copyright (c) 2005-2025 NVIDIA Corporation
Built on Wed_Jul_16_07:30:01_PM_PDT_2025
Cuda compilation tools, release 13.0, V13.0.48
Build cuda_13.0.r13.0/compiler.36260728_0
";

fn found(nvcc: Option<&str>) -> Found {
    Found {
        nvcc: nvcc.map(str::to_owned),
        elsewhere: None,
        capability_is_set: false,
        has_card: true,
        has_compiler: true,
        has_git: true,
    }
}

fn of_release(release: &str) -> Result<Version, String> {
    toolkit(&found(Some(&NVCC.replace("release 13.0,", &format!("release {release},")))))
}

#[test]
fn a_toolkit_that_will_do_is_named() {
    assert_eq!(toolkit(&found(Some(NVCC))), Ok(Version(13, 0)));
    assert_eq!(Version(13, 0).to_string(), "13.0");
    assert_eq!(of_release("12.4"), Ok(Version(12, 4)));
    assert_eq!(of_release("13.2"), Ok(Version(13, 2)));
}

#[test]
fn a_toolkit_that_is_missing_old_or_new_is_an_error_that_says_which_to_install() {
    let missing = toolkit(&found(None)).unwrap_err();
    assert!(missing.contains("`nvcc`") && missing.contains("12.4 to 13.2"), "{missing}");
    let elsewhere = toolkit(&Found { elsewhere: Some("/opt/cuda".to_owned()), ..found(None) }).unwrap_err();
    assert!(elsewhere.contains("it is in /opt/cuda/bin: put that folder on PATH"), "{elsewhere}");
    for release in ["11.8", "12.3", "13.3", "14.0"] {
        let error = of_release(release).unwrap_err();
        assert!(error.contains(release) && error.contains("12.4 to 13.2"), "{error}");
    }
    assert!(toolkit(&found(Some("gibberish"))).unwrap_err().contains("gibberish"));
}

#[test]
fn without_a_card_the_build_must_be_told_for_which_one() {
    let none = Found { has_card: false, ..found(Some(NVCC)) };
    assert!(toolkit(&none).unwrap_err().contains("CUDA_COMPUTE_CAP"));
    assert_eq!(toolkit(&Found { capability_is_set: true, ..none }), Ok(Version(13, 0)));
}

#[test]
fn what_the_kernels_need_beside_the_toolkit_is_named() {
    let error = toolkit(&Found { has_compiler: false, ..found(Some(NVCC)) }).unwrap_err();
    assert!(error.contains("C++17") && error.contains("NVCC_CCBIN"), "{error}");
    let error = toolkit(&Found { has_git: false, ..found(Some(NVCC)) }).unwrap_err();
    assert!(error.contains("git"), "{error}");
    assert!(feature::cudnn(false).unwrap_err().contains("cuDNN 9"));
    assert_eq!(feature::cudnn(true), Ok(()));
    assert!(feature::metal(false).unwrap_err().contains("Xcode"));
    assert_eq!(feature::metal(true), Ok(()));
}

#[test]
fn a_feature_of_another_system_is_an_error_that_names_the_right_one() {
    let on = feature::system;
    assert_eq!(on(Feature::Metal, "macos", "aarch64"), Ok(()));
    assert!(on(Feature::Metal, "linux", "x86_64").unwrap_err().contains("needs a Mac"));
    assert!(on(Feature::Accelerate, "linux", "x86_64").unwrap_err().contains("`accelerate` needs a Mac"));
    assert_eq!(on(Feature::Cudnn, "linux", "x86_64"), Ok(()));
    assert!(on(Feature::FlashAttn, "macos", "aarch64").unwrap_err().contains("use `metal`"));
    assert_eq!(on(Feature::Mkl, "linux", "x86_64"), Ok(()));
    assert!(on(Feature::Mkl, "linux", "aarch64").unwrap_err().contains("aarch64"));
}

#[test]
fn features_are_read_as_cargo_reads_them() {
    assert_eq!(features("cuda,flash-attn"), Ok(vec![Feature::Cuda, Feature::FlashAttn]));
    assert_eq!(features("metal accelerate,"), Ok(vec![Feature::Metal, Feature::Accelerate]));
    let error = features("cuda,flash").unwrap_err();
    assert!(error.contains("`flash`") && error.contains("flash-attn"), "{error}");
    for feature in Feature::ALL {
        assert_eq!(feature.name().parse(), Ok(feature));
    }
}
