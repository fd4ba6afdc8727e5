//! The policy as a table that a non-engineer can read, and its two readings held together.

use std::fmt::Write as _;

use authz::{Action, Caller, Lent, Role, Scope, Sight, Subject, allows, sight};

const HOME: &str = "home";

fn caller(role: Role) -> Caller {
    Caller {
        account: "me".into(),
        organisation: HOME.into(),
        roles: vec![role],
        key: None,
        lent: None,
    }
}

fn everybody() -> impl Iterator<Item = (&'static str, Option<Caller>)> {
    let roles = Role::ALL
        .into_iter()
        .map(|role| (role.code(), Some(caller(role))));
    std::iter::once(("public", None)).chain(roles)
}

/// What a caller may do, tried on every kind of subject.
fn cell(who: Option<&Caller>, action: Action) -> &'static str {
    let ask = |organisation, author| allows(who, action, Subject { organisation, author });
    let own = ask(Some(HOME), Some("me"));
    let own_of_others = ask(Some(HOME), Some("other"));
    let foreign = ask(Some("elsewhere"), Some("me"));
    let foreign_of_others = ask(Some("elsewhere"), Some("other"));
    match (own, own_of_others, foreign, foreign_of_others) {
        (true, true, true, true) => "✔",
        (true, true, false, false) => "own",
        (false, true, false, true) => "others'",
        (false, false, false, false) => "✘",
        _ => "a pattern that has no word",
    }
}

#[test]
fn the_matrix_is_this() {
    let mut table = format!("{:<20}", "");
    for (name, _) in everybody() {
        let _ = write!(table, "{name:<15}");
    }
    for action in Action::ALL {
        table = format!("{}\n{:<20}", table.trim_end(), action.code());
        for (_, who) in everybody() {
            let _ = write!(table, "{:<15}", cell(who.as_ref(), *action));
        }
    }
    insta::assert_snapshot!(table.trim_end());
}

#[test]
fn what_lists_show_is_what_may_be_opened() {
    for action in Action::ALL {
        for (name, who) in everybody() {
            let sees = sight(who.as_ref(), *action);
            let grants = action
                .grants()
                .iter()
                .any(|grant| grant.scope == Scope::OthersWork);
            for organisation in [HOME, "elsewhere"] {
                let opens = allows(who.as_ref(), *action, Subject::of(organisation));
                let listed = match &sees {
                    Sight::All => true,
                    Sight::Organisation(own) => own == organisation,
                    Sight::Nothing => false,
                };
                assert!(
                    opens == listed || grants,
                    "{name} {} {organisation}",
                    action.code()
                );
            }
        }
    }
}

#[test]
fn names_are_unique() {
    let mut codes: Vec<_> = Action::ALL.iter().map(|action| action.code()).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), Action::ALL.len());
}

#[test]
fn a_key_reaches_what_programs_need_and_no_more_than_its_account() {
    let by_key: Vec<_> = Action::ALL.iter().filter(|action| action.by_key()).collect();
    let codes: Vec<_> = by_key.iter().map(|action| action.code()).collect();
    insta::assert_snapshot!(codes.join("\n"));
    for action in Action::ALL {
        for who in Role::ALL.map(caller) {
            let key = Caller {
                key: Some("架空システム".into()),
                ..who.clone()
            };
            let (own, keyed) = (cell(Some(&who), *action), cell(Some(&key), *action));
            let expected = if by_key.contains(&action) { own } else { "✘" };
            assert_eq!(keyed, expected, "{}", action.code());
            if !by_key.contains(&action) {
                assert_eq!(sight(Some(&key), *action), Sight::Nothing);
            }
        }
    }
}

/// The work of somebody who is away is not approved in their place; what a deputy may do without them, they may still.
#[test]
fn a_deputy_and_the_one_who_is_away_are_not_four_eyes() {
    let deputy = |own: Role| Caller {
        roles: vec![own, Role::Approver],
        lent: Some(Lent {
            by: vec!["away".into()],
            own: vec![own],
        }),
        ..caller(own)
    };
    let approves = |caller: &Caller, author: &str| allows(Some(caller), Action::Publish, Subject::by(author));
    let lent = deputy(Role::Secretariat);
    assert!(approves(&lent, "somebody"));
    assert!(!approves(&lent, "away"));
    assert!(!approves(&lent, &lent.account));
    assert!(!approves(&lent.alone(), "somebody"));
    assert!(
        approves(&deputy(Role::Approver), "away"),
        "with a role of one's own"
    );
}
