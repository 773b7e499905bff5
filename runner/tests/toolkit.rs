//! A build without its toolkit says what to install.

#[path = "../build/toolkit.rs"]
mod toolkit;

use toolkit::{Found, cuda, dotted, metal};

const NVCC: &str = "nvcc: NVIDIA (R) Cuda compiler driver
Copyright (c) 2005-2025 NVIDIA Corporation
Built on Wed_Jul_16_07:30:01_PM_PDT_2025
Cuda compilation tools, release 13.0, V13.0.48
Build cuda_13.0.r13.0/compiler.36260728_0
";

fn found(nvcc: Option<&str>) -> Found<'_> {
    Found { nvcc, elsewhere: None, capability_is_set: false, has_card: true }
}

fn of_release(release: &str) -> Result<(u32, u32), String> {
    cuda(&found(Some(&NVCC.replace("release 13.0,", &format!("release {release},")))))
}

#[test]
fn a_toolkit_that_will_do_is_named() {
    assert_eq!(cuda(&found(Some(NVCC))), Ok((13, 0)));
    assert_eq!(dotted((13, 0)), "13.0");
    assert_eq!(of_release("12.4"), Ok((12, 4)));
    assert_eq!(of_release("13.2"), Ok((13, 2)));
}

#[test]
fn a_toolkit_that_is_missing_old_or_new_is_an_error_that_says_which_to_install() {
    let missing = cuda(&found(None)).unwrap_err();
    assert!(missing.contains("`nvcc`") && missing.contains("12.4 to 13.2"), "{missing}");
    let elsewhere = cuda(&Found { elsewhere: Some("/opt/cuda"), ..found(None) }).unwrap_err();
    assert!(elsewhere.contains("it is in /opt/cuda/bin: put that folder on PATH"), "{elsewhere}");
    for release in ["11.8", "12.3", "13.3", "14.0"] {
        let error = of_release(release).unwrap_err();
        assert!(error.contains(release) && error.contains("12.4 to 13.2"), "{error}");
    }
    assert!(cuda(&found(Some("gibberish"))).unwrap_err().contains("gibberish"));
}

#[test]
fn without_a_card_the_build_must_be_told_for_which_one() {
    let none = Found { has_card: false, ..found(Some(NVCC)) };
    assert!(cuda(&none).unwrap_err().contains("CUDA_COMPUTE_CAP"));
    assert_eq!(cuda(&Found { capability_is_set: true, ..none }), Ok((13, 0)));
}

#[test]
fn metal_needs_a_mac_and_its_compiler() {
    assert_eq!(metal(true, true), Ok(()));
    assert!(metal(false, false).unwrap_err().contains("needs a Mac"));
    assert!(metal(true, false).unwrap_err().contains("xcode"));
}
