//! What the plan's own checks say, each as a sentence with its figures.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use indicator::Finding;
use plan::{CheckKind, Class};

use super::words::{downloads, indicator_tag};
use super::{Answer, answer, shell};
use crate::i18n::Texts;
use crate::reader::{Form, Reader};
use crate::sheet::{Cell, Sheet};
use crate::site::Site;
use crate::ui::{Download, Link, Section, Shell, Tone};

/// A finding as a card shows it.
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
    count: String,
    groups: Vec<Group>,
    files: Vec<Download>,
}

/// Findings on one indicator, or on what several share.
struct Group {
    id: String,
    title: String,
    notices: Vec<Notice>,
}

/// `GET /findings`
pub async fn page(State(site): State<Arc<Site>>, reader: Reader) -> Response {
    answer(site, reader, |site, reader| {
        let list = site.rashin().engine(None).findings();
        let t = site.texts(reader.lang);
        if reader.form != Form::Page {
            return Answer::data(reader.form, "findings", &list, || vec![sheet(t, &list)]);
        }
        let notes = list
            .iter()
            .filter(|finding| finding.kind == CheckKind::Note)
            .count();
        Answer::page(&Page {
            t,
            count: t.with(
                "findings-count",
                &[
                    ("n", list.len().into()),
                    ("findings", (list.len() - notes).into()),
                    ("notes", notes.into()),
                ],
            ),
            groups: groups(site, t, &list),
            files: downloads(t, reader),
            shell: shell(site, reader, t.text("findings-title"), Section::Findings, vec![]),
        })
    })
    .await
}

/// One group a key goal indicator, then what concerns several of them, then the rest.
fn groups(site: &Site, t: Texts<'_>, list: &[Finding]) -> Vec<Group> {
    let kgis: Vec<_> = site
        .rashin()
        .plan()
        .indicators
        .iter()
        .filter(|one| one.class == Class::Kgi)
        .collect();
    let mut places: BTreeMap<usize, Vec<&Finding>> = BTreeMap::new();
    for finding in list {
        let mut about = (0..kgis.len()).filter(|place| finding.about.contains(&kgis[*place].id));
        let place = match (about.next(), about.next()) {
            (Some(only), None) => only,
            (Some(_), Some(_)) => kgis.len(),
            _ => kgis.len() + 1,
        };
        places.entry(place).or_default().push(finding);
    }
    let title = |place: usize| match kgis.get(place) {
        Some(kgi) => indicator_tag(t, kgi).text,
        None if place == kgis.len() => t.text("findings-several"),
        None => t.text("findings-others"),
    };
    places
        .into_iter()
        .map(|(place, list)| Group {
            id: format!("group-{}", place + 1),
            title: title(place),
            notices: notices(site, t, list, kgis.get(place).map(|kgi| kgi.id.as_str())),
        })
        .collect()
}

/// Findings as cards, what is to be settled first; `here` is the indicator under whose heading they stand.
pub(crate) fn notices<'f>(
    site: &Site,
    t: Texts<'_>,
    list: impl IntoIterator<Item = &'f Finding>,
    here: Option<&str>,
) -> Vec<Notice> {
    let mut list: Vec<_> = list.into_iter().collect();
    list.sort_by_key(|finding| finding.kind != CheckKind::Finding);
    list.into_iter()
        .map(|finding| notice(site, t, finding, here))
        .collect()
}

fn notice(site: &Site, t: Texts<'_>, finding: &Finding, here: Option<&str>) -> Notice {
    let lang = t.lang();
    let about = finding
        .about
        .iter()
        .filter(|id| here != Some(id.as_str()))
        .filter_map(|id| Some(indicator_tag(t, site.rashin().plan().indicator(id)?)));
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
