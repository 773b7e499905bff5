//! The exit codes, which scripts can rely on.

/// Everything went well, and every expectation held.
pub const SUCCESS: u8 = 0;
/// Something unexpected, such as a full disk.
pub const UNEXPECTED: u8 = 1;
/// The command line makes no sense.
pub const USAGE: u8 = 2;
/// A spec is invalid; nothing was run.
pub const INVALID_SPEC: u8 = 3;
/// An expectation of a spec did not hold.
pub const EXPECTATION: u8 = 4;
/// The model could not be loaded, or a generation failed.
pub const ENGINE: u8 = 5;
/// The specs and the filter leave nothing to run.
pub const NOTHING_SELECTED: u8 = 6;
/// A stored run cannot be read.
pub const UNREADABLE: u8 = 7;
/// The gate found a regression.
pub const REGRESSION: u8 = 8;
/// The gate could not decide.
pub const UNDECIDED: u8 = 9;
/// The records do not measure the same.
pub const NOT_COMPARABLE: u8 = 10;
/// A limit of time, generations or tokens was reached; what was finished is kept and can be resumed.
pub const LIMIT: u8 = 11;
/// Interrupted, or told to terminate or hang up; what was finished is kept and can be resumed.
pub const INTERRUPTED: u8 = 130;

/// The table for `--help`.
pub const HELP: &str = "\
Exit codes:
    0  success                       4  an expectation failed
    1  unexpected error              5  the engine failed
    2  wrong usage                   6  nothing selected
    3  invalid spec                  7  unreadable record
    8  gate: regression              9  gate: undecided
   10  not comparable               11  a limit was reached; continue with --resume
  130  interrupted; continue with --resume";
