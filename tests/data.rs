//! Public data sets, which are too large for the repository: in the folder that `RASHIN_DATA` names, or in `shared/data` beside the checkout. Tests of
//! several crates include this file.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::{env, thread};

/// A file or folder of the data sets. Where there are no data sets at all, nothing, and a line that says which test looked for it: past the harness, which
/// shows nothing of tests that pass, so that whoever runs the tests sees it and `./test` counts it.
///
/// # Panics
///
/// If there are data sets and this is not among them.
pub fn data(of: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let named = env::var_os("RASHIN_DATA").map(PathBuf::from);
    let Some(folder) = named.or_else(|| beside.is_dir().then_some(beside)) else {
        let test = thread::current().name().unwrap_or_default().to_owned();
        let line = format!("skipped without data: {test} looks for {of}; set RASHIN_DATA\n");
        let _ = io::stderr().write_all(line.as_bytes());
        return None;
    };
    let path = folder.join(of);
    assert!(path.exists(), "{} is missing", path.display());
    Some(path)
}
