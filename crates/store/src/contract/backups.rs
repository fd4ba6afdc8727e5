//! Laws of the whole store: proof, walk, backup, restore, and life after a fault.

use serde_json::json;

use super::history::{any_history, play};
use super::records::check;
use super::{Open, change, draft, name, note, rows};
use crate::{Blob, Fault, Head, Manifest, Row, Store, read_backup, sha256, verify, write_backup};

fn backup(store: &dyn Store) -> Vec<u8> {
    let mut bytes = vec![];
    write_backup(store, &mut bytes).unwrap();
    bytes
}

/// Whatever was written: the proof holds, and a backup restores to the same rows, in which one goes on.
pub fn a_random_history_is_proved_and_restored(open: Open<'_>) {
    a_backup_moves_between(open, open);
}

/// The same from one engine to another.
pub fn a_backup_moves_between(from: Open<'_>, to: Open<'_>) {
    check(12, &(any_history(14), any_history(4)), |(history, later)| {
        let first = from();
        let acknowledged = play(&*first, &history);
        let verified = verify(&*first, &[]).unwrap();
        proptest::prop_assert_eq!(verified.events, acknowledged);
        let (kept, bytes) = (rows(&*first), backup(&*first));

        let second = to();
        let manifest = read_backup(&*second, &mut bytes.as_slice()).unwrap();
        proptest::prop_assert_eq!(manifest.rows, kept.len() as u64);
        proptest::prop_assert_eq!(rows(&*second), kept);
        proptest::prop_assert_eq!(backup(&*second), bytes, "byte for byte");
        play(&*second, &later);
        verify(&*second, &verified.heads).unwrap();
        Ok(())
    });
}

/// A few records, an erased version and a file, for the laws below.
fn filled(open: Open<'_>) -> Box<dyn Store> {
    let store = open();
    for seen in 0..3 {
        store
            .commit(&change("a", vec![draft("1", seen, json!({ "架空": seen }))]))
            .unwrap();
        store
            .commit(&change("b", vec![draft("1", seen, json!(seen))]))
            .unwrap();
    }
    let mut last = change("a", vec![draft("2", 0, json!("x"))]);
    last.erase.push((note("a", "1"), 2));
    last.blobs.push(Blob::new(vec![1, 2, 3]));
    store.commit(&last).unwrap();
    store
}

/// What is written during a walk is not seen by it.
pub fn a_walk_sees_one_moment(open: Open<'_>) {
    let store = filled(open);
    let before = rows(&*store);
    let (mut seen, mut turn) = (vec![], 0);
    store
        .walk(&mut |row| {
            seen.push(row);
            store.commit(&change("b", vec![draft(&format!("new-{turn}"), 0, json!(turn))]))?;
            store.commit(&change(&format!("owner-{turn}"), vec![]))?;
            turn += 1;
            Ok(())
        })
        .unwrap();
    assert_eq!(seen, before);
    assert!(rows(&*store).len() > before.len());
    verify(&*store, &[]).unwrap();
}

/// After any fault the store answers as if the call had not been made.
pub fn a_fault_leaves_the_store_usable(open: Open<'_>) {
    let (store, before) = (filled(open), rows(&*filled(open)));
    let broken = || Fault::Engine("架空の故障".into());
    let mut turn = 0;
    let walked = store.walk(&mut |_| {
        turn += 1;
        if turn == 3 { Err(broken()) } else { Ok(()) }
    });
    assert!(
        matches!(walked, Err(Fault::Engine(_))) && turn == 3,
        "it stops at once"
    );
    let loaded = store.load(&mut std::iter::empty());
    assert!(matches!(loaded, Err(Fault::NotEmpty)), "{loaded:?}");
    store
        .commit(&change("a", vec![draft("1", 1, json!(0))]))
        .unwrap_err();
    assert_eq!(rows(&*store), before);
    store.commit(&change("a", vec![draft("1", 3, json!(0))])).unwrap();
    verify(&*store, &[]).unwrap();

    let empty = open();
    let half = before.iter().take(6).cloned().map(Ok).chain([Err(broken())]);
    assert!(matches!(empty.load(&mut half.into_iter()), Err(Fault::Engine(_))));
    assert_eq!(rows(&*empty), []);
    empty.load(&mut before.iter().cloned().map(Ok)).unwrap();
    assert_eq!(rows(&*empty), before);
}

/// A chain that was cut off or made anew holds by itself; heads that were noted before show it.
pub fn heads_that_were_noted_show_a_cut(open: Open<'_>) {
    let store = open();
    store.commit(&change("a", vec![draft("1", 0, json!(1))])).unwrap();
    let early = verify(&*store, &[]).unwrap().heads;
    store.commit(&change("a", vec![draft("1", 1, json!(2))])).unwrap();
    let late = verify(&*store, &early).unwrap().heads;
    let both: Vec<Head> = early.iter().chain(&late).cloned().collect();
    verify(&*store, &both).unwrap();

    let forged = open();
    forged
        .commit(&change("a", vec![draft("1", 0, json!(1))]))
        .unwrap();
    let cut = verify(&*forged, &late).unwrap_err();
    assert_eq!((cut.owner, cut.event), (Some(name("a")), Some(2)));
    forged
        .commit(&change("a", vec![draft("1", 1, json!("other"))]))
        .unwrap();
    let anew = verify(&*forged, &late).unwrap_err();
    assert_eq!((anew.owner, anew.event), (Some(name("a")), Some(2)));
    verify(&*forged, &early).unwrap();
    let gone = verify(&*open(), &late).unwrap_err();
    assert_eq!((gone.owner, gone.event), (Some(name("a")), Some(1)));
}

/// Torn, changed, forged, foreign and newer backups are refused, and one can still restore a good one.
pub fn a_bad_backup_is_refused_and_the_target_untouched(open: Open<'_>) {
    let good = backup(&*filled(open));
    let target = open();
    let refused = |bytes: &[u8], why: &str| {
        let read = read_backup(&*target, &mut &bytes[..]);
        assert!(matches!(read, Err(Fault::Backup { .. })), "{why}: {read:?}");
        assert_eq!(rows(&*target), [], "{why}");
    };
    for at in (0..good.len()).step_by(53).chain([good.len() - 1]) {
        refused(&good[..at], "torn");
        let mut changed = good.clone();
        changed[at] ^= 1;
        refused(&changed, "changed");
    }
    let text = String::from_utf8(good.clone()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let without = |skip: usize| {
        lines
            .iter()
            .enumerate()
            .filter(move |(at, _)| *at != skip)
            .map(|(_, line)| *line)
    };
    for row in 1..lines.len() - 1 {
        let left: Vec<&str> = without(row).collect();
        refused(
            forge(&left[..left.len() - 1]).as_bytes(),
            "a row left out, and the last line made anew",
        );
    }
    let forged = lines[..lines.len() - 1]
        .join("\n")
        .replace("\"架空\":2", "\"架空\":8");
    refused(
        forge(&forged.lines().collect::<Vec<_>>()).as_bytes(),
        "a body changed, and the last line made anew",
    );
    refused(
        text.replacen("\"layout\":1", "\"layout\":2", 1).as_bytes(),
        "newer",
    );
    refused(
        text.replacen("rashin-backup", "other-backup", 1).as_bytes(),
        "foreign",
    );
    refused(b"SQLite format 3\0\xff\xfe\n", "a database");
    refused((text.clone() + "{}\n").as_bytes(), "something after the end");

    let manifest = read_backup(&*target, &mut good.as_slice()).unwrap();
    assert_eq!(manifest.rows, rows(&*target).len() as u64);
    let again = read_backup(&*target, &mut good.as_slice());
    assert!(matches!(again, Err(Fault::NotEmpty)), "{again:?}");
}

/// A backup of these lines with a last line that fits them.
fn forge(lines: &[&str]) -> String {
    let text = lines.join("\n") + "\n";
    let rows = lines[1..]
        .iter()
        .filter(|line| serde_json::from_str::<Row>(line).is_ok())
        .count();
    let manifest = Manifest {
        rows: rows as u64,
        sha256: sha256(text.as_bytes()),
    };
    text + &serde_json::to_string(&manifest).unwrap() + "\n"
}
