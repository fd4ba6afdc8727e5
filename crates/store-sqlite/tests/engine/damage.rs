//! What happens to the file past the program: flipped bits, and rows that somebody edited.

use std::path::Path;

use serde_json::json;
use store::contract::killed::{choose, say, seeds};
use store::contract::{change, draft, rows};
use store::{Blob, Event, EventQuery, Fault, Head, Key, Name, Query, Row, Store, Version, verify};
use store_sqlite::Sqlite;

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

/// Some hundred record versions of two owners, with an erased one and files. What is not sealed is not in it: tokens and
/// strikes live for a while and prove nothing.
fn fill(path: &Path) {
    let store = Sqlite::open(path).unwrap();
    for turn in 0..150_u8 {
        let owner = ["a", "b"][usize::from(turn) % 2];
        let drafts = (0..2).map(|record| {
            let mut draft = draft(
                &format!("{}-{record}", turn / 6),
                u32::from(turn % 6) / 2,
                json!({ "架空": turn, "text": "x".repeat(90) }),
            );
            draft.parent = Some(name("parent"));
            draft.state = Some(name(["open", "closed"][usize::from(turn) % 2]));
            draft
        });
        let mut change = change(owner, drafts.collect());
        if turn % 30 == 7 {
            change.blobs.push(Blob::new(vec![turn; 6000]));
        }
        if turn == 149 {
            change.erase.push((Key::new("b", "note", "0-0").unwrap(), 1));
        }
        store.commit(&change).unwrap();
    }
}

type Everything = (Vec<Row>, Vec<Event>, Vec<Version>);

/// Everything that can be read and is kept for good.
fn read(store: &Sqlite) -> Result<Everything, Fault> {
    let mut all = vec![];
    store.walk(&mut |row| {
        all.push(row);
        Ok(())
    })?;
    let query = EventQuery {
        owner: None,
        before: None,
        limit: 1000,
    };
    let open = Query {
        state: Some(name("open")),
        ..Query::of(name("note"))
    };
    let parent = Query {
        parent: Some(name("parent")),
        ..Query::of(name("note"))
    };
    let mut listed = store.list(&Query::of(name("note")))?;
    listed.extend(store.list(&open)?);
    listed.extend(store.list(&parent)?);
    Ok((all, store.events(&query)?, listed))
}

/// After any flipped bit of the file, either the proof says so, or nothing that can be read has changed.
#[test]
fn a_flipped_bit_is_named_or_changes_nothing_that_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    fill(&path);
    // The schema was brought up step by step and left pages free, where a flip would hit nothing.
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch("VACUUM")
        .unwrap();
    let whole = std::fs::read(&path).unwrap();
    let store = Sqlite::open_existing(&path).unwrap();
    let before = read(&store).unwrap();
    assert!(before.0.len() > 300 && before.1.len() == 150);
    drop(store);
    let (mut refused, mut named, mut harmless) = (0, 0, 0);
    let flips = seeds(200) * 2;
    for seed in 0..flips {
        let mut bytes = whole.clone();
        // Every fourth among the first bytes: the header and the schema.
        let reach = if seed % 4 == 0 { 8192 } else { bytes.len() };
        let at = choose(seed, "byte", reach);
        bytes[at] ^= 1 << choose(seed, "bit", 8);
        std::fs::write(&path, bytes).unwrap();
        match Sqlite::open_existing(&path) {
            Err(_) => refused += 1,
            Ok(store) => match verify(&store, &[]) {
                Err(broken) => {
                    assert!(!broken.ja.is_empty() && !broken.en.is_empty());
                    named += 1;
                }
                Ok(_) => {
                    let after = read(&store).unwrap_or_else(|fault| panic!("byte {at}: {fault}"));
                    assert!(
                        after == before,
                        "byte {at} changed what is read, and the proof held"
                    );
                    harmless += 1;
                }
            },
        }
    }
    say(&format!(
        "flipped {flips} bits: {refused} files refused, {named} named by the proof, {harmless} changed nothing that can be read"
    ));
    // Most flips are told; the others hit the room that a small file's tables have left.
    assert!(refused > 0 && named > flips / 3 && refused + named > flips / 2);
}

/// Rows that were edited by hand: the first link that does not hold is named.
#[test]
fn an_edited_row_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (original, edited) = (folder.path().join("a.db"), folder.path().join("b.db"));
    fill(&original);
    let noted: Vec<Head> = verify(&Sqlite::open_existing(&original).unwrap(), &[])
        .unwrap()
        .heads;
    // Version 2 of a/note/0-1 is written by the second event of `a`.
    let one = "owner = 'a' AND id = '0-1' AND version = 2";
    let cut = "DELETE FROM blob WHERE owner = 'a' AND sha256 IN (SELECT value FROM event, json_each(blobs) WHERE owner = 'a' AND seq > 60);
        DELETE FROM version WHERE owner = 'a' AND event > 60; DELETE FROM event WHERE owner = 'a' AND seq > 60;
        DELETE FROM record WHERE owner = 'a';
        INSERT INTO record (owner, kind, id, version, parent, state) SELECT owner, kind, id, max(version), parent, state FROM version WHERE owner = 'a' GROUP BY id;
        UPDATE chain SET seq = 60, seal = (SELECT seal FROM event WHERE owner = 'a' AND seq = 60) WHERE owner = 'a'";
    let forget = "DELETE FROM event WHERE owner = 'a'; DELETE FROM version WHERE owner = 'a'; DELETE FROM record WHERE owner = 'a';
        DELETE FROM blob WHERE owner = 'a'; DELETE FROM chain WHERE owner = 'a'";
    let cases: &[(&str, &str, Option<u64>)] = &[
        (&format!("UPDATE version SET body = replace(body, 'x', 'y') WHERE {one}"), "a", Some(2)),
        (&format!("UPDATE version SET body = NULL WHERE {one}"), "a", Some(2)),
        (&format!("UPDATE version SET state = 'closed' WHERE {one}"), "a", Some(2)),
        (&format!("UPDATE version SET parent = NULL WHERE {one}"), "a", Some(2)),
        (&format!("UPDATE version SET event = 3 WHERE {one}"), "a", Some(2)),
        (&format!("DELETE FROM version WHERE {one}"), "a", Some(2)),
        (
            "UPDATE version SET version = -version WHERE owner = 'a' AND id = '0-1';
             UPDATE version SET version = 3 + version WHERE version IN (-1, -2);
             UPDATE version SET version = -version WHERE version = -3",
            "a",
            Some(2),
        ),
        ("INSERT INTO version SELECT owner, kind, 'new', version, parent, state, body, sha256, event FROM version WHERE id = '0-1' AND owner = 'a' AND version = 2", "a", Some(2)),
        ("UPDATE version SET body = '{\"text\":\"back\"}' WHERE owner = 'b' AND id = '0-0' AND version = 1", "b", Some(1)),
        ("UPDATE record SET state = 'closed' WHERE owner = 'a' AND id = '3-0'", "a", None),
        ("UPDATE record SET version = 1 WHERE owner = 'a' AND id = '3-0'", "a", None),
        ("DELETE FROM record WHERE owner = 'a' AND id = '3-0'", "a", None),
        ("UPDATE event SET detail = '1' WHERE owner = 'b' AND seq = 9", "b", Some(9)),
        ("UPDATE event SET actor = 'other' WHERE owner = 'b' AND seq = 9", "b", Some(9)),
        ("UPDATE event SET at = at + 1 WHERE owner = 'b' AND seq = 9", "b", Some(9)),
        ("DELETE FROM event WHERE owner = 'b' AND seq = 9", "b", Some(9)),
        ("DELETE FROM event WHERE owner = 'b' AND seq = 75", "b", Some(75)),
        (
            "UPDATE event SET seq = 1009 WHERE owner = 'b' AND seq = 9; UPDATE event SET seq = 9 WHERE owner = 'b' AND seq = 10;
             UPDATE event SET seq = 10 WHERE owner = 'b' AND seq = 1009",
            "b",
            Some(9),
        ),
        ("UPDATE chain SET seq = 74 WHERE owner = 'a'", "a", Some(76)),
        ("DELETE FROM chain WHERE owner = 'a'", "a", Some(1)),
        ("UPDATE blob SET bytes = zeroblob(6000) WHERE owner = 'b' AND bytes = (SELECT max(bytes) FROM blob WHERE owner = 'b')", "b", Some(64)),
        ("DELETE FROM blob WHERE bytes = (SELECT max(bytes) FROM blob WHERE owner = 'b')", "b", Some(64)),
        ("INSERT INTO blob VALUES ('a', 'stray', x'00')", "a", None),
        (cut, "a", Some(61)),
        (forget, "a", Some(1)),
    ];
    for (sql, owner, event) in cases {
        std::fs::copy(&original, &edited).unwrap();
        rusqlite::Connection::open(&edited)
            .unwrap()
            .execute_batch(sql)
            .unwrap();
        let broken = verify(&Sqlite::open_existing(&edited).unwrap(), &noted);
        let Err(broken) = broken else {
            panic!("it held: {sql}")
        };
        assert_eq!(
            (broken.owner.clone(), broken.event),
            (Some(name(owner)), *event),
            "{sql}: {broken}"
        );
    }
    for consistent in [cut, forget] {
        std::fs::copy(&original, &edited).unwrap();
        rusqlite::Connection::open(&edited)
            .unwrap()
            .execute_batch(consistent)
            .unwrap();
        verify(&Sqlite::open_existing(&edited).unwrap(), &[]).unwrap();
    }
}

/// What was erased is not in the file any more, nor in what lies beside it.
#[test]
fn an_erased_body_is_not_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let store = Sqlite::open(&path).unwrap();
    let secret = "kakuu-no-himitsu";
    let big = json!({ "secret": secret.repeat(500) });
    store
        .commit(&change(
            "a",
            vec![draft("1", 0, big), draft("2", 0, json!(secret))],
        ))
        .unwrap();
    let mut erase = change("a", vec![]);
    erase.erase = ["1", "2"]
        .map(|id| (Key::new("a", "note", id).unwrap(), 1))
        .to_vec();
    store.commit(&erase).unwrap();
    assert_eq!(rows(&store).len(), 7);
    drop(store);
    let files: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        assert!(
            !bytes.windows(secret.len()).any(|part| part == secret.as_bytes()),
            "{}",
            file.display()
        );
    }
}

/// Only its owner may read a new database.
#[test]
fn a_new_file_is_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let store = Sqlite::open(&path).unwrap();
    store.commit(&change("a", vec![])).unwrap();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(
            file.metadata().unwrap().permissions().mode() & 0o777,
            0o600,
            "{}",
            file.path().display()
        );
    }
}
