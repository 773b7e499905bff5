//! Names that are those of one file or folder, and of the same one, on every machine.

use std::path::Path;

/// Names that mean a device to Windows, whatever ending they have.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];
/// Bytes that a name may have: file systems take 255, with whatever is put before or behind it.
const LONGEST: usize = 200;

/// Whether a file or folder can have this name everywhere: it is no path and no device, and nothing of it gets lost.
pub fn is_portable(name: &str) -> bool {
    let strange = |c: char| c.is_control() || r#"/\:*?"<>|"#.contains(c);
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let numbered = ["com", "lpt"].iter().any(|device| {
        let number = stem.strip_prefix(device).map(|number| number.chars().collect::<Vec<_>>());
        matches!(number.as_deref(), Some(['0'..='9' | '¹' | '²' | '³']))
    });
    !name.is_empty()
        && name.len() <= LONGEST
        && !name.chars().any(strange)
        && !name.ends_with(['.', ' '])
        && !DEVICES.contains(&stem.as_str())
        && !numbered
}

/// A name as file systems that do not tell cases apart compare it. By way of capitals, since some letters have two small forms, or are
/// two letters there.
pub fn folded(name: &str) -> String {
    name.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// The folder that a file lies in. A bare name has an empty parent, which no call of the system takes.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_file_on_every_machine() {
        for name in
            ["v1", "Qwen3-4B", "lr-0.001", "über", ".hidden", "console", "com", "com10", "nullable", "a..b"]
        {
            assert!(is_portable(name), "{name}");
        }
        let long = "x".repeat(201);
        for name in [
            "",
            ".",
            "..",
            "...",
            "a.",
            "a ",
            "a/b",
            "a\\b",
            "C:",
            "CON",
            "con",
            "nul",
            "Nul.txt",
            "aux.tar.gz",
            "prn ",
            "COM1",
            "lpt9.x",
            "com²",
            "a\0",
            "a\n",
            "a*",
            &long,
        ] {
            assert!(!is_portable(name), "{name:?}");
        }
    }

    #[test]
    fn a_bare_name_lies_in_the_current_folder() {
        for (path, folder) in [
            ("a.txt", "."),
            ("./a.txt", "."),
            ("b/a.txt", "b"),
            ("/a.txt", "/"),
            (".", "."),
            ("..", "."),
            ("", "."),
        ] {
            assert_eq!(folder_of(Path::new(path)), Path::new(folder), "{path}");
        }
    }
}
