//! What the plan's own checks say, each as a sentence with its figures.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use indicator::Finding;
use plan::CheckKind;

use super::words::{code_of, downloads};
use super::{Answer, answer, shell};
use crate::i18n::Texts;
use crate::reader::{Form, Reader};
use crate::sheet::{Cell, Sheet};
use crate::site::Site;
use crate::ui::{Download, Link, Section, Shell, Tone};

/// A finding as a banner shows it.
pub(crate) struct Notice {
    pub id: String,
    pub tone: Tone,
    pub title: String,
    pub say: String,
    pub hint: String,
    pub section: String,
    pub when: String,
    pub about: Vec<Link>,
}

#[derive(Template)]
#[template(path = "pages/findings.html")]
struct Page<'a> {
    t: Texts<'a>,
    shell: Shell,
    findings: Vec<Notice>,
    notes: Vec<Notice>,
    files: Vec<Download>,
}

/// `GET /findings`
pub async fn page(State(site): State<Arc<Site>>, reader: Reader) -> Response {
    answer(site, reader, |site, reader| {
        let list = site.rashin().engine(None).findings();
        let t = site.texts(reader.lang);
        if reader.form != Form::Page {
            return Answer::data(reader.form, "findings", &list, || vec![sheet(t, &list)]);
        }
        let of = |kind| {
            list.iter()
                .filter(move |finding| finding.kind == kind)
                .map(|finding| notice(site, t, finding))
                .collect()
        };
        Answer::page(&Page {
            t,
            findings: of(CheckKind::Finding),
            notes: of(CheckKind::Note),
            files: downloads(t, reader),
            shell: shell(site, reader, t.text("findings-title"), Section::Findings, vec![]),
        })
    })
    .await
}

/// A finding for a banner.
pub(crate) fn notice(site: &Site, t: Texts<'_>, finding: &Finding) -> Notice {
    let lang = t.lang();
    let about = finding.about.iter().filter_map(|id| {
        let found = site.rashin().plan().indicator(id)?;
        let name = format!("{} {}", code_of(t, id, found.class), found.short.get(lang));
        Some(Link::to(name, t.path(&format!("/indicators/{id}"))))
    });
    Notice {
        id: finding.id.clone(),
        tone: if finding.kind == CheckKind::Finding {
            Tone::Finding
        } else {
            Tone::Neutral
        },
        title: finding.title.get(lang).to_owned(),
        say: finding.say.get(lang).to_owned(),
        hint: finding
            .hint
            .as_ref()
            .map_or_else(String::new, |hint| hint.get(lang).to_owned()),
        section: finding.section.clone(),
        when: finding.when.clone(),
        about: about.collect(),
    }
}

fn sheet(t: Texts<'_>, list: &[Finding]) -> Sheet {
    let row = |finding: &Finding| {
        vec![
            Cell::text(&finding.id),
            Cell::text(finding.about.join(" ")),
            Cell::text(finding.title.get(t.lang())),
            Cell::text(finding.say.get(t.lang())),
            Cell::text(finding.hint.as_ref().map_or("", |hint| hint.get(t.lang()))),
            Cell::text(&finding.section),
            Cell::text(&finding.when),
        ]
    };
    let heads = [
        "column-id",
        "indicator",
        "column-title",
        "column-sentence",
        "column-hint",
        "section",
        "condition",
    ];
    Sheet {
        name: t.text("findings-title"),
        columns: heads.iter().map(|key| t.text(key)).collect(),
        rows: list.iter().map(row).collect(),
    }
}
