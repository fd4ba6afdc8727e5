//! The laws that every engine keeps.

use std::cell::Cell;

use store::contract::Open;
use store_sqlite::Sqlite;

fn run(law: fn(Open<'_>)) {
    let folder = tempfile::tempdir().unwrap();
    let files = Cell::new(0);
    law(&|| {
        files.set(files.get() + 1);
        Box::new(Sqlite::open(&folder.path().join(format!("{}.db", files.get()))).unwrap())
    });
}

store::contract!(run);
