//! Every finding of every device version as one list, in the order and as narrow as its address says. By what it is ordered stands above it.

use app::{FindingPage, FindingQuery, FindingSort, ListedFinding};
use axum::extract::State;
use axum::response::Response;
use vocab::Refusal;

use super::super::registers::next_page;
use super::super::supply::Names;
use super::super::words::downloads;
use super::super::work::{Search, Work, narrowing};
use super::super::{Answer, Here, at_desk};
use super::{ANSWER, sheet, urgency};
use crate::house::House;
use crate::i18n::Texts;
use crate::reader::{Form, Reader, encoded};
use crate::ui::{Choice, Column, Download, Field, Link, Table};

/// Findings on one page, and in one file.
const PAGE: usize = 50;
const FILE: usize = 1_000;

/// `GET /cyber/findings`
pub async fn list(State(house): State<House>, reader: Reader) -> Response {
    at_desk(house, reader, build).await
}

fn build(here: &Here<'_>) -> Result<Answer, Refusal> {
    let (t, reader) = (here.t, here.reader);
    let query = asked(reader);
    let most = if reader.form == Form::Page { PAGE } else { FILE };
    let page = here.desk.security_findings(&here.visit, &query, most)?;
    let names = Names::of_kind(here, ANSWER);
    let table = table(here, &names, &page.findings);
    if reader.form != Form::Page {
        return Answer::data(reader.form, "cyber-findings", &page, || vec![sheet(&table)]);
    }
    let more = page.next.as_ref().map(|next| {
        let address = next_page(reader, &next.to_string());
        Link::to(t.text("cyber-list-more"), t.path(&address))
    });
    let narrowed = reader.query.iter().any(|(_, value)| !value.trim().is_empty());
    Answer::page(&Work {
        lead: t.text("cyber-list-lead"),
        next: if page.ready {
            t.text(order(page.sort).1)
        } else {
            t.text("cyber-not-ready")
        },
        search: Some(Search {
            title: String::new(),
            action: t.path("/cyber/findings"),
            fields: fields(t, &names, &query, page.sort),
            again: narrowed.then(|| Link::to(t.text("cyber-list-all"), t.path("/cyber/findings"))),
            views: vec![],
        }),
        empty: empty(t, &page),
        table: Some(table),
        more,
        files: files(t, reader, &page),
        ..Work::new(
            here,
            t.text("cyber-list-title"),
            vec![Link::to(t.text("cyber-work-title"), t.path("/cyber/work"))],
        )
    })
}

/// The list to take away: where it goes on, so much of it.
fn files(t: Texts<'_>, reader: &Reader, page: &FindingPage) -> Vec<Download> {
    let mut files = downloads(t, reader);
    for file in files.iter_mut().filter(|_| page.next.is_some()) {
        file.note = t.with1("cyber-list-file", "n", FILE.to_string());
    }
    files
}

/// What the address asks for.
fn asked(reader: &Reader) -> FindingQuery {
    let value = |name: &str| reader.value(name).unwrap_or_default().to_owned();
    FindingQuery {
        sort: value("sort"),
        exploited: value("exploited"),
        severity: value("severity"),
        maker: value("maker"),
        device: value("device"),
        component: value("component"),
        advisory: value("advisory"),
        unanswered: value("unanswered"),
        after: value("after"),
    }
}

/// What an order is called, and the sentence that says by what the list is ordered.
const fn order(sort: FindingSort) -> (&'static str, &'static str) {
    match sort {
        FindingSort::Urgency => ("cyber-list-urgency", "cyber-list-by-urgency"),
        FindingSort::Severity => ("cyber-list-severity", "cyber-list-by-severity"),
        FindingSort::Chance => ("cyber-list-chance", "cyber-list-by-chance"),
        FindingSort::Maker => ("cyber-list-maker", "cyber-list-by-maker"),
        FindingSort::Device => ("cyber-list-device", "cyber-list-by-device"),
        FindingSort::Component => ("cyber-list-component", "cyber-list-by-component"),
        FindingSort::Advisory => ("cyber-list-advisory", "cyber-list-by-advisory"),
    }
}

fn empty(t: Texts<'_>, page: &FindingPage) -> String {
    t.text(match (page.ready, &page.next) {
        (false, _) => "cyber-not-ready",
        (true, Some(_)) => "cyber-list-none-so-far",
        (true, None) => "cyber-list-none",
    })
}

fn fields(t: Texts<'_>, names: &Names<'_>, query: &FindingQuery, sort: FindingSort) -> Vec<Field> {
    let yes = || vec![Choice::new("yes", t.text("cyber-list-only"))];
    let typed = |name: &str, label: &str, support: String, value: &str| Field {
        name: name.to_owned(),
        label: t.text(label),
        support,
        value: value.to_owned(),
        ..Field::default()
    };
    let part = || t.text("cyber-list-part");
    let sorts = FindingSort::ALL.map(|sort| Choice::new(sort.code(), t.text(order(sort).0)));
    let mut sorted = narrowing(t, "sort", t.text("cyber-list-sort"), sort.code(), sorts.to_vec());
    sorted.choices.retain(|choice| !choice.value.is_empty());
    vec![
        sorted,
        narrowing(
            t,
            "exploited",
            t.text("cyber-exploited-plain"),
            &query.exploited,
            yes(),
        ),
        narrowing(
            t,
            "severity",
            names.title("severity"),
            &query.severity,
            names.options("severity"),
        ),
        narrowing(
            t,
            "unanswered",
            t.text("cyber-unanswered"),
            &query.unanswered,
            yes(),
        ),
        typed("maker", "cyber-maker", part(), &query.maker),
        typed("device", "cyber-device", part(), &query.device),
        typed("component", "cyber-component", part(), &query.component),
        typed(
            "advisory",
            "cyber-vulnerability",
            t.text("cyber-list-advisory-support"),
            &query.advisory,
        ),
    ]
}

fn table(here: &Here<'_>, names: &Names<'_>, findings: &[ListedFinding]) -> Table {
    let t = here.t;
    let row = |finding: &ListedFinding| {
        let device = format!("/cyber/devices/{}/{}", finding.maker, finding.id);
        let advisory = format!("/cyber/advisories/{}", encoded(&finding.advisory));
        let said = match (finding.status.as_str(), finding.said_by.as_str()) {
            ("", _) => t.text("cyber-unanswered"),
            (status, "") => names.say("status", status),
            (status, by) => {
                let by = t.with1("cyber-said-by", "by", here.organisation_name(by));
                format!("{} {by}", names.say("status", status))
            }
        };
        let score = finding.score.map(|score| format!("{score:.1}"));
        let chance = finding.chance.map(|chance| format!("{:.1}%", chance * 100.0));
        vec![
            Link::to(finding.advisory.clone(), t.path(&advisory)),
            Link::plain(urgency(t, names, finding.exploited, &finding.severity)),
            Link::plain(score.unwrap_or_default()),
            Link::plain(chance.unwrap_or_default()),
            Link::plain(finding.component.clone()),
            Link::to(format!("{} {}", finding.name, finding.version), t.path(&device)),
            Link::plain(here.organisation_name(&finding.maker)),
            Link::plain(said),
        ]
    };
    Table {
        id: "findings".into(),
        caption: t.text("cyber-list-title"),
        rows: findings.iter().map(row).collect(),
        columns: vec![
            Column::words(t.text("cyber-vulnerability")),
            Column::short(t.text("cyber-urgency")),
            Column::figures("CVSS"),
            Column::figures("EPSS"),
            Column::words(t.text("cyber-component")),
            Column::words(t.text("cyber-device")),
            Column::words(t.text("cyber-maker")),
            Column::words(t.text("cyber-answer")),
        ],
    }
}
