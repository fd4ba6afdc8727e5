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

/// A server that was restarted costs one call a fault; nothing acknowledged is lost.
#[test]
fn a_lost_connection_is_one_fault_and_is_replaced() {
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
        let first = store.commit(&next);
        assert!(matches!(first, Err(Fault::Engine(_))), "{first:?}");
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
        "ALTER TABLE record DROP COLUMN n; DROP TABLE item, key, stamp, job; DROP SEQUENCE item_n; UPDATE schema SET version = 1",
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
