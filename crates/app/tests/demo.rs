//! The made-up year: it fills an empty store through the use cases that people use, and only an empty one.

use std::path::Path;
use std::sync::Arc;

use app::{Desk, SupplyQuery, Visit};
use plan::Files;
use store_sqlite::Sqlite;

#[test]
fn a_made_up_year_can_be_walked() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::from_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plan")).unwrap();
    let store = Arc::new(Sqlite::open(&folder.path().join("demo.db")).unwrap());
    let counter = std::sync::atomic::AtomicU64::new(1);
    let random = move |bytes: &mut [u8]| {
        for byte in bytes {
            let next = counter.fetch_add(0x9E37_79B9_7F4A_7C15, std::sync::atomic::Ordering::Relaxed);
            *byte = (next >> 56) as u8;
        }
    };
    let desk = Desk::new(files, store.clone(), Box::new(random));
    let visit = Visit {
        at: "2026-11-22T00:00:00Z".parse().unwrap(),
        caller: None,
    };
    assert!(!desk.is_made_up().unwrap());
    let accounts = desk.fill_demo(&visit, "walk-the-whole-year", 1).unwrap();
    assert!(desk.is_made_up().unwrap());

    let sign_in = |email: &str| {
        let session = desk.sign_in(&visit, email, "walk-the-whole-year").unwrap();
        let caller = desk.caller(&session.secret, visit.at).unwrap();
        Visit { at: visit.at, caller }
    };
    for account in &accounts {
        assert!(sign_in(&account.email).caller.is_some(), "{}", account.email);
    }
    let secretariat = sign_in("secretariat@rashin.example");
    let rounds = desk.rounds(&secretariat).unwrap();
    let progress = desk.progress(&secretariat, &rounds[0].id).unwrap();
    let answered: Vec<_> = progress
        .parts
        .iter()
        .map(|part| (part.answered.len(), part.asked))
        .collect();
    assert_eq!(answered, [(8, 26), (7, 10)]);
    let firm = sign_in("firm-1@rashin.example");
    let waiting = desk.today(&firm).unwrap();
    assert_eq!(
        waiting.len(),
        2,
        "the firm is asked, and told to say more of a shortage"
    );
    assert_eq!(
        desk.supply_board(&visit, &SupplyQuery::default())
            .unwrap()
            .reports
            .len(),
        2
    );
    let hospital = sign_in("hospital@rashin.example");
    assert_eq!(desk.supply_for_me(&hospital).unwrap().len(), 2);

    let again = desk.fill_demo(&visit, "walk-the-whole-year", 1).unwrap_err();
    assert_eq!(again.kind, "not-empty");
    assert!(store::verify(&*store, &[]).is_ok());
}
