//! The laws that every engine keeps, and that backups move between engines.

use std::cell::Cell;

use store::Store;
use store::contract::{Open, a_backup_moves_between};
use store_postgres::Limits;
use store_sqlite::Sqlite;

use crate::scratch::Scratch;

fn run(law: fn(Open<'_>)) {
    if let Some(scratch) = Scratch::new() {
        law(&|| Box::new(scratch.open()));
    }
}

store::contract!(run);

/// Large lists are found in another way than small ones, and are the same lists.
#[test]
fn lists_that_are_walked_agree_with_a_plain_model() {
    let Some(scratch) = Scratch::new() else { return };
    for (walked, gathered) in [(0, 0), (0, 100), (2, 2), (100, 0)] {
        let limits = Limits { walked, gathered };
        store::contract::indexed_lists_agree_with_a_plain_model(&|| {
            Box::new(scratch.open().with_limits(limits))
        });
    }
}

#[test]
fn a_backup_moves_to_sqlite_and_back() {
    let Some(scratch) = Scratch::new() else { return };
    let folder = tempfile::tempdir().unwrap();
    let files = Cell::new(0);
    let sqlite = || -> Box<dyn Store> {
        files.set(files.get() + 1);
        Box::new(Sqlite::open(&folder.path().join(format!("{}.db", files.get()))).unwrap())
    };
    let postgres = || -> Box<dyn Store> { Box::new(scratch.open()) };
    a_backup_moves_between(&sqlite, &postgres);
    a_backup_moves_between(&postgres, &sqlite);
}
