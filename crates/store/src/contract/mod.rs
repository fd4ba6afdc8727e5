//! The laws of [`Store`]: every engine runs all of them in its tests, so that nobody above can tell which
//! one is below. A law is a function over a way to open a new, empty store; it panics where the law does not hold.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a law fails as a test does: by panicking"
)]

mod backups;
mod history;
mod index;
mod jobs;
pub mod killed;
mod records;
mod tokens;
mod unsent;

use jiff::Timestamp;
use serde_json::Value;

use crate::{Change, Draft, Index, Key, Name, Row, Store};

pub use backups::*;
pub use index::*;
pub use jobs::*;
pub use records::*;
pub use tokens::*;
pub use unsent::*;

/// Opens a new, empty store.
pub type Open<'a> = &'a dyn Fn() -> Box<dyn Store>;

/// Makes a test of each law. `$run` is given the law and calls it with its engine's [`Open`].
#[macro_export]
macro_rules! contract {
    ($run:path) => {
        $crate::contract!($run:
            versions_only_grow
            a_conflict_names_what_is_there_and_writes_nothing
            one_change_may_write_a_record_twice
            changes_of_many_owners_are_written_together_or_not_at_all
            writers_of_many_chains_wait_for_each_other_in_turn
            lists_agree_with_a_plain_model
            indexed_lists_agree_with_a_plain_model
            a_record_with_two_of_the_values_counts_once
            an_index_follows_the_newest_version
            an_index_is_no_part_of_what_is_kept_for_good
            a_job_is_claimed_once_at_a_time
            a_job_is_kept_with_the_change_that_calls_for_it
            a_claim_that_ran_out_ends_nothing
            events_come_newest_first_page_by_page
            time_never_runs_backwards_in_a_chain
            what_is_erased_is_gone_and_its_hash_stays
            files_are_kept_once_for_each_owner
            what_is_given_back_is_what_is_read_back
            one_writer_of_a_record_wins
            writers_of_different_records_all_win
            tokens_open_until_they_expire
            a_token_opens_for_its_purpose_alone
            a_token_is_taken_once
            strikes_are_counted_until_they_are_cleared
            a_form_is_kept_as_it_was_last_typed
            of_many_forms_the_last_typed_stay
            a_walk_sees_one_moment
            a_fault_leaves_the_store_usable
            a_random_history_is_proved_and_restored
            heads_that_were_noted_show_a_cut
            a_bad_backup_is_refused_and_the_target_untouched);
    };
    ($run:path: $($law:ident)*) => {
        $(#[test]
        fn $law() {
            $run($crate::contract::$law);
        })*
    };
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

/// A time, in microseconds after the beginning of the contract's own era.
fn time(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(1_790_000_000_000_000 + micros).unwrap()
}

/// A change with drafts and nothing else.
pub fn change(owner: &str, drafts: Vec<Draft>) -> Change {
    Change {
        owner: name(owner),
        at: time(0),
        actor: name("system"),
        action: name("test"),
        detail: Value::Null,
        drafts,
        erase: vec![],
        blobs: vec![],
        jobs: vec![],
    }
}

/// The next version of a record of the kind `note`.
pub fn draft(id: &str, expected: u32, body: Value) -> Draft {
    Draft {
        kind: name("note"),
        id: name(id),
        expected,
        parent: None,
        state: None,
        body,
        index: Index::default(),
    }
}

fn note(owner: &str, id: &str) -> Key {
    Key::new(owner, "note", id).unwrap()
}

/// Every row of a store.
pub fn rows(store: &dyn Store) -> Vec<Row> {
    let mut rows = vec![];
    store
        .walk(&mut |row| {
            rows.push(row);
            Ok(())
        })
        .unwrap();
    rows
}
