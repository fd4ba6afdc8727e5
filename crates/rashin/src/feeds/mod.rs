//! Sources of advisories on a schedule: folders that somebody keeps, taken in when they change, and addresses, fetched once an hour. Each is loaded by the
//! program's own `cyber load` in a process of its own: what is hostile in a source, or what it takes of memory, does not reach the server, and what is
//! cut off leaves the database as it was.

mod fetch;

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use ::vocab::Refusal;
use app::{Desk, FeedNews};
use cyber::database::Collection;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::commands::cyber::database as pieces;
use crate::edge;
use crate::failure::Failure;
use fetch::Fetcher;

/// Folders are looked at so often.
const LOOK: Duration = Duration::from_secs(10);
/// Addresses are asked so often, and so is what has failed.
const HOUR: SignedDuration = SignedDuration::from_mins(60);
/// Folders in folders.
const DEPTH: usize = 16;
/// Files that cannot be read and are named.
const NAMED: usize = 5;
/// How often something that is waited for is looked at.
const STEP: Duration = Duration::from_millis(100);
/// How long the server's end waits for what is under way: loading stops at once, a download may not hear of it.
const LAST_WAIT: Duration = Duration::from_secs(2);

/// Where advisories come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A folder.
    Folder(PathBuf),
    /// A file under an address.
    Address(String),
}

impl Source {
    /// A source as an operator writes it: an address, or else a folder. What is fetched in the clear comes from this machine alone.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.contains("://") {
            return fetch::is_safe(text).then(|| Self::Address(text.to_owned())).ok_or_else(|| {
                "https:// で始まる、.zip .json .csv .csv.gz のいずれかのアドレスにしてください（http:// はこの機械のものだけ） / give an https address of a .zip, .json, .csv or .csv.gz; http only of this machine".to_owned()
            });
        }
        Ok(Self::Folder(PathBuf::from(text)))
    }

    fn name(&self) -> String {
        match self {
            Self::Folder(folder) => folder.display().to_string(),
            Self::Address(address) => address.clone(),
        }
    }
}

/// The thread that takes sources in; dropping it ends what it is doing.
pub struct Feeds {
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// A source with what was seen of it.
struct Seen {
    source: Source,
    /// What the folder looked like when it was last taken in whole, and when it was last looked at.
    taken: Option<u64>,
    before: Option<u64>,
    at: Option<Timestamp>,
    failed: bool,
}

impl Feeds {
    /// Begins to take these sources into a database.
    pub fn begin(desk: Arc<Desk>, database: PathBuf, sources: Vec<Source>) -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&ended);
        let thread = thread::spawn(move || {
            let go_on = || !stop.load(Ordering::Relaxed);
            let fetcher = Fetcher::new(&database);
            let mut all: Vec<Seen> = sources.into_iter().map(Seen::new).collect();
            while go_on() {
                for one in &mut all {
                    let now = edge::now();
                    if let Some(came) = one.look(now, &database, &fetcher, &go_on) {
                        // A store that does not answer is said to whoever asks the server; the next look tells again.
                        let _ = desk.note_feed(edge::now(), &one.source.name(), came);
                    }
                }
                if go_on() {
                    thread::park_timeout(LOOK);
                }
            }
        });
        Self {
            ended,
            thread: Some(thread),
        }
    }
}

impl Drop for Feeds {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        let Some(thread) = self.thread.take() else { return };
        thread.thread().unpark();
        let mut waited = Duration::ZERO;
        while !thread.is_finished() && waited < LAST_WAIT {
            thread::sleep(STEP);
            waited += STEP;
        }
        // What is left then ends with the process, and was not in any place that is read.
    }
}

impl Seen {
    const fn new(source: Source) -> Self {
        Self {
            source,
            taken: None,
            before: None,
            at: None,
            failed: false,
        }
    }

    /// Looks at the source if it is time to: what came of it, or nothing if there was nothing to be done yet.
    fn look(
        &mut self,
        now: Timestamp,
        database: &Path,
        fetcher: &Fetcher,
        go_on: &dyn Fn() -> bool,
    ) -> Option<Result<Option<FeedNews>, Refusal>> {
        let waited = self.at.is_none_or(|at| now.duration_since(at) >= HOUR);
        let came = match self.source.clone() {
            Source::Address(address) => {
                if !waited {
                    return None;
                }
                fetcher.fetch(&address).and_then(|fetched| {
                    let Some(fetched) = fetched else { return Ok(None) };
                    let news = load(&fetched.folder, database, go_on)?;
                    fetched.keep();
                    Ok(Some(news))
                })
            }
            Source::Folder(folder) => match looks(&folder, 0) {
                Err(error) if waited => Err(unreadable(&folder, &error)),
                Err(_) => return None,
                Ok(looks) => {
                    // A folder that is being written is let be until it looks the same twice.
                    let still = self.before.replace(looks) == Some(looks) || self.taken.is_none();
                    let due = if self.failed {
                        waited
                    } else {
                        self.taken != Some(looks)
                    };
                    if !(due && still) {
                        if !waited {
                            return None;
                        }
                        self.at = Some(now);
                        return Some(Ok(None));
                    }
                    let news = load(&folder, database, go_on);
                    if news.is_ok() {
                        self.taken = Some(looks);
                    }
                    news.map(Some)
                }
            },
        };
        // What was cut off by the server's end is no failure of the source.
        if !go_on() {
            return None;
        }
        self.at = Some(now);
        self.failed = came.is_err();
        Some(came)
    }
}

/// Everything below a folder by name, size and time, as a number.
fn looks(folder: &Path, depth: usize) -> std::io::Result<u64> {
    if depth > DEPTH {
        return Err(std::io::Error::other("folders nest too deeply"));
    }
    let mut entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    let mut hasher = DefaultHasher::new();
    for entry in entries {
        entry.file_name().hash(&mut hasher);
        let seen = entry.metadata()?;
        if seen.is_dir() {
            looks(&entry.path(), depth + 1)?.hash(&mut hasher);
        } else {
            (seen.ino(), seen.len(), seen.mtime(), seen.mtime_nsec()).hash(&mut hasher);
        }
    }
    Ok(hasher.finish())
}

/// What `cyber load --json` says.
#[derive(Deserialize)]
struct Loaded {
    added: usize,
    replaced: usize,
    kev: bool,
    epss: bool,
    refused: Passed,
}

#[derive(Deserialize)]
struct Passed {
    count: usize,
    files: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    file: String,
}

/// Loads a folder into the database in a process of its own.
fn load(folder: &Path, database: &Path, go_on: &dyn Fn() -> bool) -> Result<FeedNews, Refusal> {
    let failed = |error: &dyn std::fmt::Display| {
        Refusal::new(
            "unavailable",
            format!(
                "取り込みの処理が終わりませんでした（{error}）。ディスクの空きと、データベースの場所の権限を確かめてください。"
            ),
            format!(
                "Loading did not come to its end ({error}). Check the space on the disk and who may write the database."
            ),
        )
    };
    let program = std::env::current_exe().map_err(|error| failed(&error))?;
    let mut child = Command::new(program)
        .args(["cyber", "load", "--json", "--db"])
        .arg(database)
        .arg("--")
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| failed(&error))?;
    let mut out = child.stdout.take();
    let reader = thread::spawn(move || {
        let mut said = String::new();
        let read = out.as_mut().map(|out| out.read_to_string(&mut said));
        read.transpose().map(|_| said)
    });
    let status = loop {
        match child.try_wait().map_err(|error| failed(&error))? {
            Some(status) => break status,
            None if go_on() => thread::sleep(STEP),
            None => {
                // It has replaced the database whole or not at all.
                let _ = child.kill();
                break child.wait().map_err(|error| failed(&error))?;
            }
        }
    };
    let said = reader.join().ok().and_then(Result::ok).unwrap_or_default();
    let Ok(loaded) = serde_json::from_str::<Loaded>(&said) else {
        let why = serde_json::from_str::<serde_json::Value>(&said).ok();
        let why = why.as_ref().and_then(|why| why.pointer("/error/ja")?.as_str());
        return Err(failed(&why.map_or_else(|| status.to_string(), str::to_owned)));
    };
    Ok(FeedNews {
        added: loaded.added,
        replaced: loaded.replaced,
        lists: loaded.kev || loaded.epss,
        refused: loaded.refused.count,
        named: loaded
            .refused
            .files
            .into_iter()
            .take(NAMED)
            .map(|named| named.file)
            .collect(),
    })
}

/// A database of nothing, where there is none yet.
pub fn begin_database(path: &Path) -> Result<(), Failure> {
    if path.exists() {
        return Ok(());
    }
    let (bytes, _) = Collection::default()
        .write()
        .map_err(|refusal| pieces::named(path, refusal, false))?;
    pieces::replace(path, &bytes, false)
}

fn unreadable(folder: &Path, error: &std::io::Error) -> Refusal {
    let folder = folder.display();
    Refusal::new(
        "unreadable_file",
        format!("フォルダー {folder} を読めません（{error}）。場所と権限を確かめてください。"),
        format!("The folder {folder} cannot be read ({error}). Check where it is and who may open it."),
    )
}

#[cfg(test)]
mod tests {
    use super::Source;

    #[test]
    fn sources_are_folders_or_safe_addresses() {
        for (text, good) in [
            ("/var/lib/mirror", true),
            ("mirror", true),
            ("https://feeds.example/npm/all.zip", true),
            ("https://feeds.example/epss.csv.gz?day=today", true),
            ("http://127.0.0.1:8000/kev.json", true),
            ("http://localhost/kev.json", true),
            ("http://feeds.example/kev.json", false),
            ("http://127.0.0.1.evil.example/kev.json", false),
            ("https://user@feeds.example/kev.json", false),
            ("https://feeds.example/", false),
            ("https://feeds.example/page.html", false),
            ("file:///etc/passwd.json", false),
            ("ftp://feeds.example/kev.json", false),
        ] {
            assert_eq!(Source::parse(text).is_ok(), good, "{text}");
        }
    }
}
