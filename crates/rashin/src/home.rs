//! Where the plan comes from: the folder that was named, else `plan/` where one stands, else the
//! Third Basic Plan that is built into the binary.

use std::path::{Path, PathBuf};

use app::Rashin;
use plan::Files;
use rust_embed::Embed;

use crate::failure::Failure;

#[derive(Embed)]
#[folder = "../../plan"]
struct BuiltIn;

/// The files of the plan.
pub fn files(folder: Option<&Path>, json: bool) -> Result<Files, Failure> {
    let near = PathBuf::from("plan");
    let folder = folder.or_else(|| near.join("plan.toml").is_file().then_some(near.as_path()));
    match folder {
        Some(folder) => Files::from_folder(folder).map_err(|list| {
            let faults = plan::Faults {
                files: Files::default(),
                list,
            };
            Failure::plan(&faults, json)
        }),
        None => Ok(Files::from_texts(BuiltIn::iter().filter_map(|path| {
            let text = String::from_utf8(BuiltIn::get(&path)?.data.into_owned()).ok()?;
            Some((path.into_owned(), text))
        }))),
    }
}

/// The plan, proved and ready.
pub fn rashin(folder: Option<&Path>, json: bool) -> Result<Rashin, Failure> {
    Rashin::open(files(folder, json)?).map_err(|faults| Failure::plan(&faults, json))
}
