//! The files of a plan, held in memory with their paths: what every later step reads from.
//!
//! Never reads anything but `*.toml` below the folder it is given, and never more than
//! [`Files::LIMIT`] bytes a file.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::fault::Fault;

/// The texts of a plan by relative path (`tree/policies.toml`), in path order.
#[derive(Debug, Clone, Default)]
pub struct Files(BTreeMap<String, String>);

impl Files {
    /// The largest file that is read, in bytes.
    pub const LIMIT: u64 = 4 * 1024 * 1024;

    /// Reads every `*.toml` file below `folder`.
    ///
    /// # Errors
    /// A fault for each file that cannot be opened, is larger than [`Files::LIMIT`] or is not UTF-8,
    /// and one when the folder holds no plan at all.
    pub fn from_folder(folder: &Path) -> Result<Self, Vec<Fault>> {
        let mut files = BTreeMap::new();
        let mut faults = Vec::new();
        collect(folder, folder, &mut files, &mut faults);
        if files.is_empty() && faults.is_empty() {
            faults.push(Fault::file(
                &folder.display().to_string(),
                "no-plan",
                "このフォルダーには計画のファイル（*.toml）がありません。",
                "there is no plan file (*.toml) in this folder.",
                "plan.toml のあるフォルダーを指定してください。 / Name the folder that holds plan.toml.",
            ));
        }
        if faults.is_empty() {
            Ok(Self(files))
        } else {
            Err(faults)
        }
    }

    /// Takes texts that are already in memory, such as the plan built into the binary.
    pub fn from_texts<I, P, T>(texts: I) -> Self
    where
        I: IntoIterator<Item = (P, T)>,
        P: Into<String>,
        T: Into<String>,
    {
        Self(
            texts
                .into_iter()
                .map(|(path, text)| (path.into(), text.into()))
                .collect(),
        )
    }

    /// The same files with one more, or with another text in its place.
    #[must_use]
    pub fn with(mut self, path: impl Into<String>, text: impl Into<String>) -> Self {
        self.0.insert(path.into(), text.into());
        self
    }

    /// Each file's path and text, in path order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// One file's text.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// SHA-256 over paths and texts, in lower-case hexadecimal: the same plan has the same hash.
    pub fn sha256(&self) -> String {
        let mut hash = Sha256::new();
        for (path, text) in &self.0 {
            for part in [path, text] {
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part.as_bytes());
            }
        }
        hash.finalize().iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>, faults: &mut Vec<Fault>) {
    let name = |path: &Path| match path.strip_prefix(root) {
        Ok(inside) if !inside.as_os_str().is_empty() => inside.to_string_lossy().replace('\\', "/"),
        _ => path.display().to_string(),
    };
    let unreadable = |path: &Path, why: &dyn std::fmt::Display| {
        Fault::file(
            &name(path),
            "unreadable",
            &format!("読み取れません（{why}）。"),
            &format!("cannot be read ({why})."),
            "ファイルがあるか、読み取りの権限があるかを確かめてください。 / Check that it exists and may be read.",
        )
    };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return faults.push(unreadable(folder, &error)),
    };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(root, &path, files, faults);
        } else if path.extension().is_some_and(|ending| ending == "toml") {
            let size = path.metadata().map_or(0, |meta| meta.len());
            if size > Files::LIMIT {
                faults.push(Fault::file(
                    &name(&path),
                    "too-large",
                    &format!(
                        "{size} バイトあり、上限の {} バイトを超えています。",
                        Files::LIMIT
                    ),
                    &format!("has {size} bytes; the limit is {}.", Files::LIMIT),
                    "内容を複数のファイルに分けてください。 / Split it into several files.",
                ));
                continue;
            }
            match std::fs::read(&path).map(String::from_utf8) {
                Ok(Ok(text)) => {
                    files.insert(name(&path), text);
                }
                Ok(Err(error)) => {
                    let at = error.utf8_error().valid_up_to();
                    let line = String::from_utf8_lossy(&error.as_bytes()[..at])
                        .matches('\n')
                        .count()
                        + 1;
                    faults.push(Fault::file(
                        &name(&path),
                        "not-utf8",
                        &format!("{line} 行目に UTF-8 でない文字があります。"),
                        &format!("line {line} is not UTF-8."),
                        "文字コード UTF-8 で保存し直してください。 / Save it again as UTF-8.",
                    ));
                }
                Err(error) => faults.push(unreadable(&path, &error)),
            }
        }
    }
}
