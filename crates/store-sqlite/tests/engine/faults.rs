//! What happens to the process and the disk: killed writers, two of them in two processes, and a full disk.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Barrier;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use store::contract::killed::{
    choose, kill_writers, nothing_acknowledged_is_lost, say, seeds, write_once, write_until_killed,
};
use store::{Fault, verify};
use store_sqlite::Sqlite;

/// This program again, as a process that the test `name` may kill.
fn child(name: &str, path: &Path, writer: &str, seed: u64) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", name, "--nocapture"]);
    command
        .env("RASHIN_FAULT_CHILD", path)
        .env("RASHIN_FAULT_WRITER", writer);
    command.env("RASHIN_FAULT_SEED", seed.to_string());
    command
}

/// What [`child`] was told.
fn told() -> (Sqlite, String, u64) {
    let told = |name: &str| std::env::var(name).unwrap();
    let store = Sqlite::open(Path::new(&told("RASHIN_FAULT_CHILD"))).unwrap();
    (
        store,
        told("RASHIN_FAULT_WRITER"),
        told("RASHIN_FAULT_SEED").parse().unwrap(),
    )
}

#[test]
#[ignore = "a process that `killed_writers_lose_nothing_acknowledged` starts and kills"]
fn writer() {
    let (store, writer, seed) = told();
    write_until_killed(&store, &writer, seed).unwrap();
}

/// Several that start at once on a new file make it once.
#[test]
fn those_that_start_together_make_one_file() {
    for _ in 0..seeds(200) / 5 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let barrier = Barrier::new(4);
        std::thread::scope(|scope| {
            for writer in ["1", "2", "3", "4"] {
                let (path, barrier) = (&path, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    write_once(&Sqlite::open(path).unwrap(), writer, 0).unwrap();
                });
            }
        });
        let store = Sqlite::open_existing(&path).unwrap();
        assert_eq!(verify(&store, &[]).unwrap().events, 4);
    }
}

/// One process or two write to one file and are killed at any moment, ten times over the same file.
#[test]
fn killed_writers_lose_nothing_acknowledged() {
    let (mut acknowledged, mut beyond, mut killed) = (0, 0, 0);
    let mut folder = tempfile::tempdir().unwrap();
    for seed in 0..seeds(200) {
        if seed % 10 == 0 {
            folder = tempfile::tempdir().unwrap();
        }
        let path = folder.path().join("a.db");
        let writers: Vec<String> = (0..=choose(seed, "writers", 2))
            .map(|turn| format!("{seed}-{turn}"))
            .collect();
        let commands = writers
            .iter()
            .map(|writer| child("faults::writer", &path, writer, seed))
            .collect();
        let last: Vec<(String, u32)> = writers.into_iter().zip(kill_writers(seed, commands)).collect();
        let store = Sqlite::open(&path).unwrap();
        beyond += nothing_acknowledged_is_lost(&store, &last);
        acknowledged += last.iter().map(|(_, last)| last).sum::<u32>();
        killed += last.len();
        write_once(&store, "afterwards", seed).unwrap();
    }
    say(&format!(
        "killed {killed} writers with {acknowledged} changes acknowledged: none lost, {beyond} written and not yet said"
    ));
    assert!(acknowledged > 0);
}

#[test]
#[ignore = "a process that `a_full_disk_stops_writing_and_loses_nothing` starts"]
fn writer_on_a_full_disk() {
    let (store, writer, seed) = told();
    let fault = loop {
        match write_once(&store, &writer, seed) {
            Ok(version) => say(&version.to_string()),
            Err(fault) => break fault,
        }
    };
    assert!(matches!(fault, Fault::Engine(_)), "{fault:?}");
    for _ in 0..4 {
        // A smaller change may still find room.
        if let Ok(version) = write_once(&store, &writer, seed) {
            say(&version.to_string());
        }
    }
    let Rlimit { maximum, .. } = getrlimit(Resource::Fsize);
    let unlimited = Rlimit {
        current: maximum,
        maximum,
    };
    setrlimit(Resource::Fsize, unlimited).unwrap();
    for _ in 0..3 {
        say(&write_once(&store, &writer, seed).unwrap().to_string());
    }
    say("recovered");
}

/// No file may grow beyond a size that a seed chooses: writing stops with a fault, and goes on once there is room.
#[test]
fn a_full_disk_stops_writing_and_loses_nothing() {
    let runs = seeds(200) / 20;
    let mut acknowledged = 0;
    for seed in 0..runs {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let full = child("faults::writer_on_a_full_disk", &path, "1", seed);
        // The signal that would end a process at the limit is ignored, so that writing fails as on a full disk.
        let limited = format!(
            "trap '' XFSZ; ulimit -S -f {}; exec \"$0\" \"$@\"",
            300 + choose(seed, "limit", 6000)
        );
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &limited])
            .arg(full.get_program())
            .args(full.get_args());
        shell.envs(full.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = shell.stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let said_last = said.lines().filter_map(|line| line.parse().ok()).next_back();
        assert!(output.status.success() && said.contains("recovered"), "{said}");
        let last: u32 = said_last.unwrap();
        nothing_acknowledged_is_lost(&Sqlite::open(&path).unwrap(), &[("1".to_owned(), last)]);
        acknowledged += last;
    }
    say(&format!(
        "filled {runs} disks with {acknowledged} changes acknowledged: none lost"
    ));
}
