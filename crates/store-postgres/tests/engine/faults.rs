//! What happens to the processes: a node is killed while it writes, alone or beside another; the server crashes.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use store::contract::killed::{
    choose, kill_writers, nothing_acknowledged_is_lost, say, seeds, write_once, write_until_killed,
};
use store_postgres::Postgres;

use crate::scratch::Scratch;

/// This program again, as a process that may be killed.
fn child(url: &str, writer: &str, seed: u64) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "faults::writer", "--nocapture"]);
    command
        .env("RASHIN_FAULT_CHILD", url)
        .env("RASHIN_FAULT_WRITER", writer);
    command.env("RASHIN_FAULT_SEED", seed.to_string());
    command
}

#[test]
#[ignore = "a process that `killed_nodes_lose_nothing_acknowledged` starts and kills"]
fn writer() {
    let told = |name: &str| std::env::var(name).unwrap();
    let store = Postgres::open(&told("RASHIN_FAULT_CHILD")).unwrap();
    let seed = told("RASHIN_FAULT_SEED").parse().unwrap();
    write_until_killed(&store, &told("RASHIN_FAULT_WRITER"), seed).unwrap();
}

#[test]
fn killed_nodes_lose_nothing_acknowledged() {
    let Some(scratch) = Scratch::new() else { return };
    let (mut acknowledged, mut beyond, mut killed) = (0, 0, 0);
    let mut url = String::new();
    for seed in 0..seeds(200) {
        if seed % 10 == 0 {
            url = scratch.url();
        }
        let writers: Vec<String> = (0..=choose(seed, "writers", 2))
            .map(|turn| format!("{seed}-{turn}"))
            .collect();
        let commands = writers.iter().map(|writer| child(&url, writer, seed)).collect();
        let last: Vec<(String, u32)> = writers.into_iter().zip(kill_writers(seed, commands)).collect();
        let store = Postgres::open(&url).unwrap();
        // Waits for the chain until the server has noticed that the writers are gone.
        write_once(&store, "afterwards", seed).unwrap();
        beyond += nothing_acknowledged_is_lost(&store, &last);
        acknowledged += last.iter().map(|(_, last)| last).sum::<u32>();
        killed += last.len();
    }
    say(&format!(
        "killed {killed} nodes with {acknowledged} changes acknowledged: none lost, {beyond} written and not yet said"
    ));
    assert!(acknowledged > 0);
}

/// One of the server's processes is killed, so that it throws all its memory away and recovers from its log. Whoever writes meanwhile goes on,
/// unless the answer to a change was lost with the server.
#[test]
fn a_crashed_server_loses_nothing_acknowledged() {
    let Some(scratch) = Scratch::alone() else { return };
    let store = scratch.open();
    // What other tests wrote before is not to be recovered each time.
    scratch.client().batch_execute("CHECKPOINT").unwrap();
    let (mut acknowledged, mut beyond) = (0, 0);
    let crashes = seeds(200) / 40;
    for seed in 0..crashes {
        let process = scratch.checkpointer(None);
        let writers = [format!("{seed}-0"), format!("{seed}-1")];
        let over = AtomicBool::new(false);
        let last = std::thread::scope(|scope| {
            let writing = writers.each_ref().map(|writer| {
                let (store, over) = (&store, &over);
                scope.spawn(move || {
                    let mut last = 0;
                    while !over.load(Ordering::Relaxed)
                        && let Ok(version) = write_once(store, writer, seed)
                    {
                        last = version;
                    }
                    (writer.clone(), last)
                })
            });
            std::thread::sleep(Duration::from_millis(10 + choose(seed, "moment", 200) as u64));
            let kill = Command::new("kill")
                .args(["-9", &process.to_string()])
                .status()
                .unwrap();
            assert!(kill.success());
            scratch.checkpointer(Some(process));
            over.store(true, Ordering::Relaxed);
            writing.map(|thread| thread.join().unwrap())
        });
        // The same store connects again.
        write_once(&store, "afterwards", seed).unwrap();
        beyond += nothing_acknowledged_is_lost(&store, &last);
        acknowledged += last.iter().map(|(_, last)| last).sum::<u32>();
    }
    say(&format!(
        "crashed the server {crashes} times with {acknowledged} changes acknowledged: none lost, {beyond} written and not yet said"
    ));
    assert!(acknowledged > 0);
}
