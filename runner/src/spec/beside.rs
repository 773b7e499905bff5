//! Files that a spec names: beside it or below, whatever the name or the links on the way say.

use super::{
    files::{Files, MAX_FILE},
    parse::too_large,
};
use crate::store::folder_of;
use std::{
    io,
    path::{Component, Path, PathBuf},
};

/// The path and the bytes of a file that a spec names: it lies beside the spec or below, and has one of these endings.
///
/// # Errors
/// Why it cannot be used, to be shown where the spec names it.
pub(super) fn beside(
    spec: &Path,
    name: &str,
    endings: &[&str],
    files: &dyn Files,
) -> Result<(PathBuf, Vec<u8>), String> {
    let folder = folder_of(spec);
    let inside = !name.is_empty()
        && !name.contains(['\\', ':', '\0'])
        && Path::new(name).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !inside {
        return Err("such a file lies beside the spec or below: no absolute path, no `..`".to_owned());
    }
    let own = ending(Path::new(name));
    if !own.as_deref().is_some_and(|own| endings.contains(&own)) {
        let endings: Vec<String> = endings.iter().map(|ending| format!("`.{ending}`")).collect();
        let (last, others) =
            endings.split_last().map_or(("", [].as_slice()), |(last, others)| (last, others));
        return Err(format!("this file ends in {} or {last}", others.join(", ")));
    }
    let path = folder.join(name);
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => format!("there is no file `{name}` beside the spec"),
        io::ErrorKind::FileTooLarge => too_large(),
        _ => format!("`{name}` cannot be read: {error}"),
    };
    let (real, home) =
        (files.canonicalize(&path).map_err(unreadable)?, files.canonicalize(folder).map_err(unreadable)?);
    let Ok(below) = real.strip_prefix(&home) else {
        return Err(format!("`{name}` is a link that leads out of the spec's folder"));
    };
    // What a link makes of another file, such as one that a tool keeps a password in, is no data.
    let hidden = |part: Component<'_>| part.as_os_str().to_string_lossy().starts_with('.');
    let is_link =
        !below.components().eq(Path::new(name).components().filter(|part| *part != Component::CurDir));
    if is_link && (ending(below) != own || below.components().any(hidden)) {
        return Err(format!("`{name}` is a link to what is no data file"));
    }
    let bytes = files.read(&path, MAX_FILE).map_err(unreadable)?;
    Ok((path, bytes))
}

/// What a file's name ends in, in lower case.
pub(super) fn ending(path: &Path) -> Option<String> {
    path.extension().map(|ending| ending.to_string_lossy().to_lowercase())
}
