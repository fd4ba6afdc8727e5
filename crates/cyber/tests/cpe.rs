//! CPE names: both bindings, how names stand to each other by the specification's table, and laws of all names.

#![expect(clippy::unwrap_used, reason = "a name that cannot be read fails the test")]

use cyber::cpe::{Attribute, Cpe, Relation, Value};
use proptest::prelude::*;

fn parse(text: &str) -> Cpe {
    Cpe::parse(text).unwrap()
}

/// Examples of NISTIR 7695, 6.1.3 and 6.2.3, and what bills write beside them.
#[test]
fn both_bindings_name_the_same() {
    for (uri, formatted) in [
        (
            "cpe:/a:microsoft:internet_explorer:8.0.6001:beta",
            "cpe:2.3:a:microsoft:internet_explorer:8.0.6001:beta:*:*:*:*:*:*",
        ),
        (
            "cpe:/a:microsoft:internet_explorer:8.%02:sp%01",
            "cpe:2.3:a:microsoft:internet_explorer:8.*:sp?:*:*:*:*:*:*",
        ),
        (
            "cpe:/a:hp:insight_diagnostics:7.4.0.1570:-:~~online~win2003~x64~",
            "cpe:2.3:a:hp:insight_diagnostics:7.4.0.1570:-:*:*:online:win2003:x64:*",
        ),
        (
            "cpe:/a:hp:openview_network_manager:7.51::~~~linux~~",
            "cpe:2.3:a:hp:openview_network_manager:7.51:*:*:*:*:linux:*:*",
        ),
        (
            "cpe:/a:foo%5cbar:big%24money_manager_2010:::~~special~ipod_touch~80gb~",
            r"cpe:2.3:a:foo\\bar:big\$money_manager_2010:*:*:*:*:special:ipod_touch:80gb:*",
        ),
        (
            "cpe:/o:example:os:1:::ja-jp",
            "cpe:2.3:o:example:os:1:*:*:ja-jp:*:*:*:*",
        ),
        ("cpe:/h:example:pump:-", "cpe:2.3:h:example:pump:-:*:*:*:*:*:*:*"),
        ("cpe:/", "cpe:2.3:*:*:*:*:*:*:*:*:*:*:*"),
    ] {
        let (of_uri, of_formatted) = (parse(uri), parse(formatted));
        assert_eq!(of_uri, of_formatted, "{uri}");
        assert_eq!(
            (of_uri.uri().as_str(), of_formatted.to_string().as_str()),
            (uri, formatted)
        );
    }
    for (loose, formatted) in [
        (
            "CPE:2.3:A:Acme:Lib+Core:1.0:*:*:*:*:*:*:*",
            r"cpe:2.3:a:acme:lib\+core:1.0:*:*:*:*:*:*:*",
        ),
        (
            r"cpe:2.3:a:acme:a\:b::*:*:*:*:*:*:*",
            r"cpe:2.3:a:acme:a\:b:*:*:*:*:*:*:*:*",
        ),
        ("cpe:/a:acme:lib%20", ""),
        (r"cpe:2.3:a:acme:lib:1.*.2:*:*:*:*:*:*:*", ""),
        ("cpe:2.3:a:acme:lib:**:*:*:*:*:*:*:*", ""),
        ("cpe:2.3:a:acme:lib:1.0", ""),
        ("cpe:2.3:x:acme:lib:1.0:*:*:*:*:*:*:*", ""),
        ("cpe:2.3:a:acme:ポンプ:1.0:*:*:*:*:*:*:*", ""),
        ("cpe:/a:b:c:d:e:f:g:h", ""),
        ("cpe:/a:b:c:d:e:~f~g", ""),
        ("cpe:/a:b%0", ""),
        ("pkg:npm/demo", ""),
        ("", ""),
    ] {
        let read = Cpe::parse(loose).map_or_else(|_| String::new(), |cpe| cpe.to_string());
        assert_eq!(read, formatted, "{loose}");
    }
}

/// Table 6-2 of NISTIR 7696, row by row.
#[test]
fn values_stand_to_each_other_as_specified() {
    let value = |text: &str| {
        let name = parse(&format!("cpe:2.3:a:v:p:{text}:*:*:*:*:*:*:*"));
        name.get(Attribute::Version).clone()
    };
    for (own, other, relation) in [
        ("*", "*", Relation::Equal),
        ("*", "-", Relation::Superset),
        ("*", "8.0", Relation::Superset),
        ("*", "8.*", Relation::Undefined),
        ("-", "*", Relation::Subset),
        ("-", "-", Relation::Equal),
        ("-", "8.0", Relation::Disjoint),
        ("-", "8.*", Relation::Undefined),
        ("8.0", "8.0", Relation::Equal),
        ("8.0", "8.1", Relation::Disjoint),
        ("8.0", "8.*", Relation::Undefined),
        ("8.0", "-", Relation::Disjoint),
        ("8.0", "*", Relation::Subset),
        ("8.*", "8.0.6001", Relation::Superset),
        ("8.*", "8.", Relation::Superset),
        ("8.*", "18.0", Relation::Disjoint),
        ("*.0", "8.0", Relation::Superset),
        ("*8*", "1.8.0", Relation::Superset),
        ("8.?", "8.1", Relation::Superset),
        ("8.?", "8.", Relation::Superset),
        ("8.?", "8.10", Relation::Disjoint),
        ("??.0", "10.0", Relation::Superset),
        ("??.0", "100.0", Relation::Disjoint),
        ("8.*", "*", Relation::Subset),
        ("8.*", "-", Relation::Disjoint),
        ("8.*", "8.*", Relation::Undefined),
        ("RC1", "rc1", Relation::Equal),
    ] {
        assert_eq!(value(own).relation(&value(other)), relation, "{own} {other}");
    }
}

#[test]
fn a_name_covers_what_it_holds_and_is_told_of() {
    let name = |rest: &str| parse(&format!("cpe:2.3:a:{rest}:*:*:*:*:*:*"));
    for (said, own, covers) in [
        ("acme:lib:1.0:*", "acme:lib:1.0:*", true),
        ("acme:lib:*:*", "acme:lib:1.0:rc1", true),
        ("acme:lib:1.*:*", "acme:lib:1.0:*", true),
        ("acme:lib:1.0:rc1", "acme:lib:1.0:*", false),
        ("acme:lib:1.0:*", "acme:lib:*:*", false),
        ("*:lib:1.0:*", "acme:lib:1.0:*", false),
        ("acme:*:1.0:*", "acme:lib:1.0:*", false),
        ("acme:li*:1.0:*", "acme:lib:1.0:*", false),
        ("other:lib:1.0:*", "acme:lib:1.0:*", false),
    ] {
        assert_eq!(name(said).covers(&name(own)), covers, "{said} {own}");
    }
}

/// A value as a formatted string writes it, escapes and wild cards among it.
fn value() -> impl Strategy<Value = String> {
    let wild = prop_oneof![4 => Just(""), 1 => Just("*"), 1 => Just("?"), 1 => Just("???")];
    let text = prop::collection::vec(prop::char::range('!', '~'), 1..6);
    let text = (wild.clone(), text, wild).prop_map(|(before, text, after)| {
        let escaped = text.into_iter().map(|sign| {
            if sign.is_ascii_alphanumeric() || sign == '_' {
                sign.to_string()
            } else {
                format!("\\{sign}")
            }
        });
        format!("{before}{}{after}", escaped.collect::<String>())
    });
    prop_oneof![2 => Just("*".to_owned()), 1 => Just("-".to_owned()), 4 => text]
}

fn name() -> impl Strategy<Value = String> {
    let part = prop_oneof![Just("a"), Just("o"), Just("h"), Just("*")];
    (part, prop::collection::vec(value(), 10))
        .prop_map(|(part, values)| format!("cpe:2.3:{part}:{}", values.join(":")))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_bound_is_unbound_the_same(text in name()) {
        let name = parse(&text);
        prop_assert_eq!(&parse(&name.to_string()), &name);
        prop_assert_eq!(&parse(&name.uri()), &name);
    }

    /// A pattern is asked by the table's own word.
    #[test]
    fn any_holds_every_value_and_relations_mirror(a in name(), b in name()) {
        let (a, b) = (parse(&a), parse(&b));
        for (a, b) in Attribute::ALL.map(|attribute| (a.get(attribute), b.get(attribute))) {
            let wild = |value: &Value| matches!(value, Value::Text(text) if text.is_wild());
            let any = Value::Any.relation(a);
            let expected = if wild(a) { Relation::Undefined } else if *a == Value::Any { Relation::Equal } else { Relation::Superset };
            prop_assert_eq!(any, expected);
            if !wild(a) && !wild(b) {
                let mirrored = match b.relation(a) {
                    Relation::Superset => Relation::Subset,
                    Relation::Subset => Relation::Superset,
                    same => same,
                };
                prop_assert_eq!(a.relation(b), mirrored);
            }
        }
    }

    #[test]
    fn no_text_breaks_the_reader(text in "(cpe:2\\.3:|cpe:/)?.{0,80}") {
        if let Ok(name) = Cpe::parse(&text) {
            prop_assert_eq!(&parse(&name.to_string()), &name);
        }
    }
}
