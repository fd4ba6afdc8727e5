//! The file of vulnerabilities on disk: read piece by piece, replaced whole or not at all.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
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
        (&self.file).seek(SeekFrom::Start(at))?;
        (&self.file).read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

/// Opens the database at a path.
pub fn open(path: &Path, json: bool) -> Result<Database<Pieces>, Failure> {
    let opened = File::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
    let (size, file) = opened.map_err(|error| Failure::file(path, &error, json))?;
    Database::open(Pieces { file, size }).map_err(|refusal| named(path, refusal, json))
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
