//! The drill that shows what an acknowledgement is worth: processes write and say aloud what was acknowledged, they are
//! killed at a moment that a seed chooses, and whoever opens the store afterwards must find all of it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;

use super::{change, draft, note};
use crate::{Blob, Fault, Store, sha256, verify};

/// Whose records the drill writes.
const OWNER: &str = "drill";

/// A number below `below` that follows from a seed and a word.
pub fn choose(seed: u64, word: &str, below: usize) -> usize {
    let hash = sha256(format!("{seed} {word}").as_bytes());
    usize::from_str_radix(&hash[..7], 16).unwrap() % below
}

/// How many seeds to run: `RASHIN_FAULT_SEEDS` for a long run.
pub fn seeds(usual: u64) -> u64 {
    let wanted = std::env::var("RASHIN_FAULT_SEEDS").ok();
    wanted.and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// The next version of a writer's record: with a file now and then, so that some changes fill many pages.
///
/// # Errors
/// Those of the store.
pub fn write_once(store: &dyn Store, writer: &str, seed: u64) -> Result<u32, Fault> {
    let seen = store
        .newest(&note(OWNER, writer))?
        .map_or(0, |found| found.version);
    let mut next = change(OWNER, vec![draft(writer, seen, json!({ "after": seen }))]);
    let size = choose(seed, &format!("{writer} {seen}"), 60_000);
    if size.is_multiple_of(3) {
        let text = format!("{writer} {seen} ").into_bytes();
        next.blobs
            .push(Blob::new(text.into_iter().cycle().take(size).collect()));
    }
    store.commit(&next)?;
    Ok(seen + 1)
}

/// What a killed process does: it writes for ever, and says each version once it was acknowledged.
///
/// # Errors
/// Those of the store.
pub fn write_until_killed(store: &dyn Store, writer: &str, seed: u64) -> Result<(), Fault> {
    loop {
        say(&write_once(store, writer, seed)?.to_string());
        // One that takes a file's lock again as soon as it lets go starves those that look for it now and then.
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Says a line past the test harness.
pub fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes())
        .and_then(|()| out.flush())
        .unwrap();
}

/// Starts writers, kills each with signal 9 after a few acknowledgements and a moment, and gives for each the last
/// version that it had acknowledged.
pub fn kill_writers(seed: u64, commands: Vec<Command>) -> Vec<u32> {
    let writers: Vec<_> = commands
        .into_iter()
        .map(|mut command| {
            command
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let killed = writers.into_iter().enumerate().map(|(turn, mut writer)| {
        let mut said = BufReader::new(writer.stdout.take().unwrap())
            .lines()
            .filter_map(|line| line.unwrap().parse::<u32>().ok());
        let before = choose(seed, &format!("acknowledgements {turn}"), 8);
        let first = said.by_ref().take(before).last();
        let moment = choose(seed, &format!("moment {turn}"), 9000);
        std::thread::sleep(Duration::from_micros(moment as u64));
        writer.kill().unwrap();
        let last = said.last().or(first).unwrap_or(0);
        let status = writer.wait().unwrap();
        assert!(status.code().is_none(), "it ended by itself: {status}");
        last
    });
    killed.collect()
}

/// Everything acknowledged is there as it was written, at most one change a writer beyond it, and the proof holds. Gives how
/// many of the writers had one more on the way in.
pub fn nothing_acknowledged_is_lost(store: &dyn Store, acknowledged: &[(String, u32)]) -> usize {
    verify(store, &[]).unwrap();
    let beyond = acknowledged.iter().filter(|(writer, last)| {
        let versions = store.versions(&note(OWNER, writer)).unwrap();
        let there = u32::try_from(versions.len()).unwrap();
        assert!(
            (*last..=last + 1).contains(&there),
            "{writer}: {last} acknowledged, {there} there"
        );
        for version in versions {
            assert_eq!(version.body, Some(json!({ "after": version.version - 1 })));
        }
        there > *last
    });
    beyond.count()
}
