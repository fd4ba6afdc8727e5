//! People and trust as use cases: who gets in, who is kept out, and that nothing secret is left behind. On a SQLite file.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops at the first thing that is not as it must be"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use app::{
    Action, Amendment, Caller, Desk, Invitation, MINISTRY, Newcomer, OrganisationDraft, Role, Secret,
    Session, Visit,
};
use authz::{Subject, allows};
use jiff::{SignedDuration, Timestamp};
use plan::Files;
use proptest::prelude::*;
use store::Store;
use store_sqlite::Sqlite;
use tempfile::TempDir;
use vocab::Refusal;

const PASSWORD: &str = "しずかな川の白い橋を渡る";
const OTHER: &str = "another good password";
const ADMIN: &str = "kanri@example.go.jp";
const HANAKO: &str = "hanako@example.go.jp";

struct House {
    desk: Desk,
    store: Arc<Sqlite>,
    _folder: TempDir,
}

fn at(minutes: i64) -> Timestamp {
    let start: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
    start + SignedDuration::from_mins(minutes)
}

fn by(caller: Option<Caller>, minutes: i64) -> Visit {
    Visit {
        at: at(minutes),
        caller,
    }
}

fn public(minutes: i64) -> Visit {
    by(None, minutes)
}

fn kind<T>(result: Result<T, Refusal>) -> &'static str {
    result.err().map_or("none", |refusal| refusal.kind)
}

impl House {
    fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Sqlite::open(&folder.path().join("people.db")).unwrap());
        let drawn = AtomicU64::new(0);
        // Not random, but never twice the same.
        let random = move |bytes: &mut [u8]| {
            let next = drawn.fetch_add(1, Ordering::Relaxed).to_be_bytes();
            bytes
                .iter_mut()
                .zip(next.iter().cycle())
                .for_each(|(byte, next)| *byte = *next);
        };
        let files = Files::from_texts(Vec::<(String, String)>::new());
        Self {
            desk: Desk::new(files, store.clone(), Box::new(random)),
            store,
            _folder: folder,
        }
    }

    /// A house with its first administrator, who is signed in.
    fn founded() -> (Self, Session) {
        let house = Self::empty();
        let link = house.desk.first_link(&public(0)).unwrap().expect("a link");
        let session = house
            .desk
            .accept_first_link(&public(0), &link.secret, &newcomer(), PASSWORD)
            .unwrap();
        (house, session)
    }

    fn visit(&self, session: &Session, minutes: i64) -> Visit {
        by(self.desk.caller(&session.secret, at(minutes)).unwrap(), minutes)
    }

    /// An account with these roles, signed in.
    fn enrol(&self, admin: &Session, email: &str, roles: &[Role]) -> (String, Session) {
        let (id, link) = self
            .desk
            .invite(&self.visit(admin, 0), &invitation(email, roles))
            .unwrap();
        let session = self.desk.accept_link(&public(0), &link.secret, PASSWORD).unwrap();
        (id, session)
    }

    /// Everything that is kept for good, as text.
    fn everything(&self) -> String {
        let mut text = String::new();
        self.store
            .walk(&mut |row| {
                text.push_str(&serde_json::to_string(&row).unwrap());
                Ok(())
            })
            .unwrap();
        text
    }
}

fn newcomer() -> Newcomer {
    Newcomer {
        email: ADMIN.into(),
        name: "架空 管理".into(),
        organisation: "架空省".into(),
        ..Newcomer::default()
    }
}

fn invitation(email: &str, roles: &[Role]) -> Invitation {
    Invitation {
        email: email.into(),
        amendment: Amendment {
            name: "架空 花子".into(),
            organisation: MINISTRY.into(),
            roles: roles.iter().map(|role| role.code().to_owned()).collect(),
            ..Amendment::default()
        },
    }
}

#[test]
fn the_first_link_makes_one_administrator_and_no_more() {
    let house = House::empty();
    let early = house.desk.first_link(&public(0)).unwrap().unwrap();
    let link = house.desk.first_link(&public(1)).unwrap().unwrap();
    let accept =
        |secret: &Secret, who: &Newcomer| house.desk.accept_first_link(&public(2), secret, who, PASSWORD);
    assert_eq!(
        kind(accept(&early.secret, &newcomer())),
        "link",
        "a later start replaces it"
    );
    let wanting = Newcomer {
        organisation: String::new(),
        ..newcomer()
    };
    assert_eq!(
        kind(accept(&link.secret, &wanting)),
        "organisation",
        "and what is refused does not use it up"
    );
    assert_eq!(
        kind(house.desk.accept_link(&public(2), &link.secret, PASSWORD)),
        "link"
    );
    let session = accept(&link.secret, &newcomer()).unwrap();
    let caller = house.visit(&session, 3).caller.unwrap();
    assert_eq!(
        (caller.organisation.as_str(), caller.roles),
        (MINISTRY, vec![Role::Administrator])
    );
    assert_eq!(kind(accept(&link.secret, &newcomer())), "link");
    assert_eq!(house.desk.first_link(&public(4)).unwrap(), None);
    assert!(store::verify(&*house.store, &[]).is_ok());
}

#[test]
fn an_invitation_opens_once_and_an_address_is_one_however_it_is_written() {
    let (house, admin) = House::founded();
    let visit = house.visit(&admin, 1);
    let invite = |email: &str| house.desk.invite(&visit, &invitation(email, &[Role::Council]));
    let accept =
        |minutes, secret: &Secret, password: &str| house.desk.accept_link(&public(minutes), secret, password);
    let (_, link) = invite(" Hanako@Example.GO.JP").unwrap();
    assert_eq!(kind(invite(HANAKO)), "email");
    assert_eq!(
        kind(house.desk.sign_in(&public(2), HANAKO, "")),
        "wrong",
        "no password is not an empty one"
    );
    assert_eq!(kind(accept(3, &link.secret, "short")), "password");
    assert_eq!(kind(accept(3, &link.secret, HANAKO)), "password");
    house.desk.link(&public(3), &link.secret).unwrap();
    accept(3, &link.secret, PASSWORD).unwrap();
    assert_eq!(kind(house.desk.link(&public(4), &link.secret)), "link");
    assert_eq!(kind(accept(4, &link.secret, PASSWORD)), "link");
    house
        .desk
        .sign_in(&public(5), "HANAKO@example.go.jp ", PASSWORD)
        .unwrap();
    let (_, late) = invite("osoi@example.go.jp").unwrap();
    assert_eq!(kind(accept(1 + 3 * 24 * 60, &late.secret, PASSWORD)), "link");
}

#[test]
fn of_those_who_use_a_link_at_once_one_gets_in() {
    let (house, admin) = House::founded();
    let invited = invitation(HANAKO, &[Role::Council]);
    let (_, link) = house.desk.invite(&house.visit(&admin, 1), &invited).unwrap();
    let accepted = std::thread::scope(|scope| {
        let accept = || house.desk.accept_link(&public(2), &link.secret, PASSWORD).is_ok();
        let tries: Vec<_> = (0..4).map(|_| scope.spawn(accept)).collect();
        tries
            .into_iter()
            .map(|one| one.join().unwrap())
            .filter(|accepted| *accepted)
            .count()
    });
    assert_eq!(accepted, 1);
}

#[test]
fn ten_wrong_passwords_make_one_wait_longer_and_longer() {
    let (house, _) = House::founded();
    for email in [ADMIN, "nobody@example.go.jp"] {
        let attempt = |minutes, password: &str| kind(house.desk.sign_in(&public(minutes), email, password));
        for count in 1..10 {
            assert_eq!(attempt(0, "wrong"), "wrong", "{email} {count}");
        }
        assert_eq!(attempt(0, "wrong"), "locked", "the tenth");
        assert_eq!(attempt(0, PASSWORD), "locked", "even the right one waits");
        assert_eq!(
            attempt(1, "wrong"),
            "locked",
            "after a minute one is taken, and the wait is two"
        );
        assert_eq!(attempt(2, PASSWORD), "locked");
        assert_eq!(attempt(3, "wrong"), "locked", "then four");
        assert_eq!(attempt(6, PASSWORD), "locked");
        assert_eq!(
            attempt(7, PASSWORD),
            if email == ADMIN { "none" } else { "locked" }
        );
    }
    // A day after the last of them they are forgotten.
    let wrong = |minutes| {
        kind(
            house
                .desk
                .sign_in(&public(minutes), "nobody@example.go.jp", "wrong"),
        )
    };
    house.desk.forget_tries(public(24 * 60).at).unwrap();
    assert_eq!(wrong(24 * 60), "locked");
    let later = 3 * 24 * 60;
    house.desk.forget_tries(public(later).at).unwrap();
    assert_eq!(wrong(later), "wrong");
    let tries: Vec<_> = (0..10)
        .map(|_| house.desk.sign_in(&public(60), ADMIN, "wrong").unwrap_err())
        .collect();
    assert_eq!(tries[8].kind, "wrong", "counting began anew after signing in");
    assert!(tries[9].ja.contains("6月1日10時01分"), "{}", tries[9].ja);
    assert!(
        tries[9].en.contains("10:01 Japan time on 1 June"),
        "{}",
        tries[9].en
    );
}

#[test]
fn many_tries_at_once_get_no_more_guesses() {
    let (house, _) = House::founded();
    let taken = std::thread::scope(|scope| {
        let attempt = || kind(house.desk.sign_in(&public(0), ADMIN, "wrong"));
        let tries: Vec<_> = (0..24).map(|_| scope.spawn(attempt)).collect();
        tries
            .into_iter()
            .map(|one| one.join().unwrap())
            .filter(|kind| *kind == "wrong")
            .count()
    });
    assert!(taken < 10, "{taken}");
    assert_eq!(kind(house.desk.sign_in(&public(0), ADMIN, PASSWORD)), "locked");
}

#[test]
fn a_recovery_link_ends_the_old_password_the_sessions_and_the_waiting() {
    let (house, admin) = House::founded();
    let (id, session) = house.enrol(&admin, HANAKO, &[Role::Secretariat]);
    for _ in 0..10 {
        assert!(house.desk.sign_in(&public(1), HANAKO, "wrong").is_err());
    }
    let first = house.desk.recover(&house.visit(&admin, 1), &id).unwrap();
    let link = house.desk.recover(&house.visit(&admin, 1), &id).unwrap();
    assert_eq!(house.visit(&session, 1).caller, None);
    assert_eq!(
        kind(house.desk.accept_link(&public(1), &first.secret, OTHER)),
        "link"
    );
    house.desk.accept_link(&public(1), &link.secret, OTHER).unwrap();
    assert_eq!(kind(house.desk.sign_in(&public(1), HANAKO, PASSWORD)), "wrong");
    house.desk.sign_in(&public(1), HANAKO, OTHER).unwrap();
}

#[test]
fn what_an_administrator_changes_holds_at_the_next_request() {
    let (house, admin) = House::founded();
    let (id, session) = house.enrol(&admin, HANAKO, &[Role::Secretariat]);
    let visit = house.visit(&admin, 1);
    let roles = || house.visit(&session, 1).caller.map(|caller| caller.roles);
    assert_eq!(roles(), Some(vec![Role::Secretariat]));
    let amendment = invitation("", &[Role::Auditor, Role::Council]).amendment;
    house.desk.amend_account(&visit, &id, 1, &amendment).unwrap();
    assert_eq!(roles(), Some(vec![Role::Council, Role::Auditor]));
    assert_eq!(
        kind(house.desk.amend_account(&visit, &id, 1, &amendment)),
        "conflict"
    );
    house.desk.shut_out(&visit, &id).unwrap();
    assert_eq!(roles(), None);
    assert_eq!(kind(house.desk.sign_in(&public(1), HANAKO, PASSWORD)), "wrong");
    assert_eq!(kind(house.desk.recover(&visit, &id)), "active");
    house.desk.let_in(&visit, &id).unwrap();
    assert_eq!(roles(), None, "a session that ended stays ended");
    house.desk.sign_in(&public(1), HANAKO, PASSWORD).unwrap();
}

#[test]
fn an_administrator_cannot_lock_the_house_from_inside() {
    let (house, admin) = House::founded();
    let visit = house.visit(&admin, 1);
    let me = visit.caller.clone().unwrap().account;
    assert_eq!(kind(house.desk.shut_out(&visit, &me)), "active");
    let less = invitation("", &[Role::Council]).amendment;
    assert_eq!(kind(house.desk.amend_account(&visit, &me, 1, &less)), "roles");
}

#[test]
fn a_session_ends_twelve_hours_after_its_last_use_and_seven_days_after_it_began() {
    let (house, session) = House::founded();
    let alive = |minutes: i64| house.visit(&session, minutes).caller.is_some();
    assert!(alive(12 * 60 - 1));
    assert!(alive(24 * 60 - 2));
    assert!(!alive(36 * 60), "not used for twelve hours");
    let (house, session) = House::founded();
    for hour in (0..7 * 24).step_by(6) {
        assert!(house.visit(&session, hour * 60).caller.is_some(), "{hour} h");
    }
    assert_eq!(house.visit(&session, 7 * 24 * 60).caller, None);
}

#[test]
fn changing_the_password_ends_every_other_session() {
    let (house, admin) = House::founded();
    let other = house.desk.sign_in(&public(1), ADMIN, PASSWORD).unwrap();
    let visit = house.visit(&admin, 2);
    assert_eq!(house.desk.sessions(&visit, &admin.secret).unwrap().len(), 2);
    let change = |current: &str, new: &str| house.desk.change_password(&visit, current, new);
    assert_eq!(kind(change("wrong", OTHER)), "current");
    assert_eq!(kind(change(PASSWORD, "short")), "password");
    let new = change(PASSWORD, OTHER).unwrap();
    for old in [&admin, &other] {
        assert_eq!(house.visit(old, 3).caller, None);
    }
    let visit = house.visit(&new, 3);
    let sessions = house.desk.sessions(&visit, &new.secret).unwrap();
    assert!(sessions.len() == 1 && sessions[0].current);
    house.desk.sign_out_everywhere(&visit).unwrap();
    assert_eq!(house.visit(&new, 3).caller, None);
}

#[test]
fn nothing_secret_is_kept_shown_or_told() {
    let (house, admin) = House::founded();
    let (id, session) = house.enrol(&admin, HANAKO, &[Role::Auditor]);
    let link = house.desk.recover(&house.visit(&admin, 1), &id).unwrap();
    house.desk.accept_link(&public(1), &link.secret, OTHER).unwrap();
    let told = format!("{link:?} {session:?} {:?}", house.visit(&admin, 1));
    let kept = house.everything();
    for secret in [link.secret.reveal(), session.secret.reveal(), PASSWORD, OTHER] {
        assert!(!told.contains(secret) && !kept.contains(secret));
    }
    // Of the passwords, only those that open something now are there: the administrator's and the newest of the other.
    assert_eq!(kept.matches("$argon2id$").count(), 2);
    let auditor = house.desk.sign_in(&public(1), HANAKO, OTHER).unwrap();
    let visit = house.visit(&auditor, 1);
    let log = serde_json::to_string(&house.desk.audit(&visit, None, None, 100).unwrap()).unwrap();
    assert!(!log.contains("argon2") && !log.contains("example.go.jp"), "{log}");
    let people = serde_json::to_string(&house.desk.people(&visit).unwrap()).unwrap();
    assert!(people.contains(HANAKO) && !people.contains("argon2"), "{people}");
    assert!(store::verify(&*house.store, &[]).is_ok());
}

#[test]
fn the_log_is_read_page_by_page_and_misses_nothing() {
    let (house, admin) = House::founded();
    let (_, auditor) = house.enrol(&admin, "kansa@example.go.jp", &[Role::Auditor]);
    for minute in 0..7 {
        house.desk.sign_in(&public(minute), ADMIN, PASSWORD).unwrap();
    }
    let visit = house.visit(&auditor, 9);
    let whole = house.desk.audit(&visit, None, None, 100).unwrap();
    assert_eq!(whole.next, None);
    assert_eq!(whole.names[&whole.events[0].actor], "架空 管理");
    let mut seen = vec![];
    let mut place = None;
    loop {
        let page = house
            .desk
            .audit(&visit, place.as_ref(), Some("directory"), 3)
            .unwrap();
        assert!(page.events.len() <= 3);
        seen.extend(page.events.into_iter().map(|event| event.seq));
        // As it goes through an address.
        place = page.next.map(|next| next.to_string().parse().unwrap());
        if place.is_none() {
            break;
        }
    }
    assert!(seen.len() > 9);
    assert_eq!(
        seen,
        whole.events.iter().map(|event| event.seq).collect::<Vec<_>>()
    );
}

#[test]
fn a_sign_in_elsewhere_comes_back_once_in_time_and_to_its_own_browser() {
    let (house, _) = House::founded();
    let (browser, other) = (Secret::new("browser"), Secret::new("other"));
    let begin = |minutes| {
        house
            .desk
            .begin_exchange(&public(minutes), &browser, "/today")
            .unwrap()
    };
    let end =
        |minutes, browser: &Secret, state: &Secret| house.desk.end_exchange(&public(minutes), browser, state);

    let begun = begin(0);
    assert_eq!(kind(end(1, &other, &begun.state)), "exchange", "another browser");
    assert_eq!(
        kind(end(1, &browser, &Secret::new(""))),
        "exchange",
        "a state nobody gave out"
    );
    assert_eq!(
        end(1, &browser, &begun.state).unwrap(),
        begun,
        "its own browser, all the same"
    );
    assert_eq!(kind(end(1, &browser, &begun.state)), "exchange", "a second time");

    let late = begin(0);
    assert_eq!(
        kind(end(10, &browser, &late.state)),
        "exchange",
        "after ten minutes"
    );
    let (one, two) = (begin(0), begin(0));
    assert_ne!(one.nonce, two.nonce);
    assert_ne!(one.verifier, two.verifier);
    assert_ne!(one.nonce, one.verifier.reveal());
}

#[test]
fn a_verified_address_signs_in_its_account_and_makes_none() {
    let (house, admin) = House::founded();
    let (id, _) = house.enrol(&admin, HANAKO, &[Role::Secretariat]);
    let sign_in = |email: &str| house.desk.sign_in_verified(&public(1), email);
    for _ in 0..10 {
        assert!(house.desk.sign_in(&public(1), HANAKO, "wrong").is_err());
    }
    let session = sign_in("Hanako@Example.go.jp").unwrap();
    let caller = house.visit(&session, 1).caller.unwrap();
    assert_eq!(caller.account, id);
    house
        .desk
        .sign_in(&public(1), HANAKO, PASSWORD)
        .expect("the waiting is over");
    // U+212A, the Kelvin sign, folds to the letter k.
    for email in ["nobody@example.go.jp", "hana\u{212a}o@example.go.jp", ""] {
        let before = house.everything();
        assert_eq!(kind(sign_in(email)), "no-account", "{email}");
        assert_eq!(house.everything(), before, "{email}");
    }
    house.desk.shut_out(&house.visit(&admin, 1), &id).unwrap();
    assert_eq!(kind(sign_in(HANAKO)), "no-account");
}

#[test]
fn a_deputy_acts_in_somebodys_place_on_the_days_that_were_said() {
    const DAY: i64 = 24 * 60;
    const TARO: &str = "taro@example.go.jp";
    const JIRO: &str = "jiro@example.go.jp";
    let (house, admin) = House::founded();
    let desk = &house.desk;
    let (away, hanako) = house.enrol(&admin, HANAKO, &[Role::Approver, Role::Administrator]);
    let (deputy, _) = house.enrol(&admin, TARO, &[Role::Secretariat]);
    let (third, _) = house.enrol(&admin, JIRO, &[Role::Secretariat]);
    let visit = house.visit(&hanako, 1);
    for (account, from, until, field) in [
        (away.as_str(), "2026-06-02", "2026-06-04", "deputy"),
        ("nobody", "2026-06-02", "2026-06-04", "deputy"),
        (&deputy, "", "2026-06-04", "from"),
        (&deputy, "2026-06-02", "いつか", "until"),
        (&deputy, "2026-06-02", "2026-06-01", "until"),
        (&deputy, "2026-05-01", "2026-05-31", "until"),
        (&deputy, "2026-06-02", "2027-06-04", "until"),
    ] {
        assert_eq!(
            kind(desk.name_deputy(&visit, account, from, until)),
            field,
            "{account} {from} {until}"
        );
    }
    desk.name_deputy(&visit, &deputy, "2026-06-02", "令和8年6月4日")
        .unwrap();
    // A session ends after half a day without use.
    let later = |email: &str, days: i64| {
        let opened = desk.sign_in(&public(days * DAY), email, PASSWORD).unwrap();
        house.visit(&opened, days * DAY)
    };
    let roles = |email: &str, days: i64| later(email, days).caller.unwrap();
    assert_eq!(roles(TARO, 0).lent, None, "not yet");
    for days in 1..=3 {
        let caller = roles(TARO, days);
        assert_eq!(
            caller.roles,
            [Role::Secretariat, Role::Approver],
            "not its accounts"
        );
        assert_eq!(caller.lent.as_ref().unwrap().by, std::slice::from_ref(&away));
        assert_eq!(caller.alone().roles, [Role::Secretariat]);
    }
    assert_eq!(roles(TARO, 4).lent, None, "not any more");
    let seen = desk.deputies(&later(TARO, 2)).unwrap();
    assert_eq!(seen.others[0].other.account, away);
    assert_eq!(desk.deputies(&visit).unwrap().mine.unwrap().other.account, deputy);

    // Another is named, who takes the place; then nobody. An account that is shut out lends nothing.
    desk.name_deputy(&visit, &third, "2026-06-01", "2026-06-04")
        .unwrap();
    assert_eq!(roles(TARO, 1).lent, None);
    assert!(roles(JIRO, 1).lent.is_some());
    let shut = later(ADMIN, 1);
    desk.shut_out(&shut, &away).unwrap();
    assert_eq!(roles(JIRO, 1).lent, None);
    desk.let_in(&shut, &away).unwrap();
    assert!(roles(JIRO, 1).lent.is_some());
    let visit = later(HANAKO, 1);
    desk.end_deputy(&visit).unwrap();
    assert_eq!(kind(desk.end_deputy(&visit)), "not-found");
    assert_eq!(roles(JIRO, 1).lent, None);
}

#[test]
fn every_use_case_keeps_out_whom_the_policy_keeps_out() {
    use Action::{
        KeepAccounts, KeepOrganisations, KeepOwnAccount, ReadAccounts, ReadAudit, ReadOrganisations,
    };

    let (house, admin) = House::founded();
    let desk = &house.desk;
    let (id, _) = house.enrol(&admin, HANAKO, &[Role::Council]);
    let firm = OrganisationDraft {
        ja: "架空医療機器01株式会社".into(),
        kind: "manufacturer".into(),
        ..OrganisationDraft::default()
    };
    let amendment = invitation("", &[Role::Council]).amendment;
    let callers = Role::ALL.into_iter().map(|role| Caller {
        account: id.clone(),
        organisation: MINISTRY.into(),
        roles: vec![role],
        key: None,
        lent: None,
    });
    for caller in std::iter::once(None).chain(callers.map(Some)) {
        // None of these succeeds for a reason other than the policy's, and none changes who is there.
        let visit = by(caller.clone(), 1);
        let doors = [
            (
                ReadOrganisations,
                "organisations",
                kind(desk.organisations(&visit)),
            ),
            (
                ReadOrganisations,
                "organisation",
                kind(desk.organisation(&visit, MINISTRY)),
            ),
            (
                KeepOrganisations,
                "add_organisation",
                kind(desk.add_organisation(&visit, &firm)),
            ),
            (
                KeepOrganisations,
                "amend_organisation",
                kind(desk.amend_organisation(&visit, MINISTRY, 99, &firm)),
            ),
            (ReadAccounts, "people", kind(desk.people(&visit))),
            (ReadAccounts, "member", kind(desk.member(&visit, &id))),
            (
                KeepAccounts,
                "invite",
                kind(desk.invite(&visit, &Invitation::default())),
            ),
            (
                KeepAccounts,
                "amend_account",
                kind(desk.amend_account(&visit, &id, 99, &amendment)),
            ),
            (KeepAccounts, "shut_out", kind(desk.shut_out(&visit, &id))),
            (KeepAccounts, "let_in", kind(desk.let_in(&visit, &id))),
            (KeepAccounts, "recover", kind(desk.recover(&visit, &id))),
            (
                KeepOwnAccount,
                "sessions",
                kind(desk.sessions(&visit, &Secret::new(""))),
            ),
            (
                KeepOwnAccount,
                "change_password",
                kind(desk.change_password(&visit, "", "")),
            ),
            (
                KeepOwnAccount,
                "sign_out_everywhere",
                kind(desk.sign_out_everywhere(&visit)),
            ),
            (ReadAudit, "audit", kind(desk.audit(&visit, None, None, 1))),
        ];
        for (action, name, said) in doors {
            let granted = allows(caller.as_ref(), action, Subject::of(MINISTRY));
            let kept_out = if caller.is_some() { "not-found" } else { "sign-in" };
            assert_eq!(said == kept_out, !granted, "{name} says {said} to {caller:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_is_typed_is_taken_or_refused_with_words(
        email in any::<String>(), name in any::<String>(), organisation in any::<String>(), role in any::<String>(),
    ) {
        let house = House::empty();
        let admin = Caller { account: "a".into(), organisation: MINISTRY.into(), roles: vec![Role::Administrator], key: None, lent: None };
        let visit = by(Some(admin), 0);
        let amendment = Amendment {
            name: name.clone(), organisation: organisation.clone(), roles: vec![role], ..Amendment::default()
        };
        let draft = OrganisationDraft { ja: name.clone(), en: organisation.clone(), kind: "hub".into(), corporate_number: email.clone() };
        let refusals = [
            house.desk.invite(&visit, &Invitation { email: email.clone(), amendment }).err(),
            house.desk.member(&visit, &email).err(),
            house.desk.organisation(&visit, &organisation).err(),
            house.desk.link(&visit, &Secret::new(name.clone())).err(),
            house.desk.add_organisation(&visit, &draft).err(),
        ];
        for refusal in refusals.into_iter().flatten() {
            prop_assert!(!["unavailable", "internal"].contains(&refusal.kind), "{refusal}");
            prop_assert!(!refusal.ja.is_empty() && !refusal.en.is_empty());
        }
    }
}
