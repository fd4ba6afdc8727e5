//! Laws of forms that were typed and not sent.

use super::{Open, name, rows, time};
use crate::Unsent;

fn typed(account: &str, form: &str, at: i64) -> Unsent {
    Unsent {
        account: name(account),
        form: form.into(),
        version: 3,
        at: time(at),
        fields: format!("架空の入力 {at} '; --"),
    }
}

/// A form is kept as it was last typed, for its account alone, until it is dropped, its account's are cleared or it has grown old.
pub fn a_form_is_kept_as_it_was_last_typed(open: Open<'_>) {
    let store = open();
    let (a, b) = (name("a"), name("b"));
    let kept = |unsent: &Unsent| store.keep_unsent(unsent, 20).unwrap();
    for unsent in [typed("a", "/x", 1), typed("a", "/y", 2), typed("b", "/x", 3)] {
        kept(&unsent);
    }
    let again = Unsent {
        version: 4,
        ..typed("a", "/x", 4)
    };
    kept(&again);
    assert_eq!(
        store.unsent(&a, Some("/x")).unwrap(),
        std::slice::from_ref(&again)
    );
    assert_eq!(store.unsent(&a, None).unwrap(), [again, typed("a", "/y", 2)]);
    assert_eq!(store.unsent(&b, None).unwrap(), [typed("b", "/x", 3)]);
    assert_eq!(store.unsent(&b, Some("/y")).unwrap(), []);

    store.drop_unsent(&a, "/x").unwrap();
    store.drop_unsent(&a, "/x").unwrap();
    assert_eq!(store.unsent(&a, None).unwrap(), [typed("a", "/y", 2)]);
    assert_eq!(store.unsent(&b, None).unwrap().len(), 1, "of this account alone");
    store.clear_unsent(None, time(2)).unwrap();
    assert_eq!(store.unsent(&a, None).unwrap(), []);
    assert_eq!(store.unsent(&b, None).unwrap().len(), 1, "typed later");
    kept(&typed("a", "/z", 5));
    store.clear_unsent(Some(&b), time(0)).unwrap();
    assert_eq!(store.unsent(&b, None).unwrap(), []);
    assert_eq!(store.unsent(&a, None).unwrap(), [typed("a", "/z", 5)]);
    assert_eq!(rows(&*store), [], "it is not part of what is kept for good");
}

/// An account keeps a few forms: with one more, the one that was typed longest ago goes, and nobody else's.
pub fn of_many_forms_the_last_typed_stay(open: Open<'_>) {
    let store = open();
    store.keep_unsent(&typed("b", "/0", 0), 3).unwrap();
    for at in 1..=5 {
        store.keep_unsent(&typed("a", &format!("/{at}"), at), 3).unwrap();
    }
    store.keep_unsent(&typed("a", "/3", 6), 3).unwrap();
    let forms: Vec<String> = store
        .unsent(&name("a"), None)
        .unwrap()
        .into_iter()
        .map(|unsent| unsent.form)
        .collect();
    assert_eq!(forms, ["/3", "/5", "/4"]);
    assert_eq!(store.unsent(&name("b"), None).unwrap().len(), 1);
}
