//! What several nodes and a network bring: opening together, lost connections, asynchronous callers, strange servers.

use std::sync::Barrier;

use serde_json::json;
use store::contract::{change, draft, rows};
use store::{Fault, Index, Key, Name, Query, Store, verify};
use store_postgres::Postgres;

use crate::scratch::Scratch;

/// Several nodes that start at once on an empty database make it once.
#[test]
fn nodes_that_start_together_make_one_schema() {
    let Some(scratch) = Scratch::new() else { return };
    for _ in 0..4 {
        let url = scratch.url();
        std::thread::scope(|scope| {
            let nodes: Vec<_> = (0..4).map(|_| scope.spawn(|| Postgres::open(&url))).collect();
            for (turn, node) in nodes.into_iter().enumerate() {
                let node = node.join().unwrap().unwrap();
                node.commit(&change("a", vec![draft(&turn.to_string(), 0, json!(turn))]))
                    .unwrap();
            }
        });
        let store = Postgres::open_existing(&url).unwrap();
        assert_eq!(verify(&store, &[]).unwrap().events, 4);
    }
}

/// A server that was restarted costs nobody a fault but those who were in the midst of what cannot be begun anew.
#[test]
fn a_lost_connection_is_replaced() {
    let Some(scratch) = Scratch::new() else { return };
    let url = scratch.url();
    let store = Postgres::open(&url).unwrap();
    for seen in 0..3 {
        // Several connections are idle when they are cut.
        let barrier = Barrier::new(4);
        std::thread::scope(|scope| {
            for turn in 0..4 {
                let (store, barrier) = (&store, &barrier);
                scope.spawn(move || {
                    let own = Name::new(format!("owner-{turn}")).unwrap();
                    store.commit(&change(own.as_str(), vec![])).unwrap();
                    let hold = &mut |_| {
                        barrier.wait();
                        Err(Fault::Engine("held".into()))
                    };
                    store.walk(hold).unwrap_err();
                });
            }
        });
        scratch.cut(&url);
        let next = change("a", vec![draft("1", seen, json!(seen))]);
        store.commit(&next).unwrap();

        let walked = store.walk(&mut |_| {
            scratch.cut(&url);
            store.head(&Name::new("a").unwrap()).map(|_| ())
        });
        assert!(walked.is_err());
        assert_eq!(
            store
                .versions(&Key::new("a", "note", "1").unwrap())
                .unwrap()
                .len(),
            seen as usize + 1
        );
    }
    verify(&store, &[]).unwrap();
}

/// A change whose connection is lost before it is made final is made on the next one, once.
#[test]
fn a_change_that_was_cut_off_is_made_once() {
    let Some(scratch) = Scratch::new() else { return };
    let url = scratch.url();
    let store = Postgres::open(&url).unwrap();
    store.commit(&change("a", vec![])).unwrap();
    let mut other = postgres::Client::connect(&other_name(&url), postgres::NoTls).unwrap();
    let mut hold = other.transaction().unwrap();
    hold.batch_execute("SELECT 1 FROM chain FOR UPDATE").unwrap();
    let event = std::thread::scope(|scope| {
        let writer = scope.spawn(|| store.commit(&change("a", vec![draft("1", 0, json!(1))])));
        let first = scratch.waiting(&url, "transactionid");
        scratch.cut(&url);
        while scratch.waiting(&url, "transactionid") == first {}
        hold.commit().unwrap();
        writer.join().unwrap().unwrap()
    });
    assert_eq!(event.seq, 2);
    assert_eq!(verify(&store, &[]).unwrap().events, 2);
}

/// Of several servers the one that takes writes is found, one that is away for a moment is waited for, and one that takes
/// reads alone is none.
#[test]
fn the_server_that_takes_writes_is_found() {
    let Some(scratch) = Scratch::new() else { return };
    let (url, folder) = (scratch.url(), tempfile::tempdir().unwrap());
    let socket = ".s.PGSQL.5432";
    let (head, tail) = url.split_once('@').unwrap();
    let (host, path) = tail.split_once('/').unwrap();
    let real = std::path::Path::new(&host.replace("%2F", "/")).join(socket);
    let (gone, there) = (folder.path().join("gone"), folder.path().join("there"));
    for folder in [&gone, &there] {
        std::fs::create_dir(folder).unwrap();
    }
    let named = |host: &std::path::Path| host.to_str().unwrap().replace('/', "%2F");
    let both = format!("{head}@{},{}/{path}", named(&gone), named(&there));
    assert!(
        matches!(Postgres::open(&both), Err(Fault::Engine(_))),
        "none is there"
    );
    let link = |folder: &std::path::Path| std::os::unix::fs::symlink(&real, folder.join(socket)).unwrap();
    link(&there);
    let store = Postgres::open(&both).unwrap();
    store.commit(&change("a", vec![])).unwrap();

    std::fs::remove_file(there.join(socket)).unwrap();
    scratch.cut(&url);
    std::thread::scope(|scope| {
        let calls = [0, 1].map(|_| scope.spawn(|| store.commit(&change("a", vec![]))));
        let reads = scope.spawn(|| store.head(&Name::new("a").unwrap()));
        std::thread::sleep(std::time::Duration::from_millis(100));
        link(&gone);
        for call in calls {
            call.join().unwrap().unwrap();
        }
        assert!(reads.join().unwrap().unwrap().is_some_and(|head| head.seq >= 1));
    });
    assert_eq!(verify(&store, &[]).unwrap().events, 3);

    link(&there);
    let reads = other_name(&both) + "%20-cdefault_transaction_read_only%3Don";
    let refused = Postgres::open(&reads).err().unwrap();
    assert!(refused.to_string().contains("does not allow writes"), "{refused}");
}

/// With a synchronous standby, what is acknowledged is on both: whatever the address says, a change waits, and one whose
/// wait was cancelled is not acknowledged though it may be there.
#[test]
fn a_change_that_no_standby_has_is_not_acknowledged() {
    let Some(scratch) = Scratch::alone() else { return };
    let url = scratch.url();
    let careless = url.replace(
        "&application_name",
        "%20-csynchronous_commit%3Dlocal&application_name",
    );
    let store = Postgres::open(&careless).unwrap();
    let next = |seen| change("a", vec![draft("1", seen, json!(seen))]);
    let (seen, said) = scratch.with_standby_named("nobody", || {
        std::thread::scope(|scope| {
            // The server begins to wait a moment after it was told to.
            let writer =
                scope.spawn(|| (0..).find_map(|seen| Some((seen, store.commit(&next(seen)).err()?))));
            let process = scratch.waiting(&url, "SyncRep");
            let cancel = "SELECT pg_cancel_backend($1)";
            scratch.client().execute(cancel, &[&process]).unwrap();
            writer.join().unwrap().unwrap()
        })
    });
    assert!(matches!(said, Fault::Engine(_)), "{said:?}");
    let again = store.commit(&next(seen));
    assert!(
        matches!(again, Err(Fault::Conflict { found, .. }) if found == seen + 1),
        "what was in doubt is there, and is not written twice: {again:?}"
    );
}

/// The part of an address that names who connects.
fn application(url: &str) -> String {
    url[url.rfind("&application_name").unwrap()..].to_owned()
}

/// The same address for somebody else, who is not cut off with the others.
fn other_name(url: &str) -> String {
    url.replace(&application(url), "")
}

/// Rows that were edited past the program are named, as in SQLite.
#[test]
fn an_edited_row_is_named() {
    let Some(scratch) = Scratch::new() else { return };
    let edits = [
        ("UPDATE version SET body = '9' WHERE version = 2", 2),
        ("DELETE FROM event WHERE seq = 1", 1),
        ("DELETE FROM version WHERE version = 3", 3),
        ("UPDATE event SET written = '[' WHERE seq = 2", 0),
    ];
    for (sql, event) in edits {
        let url = scratch.url();
        let store = Postgres::open(&url).unwrap();
        for seen in 0..3 {
            store
                .commit(&change("a", vec![draft("1", seen, json!(seen))]))
                .unwrap();
        }
        alter(&url, sql);
        let broken = verify(&store, &[]).unwrap_err();
        assert_eq!(broken.event.unwrap_or(0), event, "{broken}");
        assert!(event > 0 || broken.en.contains("a, event 2"), "{broken}");
    }
}

/// A database with the tables of the first program, and records in them, is brought up to date, proved, and used on.
#[test]
fn an_earlier_schema_is_brought_up_to_date() {
    let Some(scratch) = Scratch::new() else { return };
    let url = scratch.url();
    let store = Postgres::open(&url).unwrap();
    for seen in 0..3 {
        store
            .commit(&change("a", vec![draft("1", seen, json!(seen))]))
            .unwrap();
    }
    let (kept, kind) = (rows(&store), Name::new("note").unwrap());
    drop(store);
    alter(
        &url,
        "ALTER TABLE record DROP COLUMN n; DROP TABLE item, key, stamp, job, unsent; DROP SEQUENCE item_n; UPDATE schema SET version = 1",
    );
    assert!(matches!(Postgres::open_existing(&url), Err(Fault::TooOld)));

    let store = Postgres::open(&url).unwrap();
    assert_eq!(rows(&store), kept);
    assert_eq!(verify(&store, &[]).unwrap().events, 3);
    assert_eq!(store.list(&Query::of(kind.clone())).unwrap().len(), 1);
    assert_eq!(store.index_stamp(&kind).unwrap(), None);
    let key = Key::new("a", "note", "1").unwrap();
    let index = Index {
        tokens: vec!["羅".into()],
        ..Index::default()
    };
    store.index(&[(key.clone(), 3, index.clone())]).unwrap();
    let query = Query {
        tokens: index.tokens,
        ..Query::of(kind)
    };
    assert_eq!(
        store.list(&query).unwrap(),
        [store.newest(&key).unwrap().unwrap()]
    );
    store.commit(&change("a", vec![draft("1", 3, json!(3))])).unwrap();
    assert_eq!(store.list(&query).unwrap(), []);
    verify(&store, &[]).unwrap();
}

fn alter(url: &str, sql: &str) {
    let mut client = postgres::Client::connect(url, postgres::NoTls).unwrap();
    client.batch_execute(sql).unwrap();
}

/// The store may be used and let go of by an asynchronous server, off its network threads.
#[test]
fn an_asynchronous_server_can_use_and_drop_it() {
    let Some(scratch) = Scratch::new() else { return };
    let store = std::sync::Arc::new(scratch.open());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async move {
        let writer = store.clone();
        let written = tokio::task::spawn_blocking(move || writer.commit(&change("a", vec![])));
        assert_eq!(written.await.unwrap().unwrap().seq, 1);
        drop(store);
    });
}

/// A database of something else is left alone; so is one of a newer program, and an address that is none.
#[test]
fn strange_databases_are_refused() {
    let Some(scratch) = Scratch::new() else { return };
    let (foreign, newer, empty) = (scratch.url(), scratch.url(), scratch.url());
    let said = |result: Result<Postgres, Fault>| result.err().unwrap().report().kind;
    alter(&foreign, "CREATE TABLE other (id BIGINT)");
    assert_eq!(said(Postgres::open(&foreign)), "foreign");
    assert_eq!(said(Postgres::open_existing(&empty)), "foreign");
    drop(Postgres::open(&newer).unwrap());
    alter(&newer, "UPDATE schema SET version = 99");
    assert_eq!(said(Postgres::open(&newer)), "too-new");
    alter(&newer, "UPDATE schema SET version = 0");
    assert_eq!(said(Postgres::open_existing(&newer)), "too-old");

    for wrong in [
        "postgres://u:himitsu@[/x",
        "himitsu",
        "postgres://u:himitsu@127.0.0.1:1/x",
        "postgres://u:himitsu@127.0.0.1:1/x?sslmode=require",
    ] {
        let fault = Postgres::open(wrong).err().unwrap();
        assert!(
            matches!(fault, Fault::Engine(_)) && !format!("{fault} {fault:?}").contains("himitsu"),
            "{fault:?}"
        );
    }
}
