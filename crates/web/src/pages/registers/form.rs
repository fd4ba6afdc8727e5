//! The form of a kind: a control for each field, with what was typed or kept, and what is wrong with it.

use std::collections::{BTreeMap, BTreeSet};

use app::RecordQuery;
use plan::{Field as KindField, Kind, Required, Shape};
use record::{Fault, Record, pairs};

use super::{files, name};
use crate::form::Entry;
use crate::i18n::Texts;
use crate::pages::Here;
use crate::ui::{Choice, Field, FieldKind};

/// A list of records is offered as a choice up to so many; beyond that the id is typed.
const OFFERED: u64 = 50;
/// Blank rows below those of a table.
const BLANK_ROWS: usize = 2;

/// What is shown in the controls: by name of control, each with its answers.
pub(in crate::pages) type Given = BTreeMap<String, Vec<String>>;

/// What a record's form shows at first.
pub(in crate::pages) fn given(kind: &Kind, record: &Record) -> Given {
    let mut given = Given::new();
    for (name, text) in pairs(kind, record) {
        given.entry(name).or_default().push(text);
    }
    given
}

/// What a form that came back shows: what was typed.
pub(in crate::pages) fn typed(entry: &Entry) -> Given {
    let mut given = Given::new();
    for (name, value) in entry.all() {
        given.entry(name.to_owned()).or_default().push(value.to_owned());
    }
    given
}

/// The controls of a kind, for the fields that the one who asks fills in.
pub(in crate::pages) fn fields(
    here: &Here<'_>,
    kind: &Kind,
    fill: &BTreeSet<&str>,
    given: &Given,
    faults: &[Fault],
) -> Vec<Field> {
    let mut list: Vec<Field> = vec![];
    let asked = |field: &&KindField| field.deprecated_since.is_none();
    let (mut part, mut first) = (None, 0);
    for field in kind
        .fields
        .iter()
        .filter(asked)
        .filter(|field| fill.contains(field.name.as_str()))
    {
        head(&mut list, first, kind, part, here.t);
        if field.part.as_deref() == part {
            first = usize::MAX;
        } else {
            (part, first) = (field.part.as_deref(), list.len());
        }
        let Shape::Table(columns) = &field.shape else {
            list.extend(controls(
                here,
                field,
                &field.name,
                field.title.get(here.t.lang()).to_owned(),
                given,
            ));
            continue;
        };
        let rows = (1..).take_while(|row| {
            given
                .keys()
                .any(|name| name.starts_with(&format!("{}.{row}.", field.name)))
        });
        let rows = rows.count() + BLANK_ROWS;
        for row in 1..=rows {
            for column in columns.iter().filter(asked) {
                let label = here.t.with(
                    "record-cell",
                    &[
                        ("table", field.title.get(here.t.lang()).into()),
                        ("row", row.to_string().into()),
                        ("column", column.title.get(here.t.lang()).into()),
                    ],
                );
                let name = format!("{}.{row}.{}", field.name, column.name);
                // A blank row is left out, so nothing in it is required of the browser.
                list.extend(
                    controls(here, column, &name, label, given)
                        .into_iter()
                        .map(|control| Field {
                            required: false,
                            ..control
                        }),
                );
            }
        }
    }
    head(&mut list, first, kind, part, here.t);
    for fault in faults {
        if let Some(control) = list.iter_mut().find(|control| is_of(control, fault)) {
            control.error = match here.t.lang() {
                vocab::Lang::Ja => fault.ja.clone(),
                vocab::Lang::En => fault.en.clone(),
            };
        }
    }
    list
}

/// Writes the heading of a part over its first control, once that is there.
fn head(list: &mut [Field], first: usize, kind: &Kind, part: Option<&str>, t: Texts<'_>) {
    let part = kind.parts.iter().find(|one| Some(one.id.as_str()) == part);
    if let (Some(control), Some(part)) = (list.get_mut(first), part) {
        part.title.get(t.lang()).clone_into(&mut control.heading);
    }
}

/// The faults that stand at no control, as lines of the summary.
pub(in crate::pages) fn elsewhere(t: Texts<'_>, controls: &[Field], faults: &[Fault]) -> Vec<Field> {
    faults
        .iter()
        .filter(|fault| !controls.iter().any(|control| is_of(control, fault)))
        .map(|fault| Field {
            error: match t.lang() {
                vocab::Lang::Ja => fault.ja.clone(),
                vocab::Lang::En => fault.en.clone(),
            },
            ..Field::default()
        })
        .collect()
}

fn is_of(control: &Field, fault: &Fault) -> bool {
    control.name == fault.name || control.name.strip_suffix(".from") == Some(&fault.name)
}

/// The options of a shape that has some.
pub(super) fn choices(t: Texts<'_>, shape: &Shape) -> Option<Vec<Choice>> {
    match shape {
        Shape::Choice(options) | Shape::Choices(options) => {
            let offered = options.iter().filter(|option| option.deprecated_since.is_none());
            Some(
                offered
                    .map(|option| Choice::new(&*option.code, option.title.get(t.lang())))
                    .collect(),
            )
        }
        Shape::Flag => Some(vec![
            Choice::new("yes", t.text("record-yes")),
            Choice::new("no", t.text("record-no")),
        ]),
        _ => None,
    }
}

/// One field as its controls: a period has two.
fn controls(here: &Here<'_>, field: &KindField, name: &str, label: String, given: &Given) -> Vec<Field> {
    let t = here.t;
    let text = |name: &str, between: &str| {
        given
            .get(name)
            .map_or_else(String::new, |texts| texts.join(between))
    };
    let support = [
        field.help.as_ref().map(|help| help.get(t.lang()).to_owned()),
        field
            .example
            .as_ref()
            .map(|example| t.with("record-example", &[("example", example.as_str().into())])),
        // Files are chosen, not written.
        (field.many && !matches!(field.shape, Shape::Attachment { .. })).then(|| t.text("record-many")),
    ];
    let control = Field {
        name: name.to_owned(),
        label,
        support: support.into_iter().flatten().collect::<Vec<_>>().join(" "),
        value: text(name, "\n"),
        required: field.required == Required::Always,
        ..Field::default()
    };
    let options = |choices: Vec<Choice>, control: Field| Field {
        choices: std::iter::once(Choice::new("", t.text("choose")))
            .chain(choices)
            .collect(),
        kind: FieldKind::Select,
        ..control
    };
    match &field.shape {
        Shape::Table(_) => vec![],
        Shape::Attachment { .. } => {
            let texts = given.get(name).map_or(&[][..], Vec::as_slice);
            vec![files::control(t, field, texts, control)]
        }
        Shape::LongText => vec![Field {
            kind: FieldKind::Area,
            ..control
        }],
        Shape::Choices(_) => vec![boxes(choices(t, &field.shape).unwrap_or_default(), control)],
        Shape::Organisation { .. } if field.many => match organisations(here, &control.value) {
            Some(choices) => vec![boxes(choices, control)],
            None => vec![Field {
                kind: FieldKind::Area,
                ..by_name(here, control)
            }],
        },
        _ if field.many => vec![Field {
            kind: FieldKind::Area,
            ..control
        }],
        Shape::Choice(_) | Shape::Flag => {
            vec![options(choices(t, &field.shape).unwrap_or_default(), control)]
        }
        Shape::Number(figure) | Shape::Money { figure, .. } => vec![Field {
            unit: t.unit(&figure.unit.to_string()),
            ..control
        }],
        Shape::Period => [("from", "record-from"), ("to", "record-to")]
            .map(|(end, key)| Field {
                name: format!("{name}.{end}"),
                label: t.with(key, &[("period", control.label.as_str().into())]),
                value: text(&format!("{name}.{end}"), " "),
                ..control.clone()
            })
            .into(),
        Shape::Reference(to) => match records(here, to) {
            Some(choices) => vec![options(choices, control)],
            None => vec![Field {
                support: format!("{} {}", control.support, t.text("record-reference-write"))
                    .trim()
                    .to_owned(),
                ..control
            }],
        },
        Shape::Organisation { .. } => match organisations(here, &control.value) {
            Some(choices) => vec![options(choices, control)],
            None => vec![by_name(here, control)],
        },
        _ => vec![control],
    }
}

/// Any of a few, where each that was given is ticked.
fn boxes(choices: Vec<Choice>, control: Field) -> Field {
    Field {
        kind: FieldKind::Boxes,
        value: control.value.split_whitespace().collect::<Vec<_>>().join(" "),
        support: String::new(),
        choices,
        ..control
    }
}

/// The organisations, for those who know them all and if they are few; and those that stand in the answer, so that nothing is lost.
fn organisations(here: &Here<'_>, given: &str) -> Option<Vec<Choice>> {
    if !here.desk.knows_organisations(&here.visit) {
        return None;
    }
    let list = here.desk.organisations(&here.visit).ok()?;
    let choice = |one: &app::Kept<app::Organisation>| Choice::new(&*one.id, one.value.name(here.t.lang()));
    let known = |id: &str| list.iter().any(|one| one.id == id);
    let kept = given.split_whitespace().filter(|id| !known(id));
    let kept = kept.map(|id| Choice::new(id, here.desk.organisation_in_answer(id, here.t.lang())));
    (list.len() as u64 <= OFFERED).then(|| list.iter().map(choice).chain(kept).collect())
}

/// A control in which organisations are written by their names.
fn by_name(here: &Here<'_>, control: Field) -> Field {
    let lines = control
        .value
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let value = here.desk.organisations_written(lines, here.t.lang());
    let value = value.map_or_else(|_| control.value.clone(), |lines| lines.join("\n"));
    let support = [control.support.clone(), here.t.text("record-organisation-write")];
    Field {
        value,
        support: support.join(" ").trim().to_owned(),
        ..control
    }
}

/// The records that a field can refer to, if they are few.
fn records(here: &Here<'_>, kind: &str) -> Option<Vec<Choice>> {
    let register = here.desk.register(&here.visit, kind).ok()?;
    let list = here
        .desk
        .records(&here.visit, kind, &RecordQuery::default())
        .ok()?;
    (list.found < OFFERED).then(|| {
        let choice = |one: &app::RegisterEntry| {
            Choice::new(
                format!("{}/{}", one.owner, one.id),
                name(&register.kind, one, here.t),
            )
        };
        list.rows.iter().map(choice).collect()
    })
}
