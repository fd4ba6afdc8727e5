//! The file of vulnerabilities on disk: read piece by piece, replaced whole or not at all.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use ::vocab::Refusal;
use cyber::database::{Database, Source};

use crate::failure::Failure;

/// A file that is read where it is asked.
#[derive(Debug)]
pub struct Pieces {
    file: File,
    size: u64,
}

impl Source for Pieces {
    fn size(&self) -> u64 {
        self.size
    }

    fn read(&self, at: u64, length: usize) -> std::io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        // By place, so that several threads may read.
        self.file.read_exact_at(&mut bytes, at)?;
        Ok(bytes)
    }
}

impl Pieces {
    fn open(path: &Path) -> std::io::Result<Self> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        Ok(Self { file, size })
    }
}

/// Opens the database at a path.
pub fn open(path: &Path, json: bool) -> Result<Database<Pieces>, Failure> {
    let pieces = Pieces::open(path).map_err(|error| Failure::file(path, &error, json))?;
    Database::open(pieces).map_err(|refusal| named(path, refusal, json))
}

/// A database that a server watches: it is replaced by another file of the same name.
pub struct Watched(pub PathBuf);

impl Watched {
    fn unreadable(&self, error: &std::io::Error) -> Refusal {
        let path = self.0.display();
        Refusal::new(
            "unavailable",
            format!(
                "脆弱性データベース {path} を読めません（{error}）。ファイルの場所と権限を確かめてください。"
            ),
            format!(
                "The vulnerability database {path} cannot be read ({error}). Check where it is and who may open it."
            ),
        )
    }
}

impl app::Advisories for Watched {
    fn stamp(&self) -> Result<String, Refusal> {
        let seen = fs::metadata(&self.0).map_err(|error| self.unreadable(&error))?;
        // A file that takes the place of another is another file.
        let (inode, seconds, nanoseconds) = (seen.ino(), seen.mtime(), seen.mtime_nsec());
        Ok(format!("{inode} {} {seconds}.{nanoseconds}", seen.len()))
    }

    fn open(&self) -> Result<Box<dyn app::AdvisoryBytes>, Refusal> {
        let pieces = Pieces::open(&self.0).map_err(|error| self.unreadable(&error))?;
        Ok(Box::new(pieces))
    }
}

/// A refusal with the file that it is about.
pub fn named(path: &Path, refusal: Refusal, json: bool) -> Failure {
    let path = path.display();
    let Refusal { kind, ja, en } = refusal;
    Failure::input(
        Refusal::new(kind, format!("{path}: {ja}"), format!("{path}: {en}")),
        json,
    )
}

/// Keeps everybody else from replacing a database until this is dropped: who loads reads it first, and nothing that came in between may be lost.
pub fn lock(path: &Path, json: bool) -> Result<File, Failure> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".lock");
    let beside = PathBuf::from(beside);
    let locked = File::create(&beside).and_then(|file| file.lock().map(|()| file));
    locked.map_err(|error| Failure::file(&beside, &error, json))
}

/// Puts bytes in the place of a file: whoever opens it sees the old or the new one, whole, also after a power cut.
pub fn replace(path: &Path, bytes: &[u8], json: bool) -> Result<(), Failure> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", std::process::id()));
    let beside = PathBuf::from(beside);
    let written = write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // The failure itself is what is told.
        let _ = fs::remove_file(&beside);
    }
    written.map_err(|error| Failure::file(path, &error, json))
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
