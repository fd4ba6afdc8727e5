//! Backups: every row of one moment as lines of JSON, between a first line that says what this is and a last line
//! that counts and hashes all of it. The same file restores into any store.

use std::io::{BufRead, Write};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::fault::Fault;
use crate::seal::hex;
use crate::store::{Row, Store};
use crate::verify::{Broken, Proof};

const FORMAT: &str = "rashin-backup";
const LAYOUT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct First {
    format: String,
    layout: u32,
}

/// What a backup holds: its last line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Number of rows.
    pub rows: u64,
    /// SHA-256 of all lines before this one.
    pub sha256: String,
}

/// Writes a backup of a store while it is in use.
///
/// # Errors
/// Those of the store, and of writing.
pub fn write_backup(store: &dyn Store, out: &mut dyn Write) -> Result<Manifest, Fault> {
    let mut hash = Sha256::new();
    let mut rows = 0;
    let mut line = |text: String, out: &mut dyn Write| -> Result<(), Fault> {
        let text = text + "\n";
        hash.update(text.as_bytes());
        out.write_all(text.as_bytes()).map_err(Fault::engine)
    };
    let first = First {
        format: FORMAT.into(),
        layout: LAYOUT,
    };
    line(json(&first)?, out)?;
    store.walk(&mut |row| {
        rows += 1;
        line(json(&row)?, out)
    })?;
    let manifest = Manifest {
        rows,
        sha256: hex(&hash.finalize()),
    };
    let last = json(&manifest)? + "\n";
    out.write_all(last.as_bytes())
        .and_then(|()| out.flush())
        .map_err(Fault::engine)?;
    Ok(manifest)
}

/// Restores a backup into an empty store, whole or not at all: its rows are proved as they pass, so that even a backup
/// whose last line was made anew after a change is refused.
///
/// # Errors
/// [`Fault::Backup`] for a file that is not a backup, or is torn, changed or of another layout; [`Fault::NotEmpty`];
/// those of the store.
pub fn read_backup(store: &dyn Store, input: &mut dyn BufRead) -> Result<Manifest, Fault> {
    let mut rows = Rows {
        input,
        hash: Sha256::new(),
        begun: false,
        count: 0,
        proof: Proof::new(&[]),
        manifest: None,
    };
    store.load(&mut rows)?;
    let read = rows.count + 2;
    rows.manifest.ok_or_else(|| torn(read))
}

struct Rows<'a> {
    input: &'a mut dyn BufRead,
    hash: Sha256,
    begun: bool,
    count: u64,
    proof: Proof,
    manifest: Option<Manifest>,
}

impl Rows<'_> {
    fn next_row(&mut self) -> Result<Option<Row>, Fault> {
        if !self.begun {
            let line = self.line()?;
            let first: First = serde_json::from_str(&line).map_err(|_| foreign())?;
            if first.format != FORMAT {
                return Err(foreign());
            }
            if first.layout != LAYOUT {
                let layout = first.layout;
                return Err(Fault::backup(
                    format!("形式 {layout} は、このプログラムの形式 {LAYOUT} と違います。"),
                    format!("its layout is {layout}, not {LAYOUT}."),
                ));
            }
            self.hash.update(line.as_bytes());
            self.begun = true;
        }
        let line = self.line()?;
        if let Ok(row) = serde_json::from_str::<Row>(&line) {
            self.hash.update(line.as_bytes());
            self.count += 1;
            self.proof.row(&row).map_err(|broken| unsound(*broken))?;
            return Ok(Some(row));
        }
        let manifest: Manifest = serde_json::from_str(&line).map_err(|_| torn(self.count + 2))?;
        let found = Manifest {
            rows: self.count,
            sha256: hex(&self.hash.clone().finalize()),
        };
        let mut rest = String::new();
        let more = self.input.read_line(&mut rest).map_err(Fault::engine)?;
        if manifest != found || more != 0 {
            return Err(Fault::backup(
                "作成後に内容が変わっています。",
                "it was changed after it was made.",
            ));
        }
        self.proof.end().map_err(|broken| unsound(*broken))?;
        self.manifest = Some(manifest);
        Ok(None)
    }

    /// The next line, with its end.
    fn line(&mut self) -> Result<String, Fault> {
        let mut line = String::new();
        match self.input.read_line(&mut line) {
            Ok(_) if line.ends_with('\n') => Ok(line),
            Ok(_) => Err(torn(self.count + 2)),
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => Err(foreign()),
            Err(error) => Err(Fault::engine(error)),
        }
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<Row, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.manifest.is_some() {
            return None;
        }
        self.next_row().transpose()
    }
}

fn foreign() -> Fault {
    Fault::backup(
        "Rashin のバックアップではありません。",
        "it is not a backup of Rashin.",
    )
}

fn torn(line: u64) -> Fault {
    Fault::backup(
        format!("{line} 行目で途切れています。"),
        format!("it breaks off at line {line}."),
    )
}

fn unsound(broken: Broken) -> Fault {
    Fault::backup(broken.ja, broken.en)
}

fn json(value: &impl Serialize) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(Fault::engine)
}
