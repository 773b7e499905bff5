//! Standard output for what machines and people asked for, standard error for everything else.

use super::args::Color;
use crate::{error::Error, exit, store::StoreError};
use anstyle::{AnsiColor, Style};
use reports::{RenderError, format::safe};
use std::{
    borrow::Cow,
    io::{self, Write},
};

/// Settles for the whole process when colours are used, by ourselves and by the bars of the progress.
pub(super) fn colours(choice: Color) {
    let (ours, bars) = match choice {
        Color::Auto => (anstream::ColorChoice::Auto, None),
        Color::Always => (anstream::ColorChoice::Always, Some(true)),
        Color::Never => (anstream::ColorChoice::Never, Some(false)),
    };
    ours.write_global();
    if let Some(coloured) = bars {
        console::set_colors_enabled(coloured);
        console::set_colors_enabled_stderr(coloured);
    }
}

/// Whether standard output takes colours.
pub(super) fn colourful() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
}

/// Whether standard error takes colours.
pub(super) fn colourful_errors() -> bool {
    anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never
}

/// Prints the answer to a command. A reader that goes away early (`| head`) is no error.
pub(super) fn text(text: &str) -> Result<u8, Error> {
    let mut stdout = anstream::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(exit::SUCCESS),
    }
}

/// Prints the answer to a command while it is made. A reader that goes away early is no error here, either.
pub(super) fn stream(
    write: impl FnOnce(&mut (dyn Write + Send)) -> Result<(), RenderError>,
) -> Result<u8, Error> {
    let mut stdout = io::BufWriter::new(anstream::stdout());
    match write(&mut stdout).and_then(|()| Ok(stdout.flush()?)) {
        Err(RenderError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(exit::SUCCESS),
        Err(error) => Err(unwritten(error, None)),
        Ok(()) => Ok(exit::SUCCESS),
    }
}

/// The error of a view that could not be written into this file, or to standard output.
pub(super) fn unwritten(error: RenderError, path: Option<String>) -> Error {
    match (error, path) {
        (RenderError::Write(source), Some(path)) => StoreError::File { path, source }.into(),
        (RenderError::Write(source), None) => Error::System(source),
        (other, _) => Error::Report(other.to_string()),
    }
}

/// Tells people something beside the answer.
pub(super) fn note(text: &str) {
    // If even standard error is gone there is nobody to tell.
    let _ = writeln!(anstream::stderr().lock(), "{}", no_commands(text));
}

/// The same text without lines that a CI service takes for commands to it: names of files and models can hold line breaks.
fn no_commands(text: &str) -> Cow<'_, str> {
    let is_command = |line: &str| ["::", "##["].iter().any(|sign| line.trim_start().starts_with(sign));
    if !text.lines().any(is_command) {
        return Cow::Borrowed(text);
    }
    let lines = text.lines().map(|line| if is_command(line) { format!("│ {line}") } else { line.to_owned() });
    Cow::Owned(lines.collect::<Vec<_>>().join("\n"))
}

/// Tells that a stored file is of a format from before there were checksums.
pub(super) fn unprotected(path: &str) {
    note(&format!("{path}: its format is older than checksums, so that changes to it would not be noticed"));
}

/// Shows why a command failed. Diagnostics of specs come with their own layout.
pub(super) fn error(error: &Error) {
    let style = Style::new().fg_color(Some(AnsiColor::Red.into())).bold();
    match error {
        Error::InvalidSpec(text) => note(text),
        // It may quote a file or an engine: nothing of that steers a terminal.
        other => note(&format!("{style}error{style:#}: {}", safe::block(&other.to_string()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_a_command_to_a_service() {
        assert_eq!(no_commands("a::b\n c"), "a::b\n c");
        assert_eq!(no_commands("no x\n ::error::y\n##[add]\nz"), "no x\n│  ::error::y\n│ ##[add]\nz");
    }

    #[test]
    fn the_bars_take_their_colours_from_the_same_choice() {
        for (choice, coloured) in [(Color::Never, false), (Color::Always, true), (Color::Never, false)] {
            colours(choice);
            let bar = console::style("bar").cyan().for_stderr().to_string();
            assert_eq!((bar != "bar", colourful_errors()), (coloured, coloured), "{choice:?}");
        }
        colours(Color::Auto);
    }
}
