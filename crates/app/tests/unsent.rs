//! What was typed and not sent: kept for whoever typed it and nobody else, within bounds, until the form is sent or it has grown old.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod desk;

use app::{Completeness, Desk, FormOf, SavedRecord, Seen, Visit};
use authz::Role;
use desk::{Office, member, office_with, public, visit};

const DAY: &str = "2026-11-02";
const MAKER: &str = "demo-maker";
const OTHER: &str = "demo-other";
const NEW: FormOf<'_> = FormOf {
    kind: "device",
    record: None,
    part: None,
};

fn office() -> Office {
    office_with([MAKER, OTHER])
}

fn typed(name: &str) -> Vec<(String, String)> {
    vec![("name".into(), name.into())]
}

fn shown(desk: &Desk, who: &Visit, form: FormOf<'_>) -> Option<Vec<(String, String)>> {
    desk.unsent(who, form).unwrap().map(|unsent| unsent.fields)
}

fn draft(desk: &Desk, who: &Visit) -> (String, String) {
    let saved = desk.save_record(who, "device", None, &typed("架空"), Completeness::Draft);
    let SavedRecord::Kept(owner, id) = saved.unwrap() else {
        unreachable!("a draft may have blanks")
    };
    (owner, id)
}

#[test]
fn what_was_typed_is_shown_to_whoever_typed_it_and_nobody_else() {
    let office = office();
    let (desk, me) = (&office.desk, member(MAKER, DAY));
    let colleague = visit("colleague", MAKER, Role::Member, DAY);
    let administrator = visit("a", app::MINISTRY, Role::Administrator, DAY);
    let before = office.events().len();
    desk.keep_unsent(&me, NEW, 0, &typed("架空の一")).unwrap();
    desk.keep_unsent(&me, NEW, 0, &typed("架空の二")).unwrap();
    assert_eq!(shown(desk, &me, NEW), Some(typed("架空の二")));
    assert_eq!(desk.unsent_forms(&me).unwrap()[0].path, "/registers/device/new");
    assert_eq!(shown(desk, &colleague, NEW), None);
    assert!(desk.unsent_forms(&administrator).unwrap().is_empty());
    assert_eq!(
        desk.unsent(&public(DAY), NEW).map(drop).unwrap_err().kind,
        "sign-in"
    );
    assert_eq!(office.events().len(), before, "it is no record and leaves none");
    desk.drop_unsent(&colleague, NEW).unwrap();
    assert!(shown(desk, &me, NEW).is_some());
    desk.drop_unsent(&me, NEW).unwrap();
    assert_eq!(shown(desk, &me, NEW), None);
}

#[test]
fn a_form_that_one_may_not_send_is_neither_kept_nor_shown() {
    let office = office();
    let (desk, me) = (&office.desk, member(MAKER, DAY));
    let (owner, id) = draft(desk, &me);
    let form = FormOf {
        record: Some((&owner, &id)),
        ..NEW
    };
    let administrator = visit("a", app::MINISTRY, Role::Administrator, DAY);
    for who in [member(OTHER, DAY), administrator] {
        assert_eq!(
            desk.keep_unsent(&who, form, 1, &typed("x")).unwrap_err().kind,
            "not-found"
        );
        assert_eq!(desk.unsent(&who, form).map(drop).unwrap_err().kind, "not-found");
    }
    let nowhere = FormOf {
        part: Some("no-such-part"),
        ..NEW
    };
    assert_eq!(
        desk.keep_unsent(&me, nowhere, 0, &[]).unwrap_err().kind,
        "not-found"
    );
    let ministry_alone = [
        typed("架空"),
        vec![("origin".into(), "japan".into()), ("token".into(), "t".into())],
    ]
    .concat();
    desk.keep_unsent(&me, form, 1, &ministry_alone).unwrap();
    assert_eq!(
        shown(desk, &me, form),
        Some(typed("架空")),
        "answers that one may give, and nothing else"
    );
}

#[test]
fn what_is_saved_is_no_longer_unsent() {
    let office = office();
    let (desk, me) = (&office.desk, member(MAKER, DAY));
    desk.keep_unsent(&me, NEW, 0, &typed("架空の一")).unwrap();
    let wrong = vec![("jmdn".to_owned(), "1".to_owned())];
    desk.save_record(&me, "device", None, &wrong, Completeness::Draft)
        .unwrap();
    assert!(shown(desk, &me, NEW).is_some(), "what was refused is not saved");
    let (owner, id) = draft(desk, &me);
    assert_eq!(shown(desk, &me, NEW), None);

    let part = desk.register(&me, "device").unwrap().kind.parts[0].id.clone();
    let whole = FormOf {
        record: Some((&owner, &id)),
        ..NEW
    };
    let of_part = FormOf {
        part: Some(&part),
        ..whole
    };
    desk.keep_unsent(&me, of_part, 1, &typed("架空の二")).unwrap();
    desk.keep_unsent(&me, whole, 1, &typed("架空の三")).unwrap();
    let seen = Seen {
        owner: &owner,
        id: &id,
        version: 1,
    };
    desk.save_part(&me, "device", Some(seen), &part, &typed("架空の二"))
        .unwrap();
    assert_eq!(shown(desk, &me, of_part), None);
    assert_eq!(
        shown(desk, &me, whole),
        Some(typed("架空の三")),
        "another form's stays"
    );
    assert_eq!(
        desk.unsent(&me, whole).unwrap().unwrap().version,
        1,
        "and says from which version it was made"
    );
}

#[test]
fn an_account_keeps_a_few_forms_of_bounded_length_for_a_month() {
    let office = office();
    let (desk, me) = (&office.desk, member(MAKER, DAY));
    let long = typed(&"長".repeat(30_000));
    assert_eq!(
        desk.keep_unsent(&me, NEW, 0, &long).unwrap_err().kind,
        "too-large"
    );
    desk.keep_unsent(&me, NEW, 0, &typed("架空")).unwrap();
    let later = |seconds: i64| Visit {
        at: me
            .at
            .checked_add(jiff::SignedDuration::from_secs(seconds))
            .unwrap(),
        ..me.clone()
    };
    for one in 1..=20 {
        let (owner, id) = draft(desk, &me);
        desk.keep_unsent(&me, NEW, 0, &typed("架空")).unwrap();
        let form = FormOf {
            record: Some((&owner, &id)),
            ..NEW
        };
        desk.keep_unsent(&later(one), form, 1, &typed("架空の二"))
            .unwrap();
    }
    let forms = desk.unsent_forms(&me).unwrap();
    assert_eq!(forms.len(), 20);
    assert!(
        forms.iter().all(|form| form.entry.is_some()),
        "the one typed longest ago went"
    );

    let month = 30 * 24 * 60 * 60;
    assert_eq!(desk.unsent_forms(&later(month + 10)).unwrap().len(), 10);
    desk.clear_unsent(later(month + 15).at).unwrap();
    assert_eq!(desk.unsent_forms(&me).unwrap().len(), 5);
}
