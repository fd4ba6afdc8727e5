//! The plan's tree and the page of each of its items.

use std::sync::Arc;

use app::{NodeLink, TreeItem};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use plan::{NodeKind, Plan};

use super::findings::{Notice, notices};
use super::words::{
    downloads, indicator_tag, kind_of, measuring_links, node_link, node_text, propose_path, state_of,
};
use super::{Answer, answer, name_of, say, shell};
use crate::i18n::Texts;
use crate::reader::{Form, Reader};
use crate::sheet::{Cell, Sheet};
use crate::site::Site;
use crate::ui::{Download, Link, Section, Shell, Tone};

#[derive(Template)]
#[template(path = "pages/tree.html")]
struct TreePage<'a> {
    t: Texts<'a>,
    shell: Shell,
    branches: Branches<'a>,
    files: Vec<Download>,
}

/// One level of the tree; prints itself for the levels below.
#[derive(Template)]
#[template(path = "pages/branches.html")]
struct Branches<'a> {
    t: Texts<'a>,
    plan: &'a Plan,
    items: &'a [TreeItem],
}

impl askama::filters::HtmlSafe for Branches<'_> {}

impl<'a> Branches<'a> {
    fn below(&self, item: &'a TreeItem) -> Branches<'a> {
        Branches {
            items: &item.children,
            ..*self
        }
    }

    fn link(&self, item: &TreeItem) -> Link {
        node_link(self.t, &NodeLink::from(&item.node))
    }

    fn kind(&self, item: &TreeItem) -> String {
        kind_of(self.t, item.node.kind)
    }

    fn open(item: &TreeItem) -> bool {
        matches!(item.node.kind, NodeKind::Vision | NodeKind::Policy)
    }

    fn indicators(&self, item: &TreeItem) -> Vec<Link> {
        measuring_links(self.t, self.plan, &item.indicators)
    }
}

/// The order in which the report tells them: where to, by which policies, with which measures, what remains to be done.
fn in_order(items: &mut [TreeItem]) {
    items.sort_by_key(|item| match item.node.kind {
        NodeKind::Vision | NodeKind::Policy | NodeKind::Focus | NodeKind::Issue => 0,
        NodeKind::Measure | NodeKind::Part => 1,
        NodeKind::Task => 2,
    });
    for item in items {
        in_order(&mut item.children);
    }
}

#[derive(Template)]
#[template(path = "pages/node.html")]
struct NodePage<'a> {
    t: Texts<'a>,
    shell: Shell,
    kind: String,
    section: String,
    text: String,
    state: Option<(String, Tone)>,
    state_reason: String,
    below: Vec<Link>,
    issues: Vec<Link>,
    answered_by: Vec<Link>,
    is_issue: bool,
    indicators: Vec<Link>,
    propose: Option<String>,
    findings: Vec<Notice>,
    next: Option<Link>,
    previous: Option<Link>,
}

/// `GET /plan`
pub async fn tree(State(site): State<Arc<Site>>, reader: Reader) -> Response {
    answer(site, reader, |site, reader| {
        let mut tree = site.rashin().tree();
        let t = site.texts(reader.lang);
        if reader.form != Form::Page {
            return Answer::data(reader.form, "plan", &tree, || vec![sheet(site, t)]);
        }
        in_order(&mut tree);
        Answer::page(&TreePage {
            t,
            branches: Branches {
                t,
                plan: site.rashin().plan(),
                items: &tree,
            },
            files: downloads(t, reader),
            shell: shell(site, reader, t.text("tree-title"), Section::Plan, vec![]),
        })
    })
    .await
}

fn sheet(site: &Site, t: Texts<'_>) -> Sheet {
    let plan = site.rashin().plan();
    let row = |node: &plan::Node| {
        let measured = site
            .rashin()
            .indicators_of(&node.id)
            .into_iter()
            .map(|(id, _)| id)
            .collect::<Vec<_>>();
        vec![
            Cell::text(&node.id),
            Cell::text(kind_of(t, node.kind)),
            Cell::text(&node.number),
            Cell::text(node.parent.as_deref().unwrap_or_default()),
            Cell::text(node.title.get(t.lang())),
            Cell::text(node.text.get(t.lang())),
            Cell::text(&node.section),
            Cell::text(if node.state.is_some() {
                state_of(t, node.state).0
            } else {
                String::new()
            }),
            Cell::text(node.answers.join(" ")),
            Cell::text(measured.join(" ")),
        ]
    };
    let heads = [
        "column-id",
        "column-kind",
        "column-number",
        "column-parent",
        "column-title",
        "column-text",
        "section",
        "state",
        "answers",
        "indicator",
    ];
    Sheet {
        name: t.text("tree-title"),
        columns: heads.iter().map(|key| t.text(key)).collect(),
        rows: plan.nodes.iter().map(row).collect(),
    }
}

/// `GET /plan/{id}`
pub async fn node(State(site): State<Arc<Site>>, reader: Reader, Path(file): Path<String>) -> Response {
    answer(site, reader, move |site, reader| {
        let id = name_of(&file);
        let view = site.rashin().node(id)?;
        let t = site.texts(reader.lang);
        if reader.form != Form::Page {
            return Answer::data(reader.form, id, &view, || vec![sheet(site, t)]);
        }
        let links = |list: &[NodeLink]| list.iter().map(|node| node_link(t, node)).collect();
        let mut crumbs = vec![Link::to(t.text("nav-plan"), t.path("/plan"))];
        crumbs.extend(view.above.iter().map(|node| {
            let link = node_link(t, node);
            let text = if node.kind == NodeKind::Vision {
                kind_of(t, node.kind)
            } else {
                link.text
            };
            Link {
                text,
                href: link.href,
            }
        }));
        let siblings = view.node.parent.as_deref().map_or_else(Vec::new, |parent| {
            let same = |node: &&plan::Node| node.kind == view.node.kind;
            site.rashin()
                .plan()
                .children(parent)
                .filter(same)
                .map(NodeLink::from)
                .collect::<Vec<_>>()
        });
        let place = siblings.iter().position(|node| node.id == view.node.id);
        let beside = |step: isize| Some(node_link(t, siblings.get(place?.checked_add_signed(step)?)?));
        let page = NodePage {
            kind: kind_of(t, view.node.kind),
            section: view.node.section.clone(),
            text: say(&view.node.text, reader.lang),
            state: view.node.state.map(|state| state_of(t, Some(state))),
            state_reason: view
                .node
                .state_reason
                .as_ref()
                .map_or_else(String::new, |reason| say(reason, reader.lang)),
            below: links(&view.below),
            issues: links(&view.issues),
            answered_by: links(&view.answered_by),
            is_issue: view.node.kind == NodeKind::Issue,
            indicators: view
                .indicators
                .iter()
                .filter_map(|(id, _)| Some(indicator_tag(t, site.rashin().plan().indicator(id)?)))
                .collect(),
            propose: view.without_indicator.then(|| propose_path(t, &view.node.id)),
            findings: notices(site, t, &view.findings, None),
            next: beside(1),
            previous: beside(-1),
            shell: shell(
                site,
                reader,
                node_text(&NodeLink::from(&view.node), reader.lang),
                Section::Plan,
                crumbs,
            ),
            t,
        };
        Answer::page(&page)
    })
    .await
}
