//! The laws that every engine keeps.

use std::cell::Cell;

use store::contract::Open;
use store_sqlite::{Limits, Sqlite};

fn with(law: fn(Open<'_>), limits: Limits) {
    let folder = tempfile::tempdir().unwrap();
    let files = Cell::new(0);
    law(&|| {
        files.set(files.get() + 1);
        let store = Sqlite::open(&folder.path().join(format!("{}.db", files.get()))).unwrap();
        Box::new(store.with_limits(limits))
    });
}

fn run(law: fn(Open<'_>)) {
    with(law, Limits::default());
}

store::contract!(run);

/// Large lists are found in another way than small ones, and are the same lists.
#[test]
fn lists_that_are_walked_agree_with_a_plain_model() {
    for (gathered, spanned) in [(0, 0), (0, 100), (3, 0), (2, 2)] {
        let limits = Limits {
            gathered,
            gathered_with_values: gathered,
            spanned,
        };
        with(store::contract::indexed_lists_agree_with_a_plain_model, limits);
    }
}
