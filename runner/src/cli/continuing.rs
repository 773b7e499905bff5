//! The command line that goes on with a run, for whoever was cut off.

use std::{ffi::OsString, path::Path};

/// The command that goes on with the runs in a folder that this one has begun.
pub(super) fn command(base: &Path) -> String {
    continuing(std::env::args_os(), base)
}

/// The command that goes on with what the one with these arguments began, to be typed into a shell.
fn continuing(arguments: impl IntoIterator<Item = OsString>, base: &Path) -> String {
    let mut arguments = arguments.into_iter().map(|argument| argument.to_string_lossy().into_owned());
    let mut kept = Vec::new();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--" => {
                kept.push(argument);
                break;
            }
            "--out" | "--resume" => drop(arguments.next()),
            text if text.starts_with("--out=") || text.starts_with("--resume=") => {}
            _ => kept.push(argument),
        }
    }
    let place = kept.len() - usize::from(kept.last().is_some_and(|last| last == "--"));
    drop(kept.splice(place..place, ["--resume".to_owned(), base.to_string_lossy().into_owned()]));
    kept.extend(arguments);
    kept.iter().map(|argument| quoted(argument)).collect::<Vec<_>>().join(" ")
}

/// An argument as a shell takes it for one.
fn quoted(argument: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./=:,@%+".contains(&byte);
    match !argument.is_empty() && argument.bytes().all(plain) {
        true => argument.to_owned(),
        false => format!("'{}'", argument.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(arguments: &[&str]) -> String {
        continuing(arguments.iter().map(OsString::from), Path::new("runs/x y"))
    }

    #[test]
    fn the_command_that_goes_on_is_the_same_but_for_the_place() {
        assert_eq!(
            said(&["grice", "specs", "--model", "a", "--out", "runs/x y", "--model", "b=c"]),
            "grice specs --model a --model b=c --resume 'runs/x y'"
        );
        assert_eq!(said(&["grice", "run", "--resume=elsewhere", "s"]), "grice run s --resume 'runs/x y'");
        assert_eq!(said(&["grice", "--out=o", "--", "-s"]), "grice --resume 'runs/x y' -- -s");
        assert_eq!(
            said(&["grice", "s", "--filter", "arm!='a'"]),
            r"grice s --filter 'arm!='\''a'\''' --resume 'runs/x y'"
        );
    }
}
