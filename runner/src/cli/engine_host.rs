//! `grice engine-host`: serves an engine to the program that started this one. It is no command for people.

use super::setup;
use crate::{
    engine::isolated::{COMMAND, host},
    error::Error,
    exit,
};

/// Serves until the other program is done.
pub(super) fn serve() -> Result<u8, Error> {
    let order = host::order().map_err(|error| {
        Error::Usage(format!(
            "{COMMAND} is no command for people: `run --isolate` starts it, and it was told {error}"
        ))
    })?;
    let Some(order) = order else { return Ok(exit::SUCCESS) };
    let runtime = setup::runtime(std::slice::from_ref(&order.settings))?;
    host::serve(order, &runtime)?;
    runtime.shutdown_background();
    Ok(exit::SUCCESS)
}
