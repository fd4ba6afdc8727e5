//! The audit log, for auditors: what was done by whom, page by page.

use app::{Action, AuditEvent, AuditPage, AuditPlace, OrganisationKind, Role};
use axum::extract::State;
use axum::response::Response;
use vocab::Refusal;

use super::people::{organisation_kind, role_names};
use super::words::downloads;
use super::work::{Work, moment};
use super::{Answer, Here, at_desk};
use crate::house::House;
use crate::i18n::Texts;
use crate::reader::{Form, Reader, encoded};
use crate::sheet::{Cell, Sheet};
use crate::ui::{Column, Link, Table};

/// Events on one page, and in one file.
const PAGE: u32 = 50;
const FILE: u32 = 1_000;

/// `GET /audit`
pub async fn page(State(house): State<House>, reader: Reader) -> Response {
    at_desk(house, reader, build).await
}

fn build(here: &Here<'_>) -> Result<Answer, Refusal> {
    let (t, reader) = (here.t, here.reader);
    // Who may not read the log learns nothing of how its addresses are written.
    here.desk.audit(&here.visit, None, None, 0)?;
    let before: Option<AuditPlace> = reader.value("before").map(str::parse).transpose()?;
    let owner = reader.value("owner");
    let limit = if reader.form == Form::Page { PAGE } else { FILE };
    let page = here.desk.audit(&here.visit, before.as_ref(), owner, limit)?;
    if reader.form != Form::Page {
        return Answer::data(reader.form, "audit", &page, || vec![sheet(t, &page)]);
    }
    let more = page.next.as_ref().map(|next| {
        let owner = owner.map_or_else(String::new, |owner| format!("&owner={}", encoded(owner)));
        let address = format!("/audit?before={}{owner}", encoded(&next.to_string()));
        Link::to(t.text("audit-older"), t.path(&address))
    });
    Answer::page(&Work {
        lead: t.text("audit-lead"),
        table: Some(table(t, &page)),
        empty: t.text("audit-none"),
        more,
        files: downloads(t, reader),
        ..Work::new(here, t.text("menu-audit"), vec![])
    })
}

/// What an action is called; one that this program does not know is shown by its code.
fn action_name(t: Texts<'_>, code: &str) -> String {
    let Some(action) = Action::ALL.iter().find(|action| action.code() == code) else {
        return code.to_owned();
    };
    t.text(match action {
        Action::ReadPlan => "action-plan-read",
        Action::SignIn => "action-session-open",
        Action::AcceptLink => "action-link-accept",
        Action::KeepOwnAccount => "action-account-own",
        Action::ReadOwnWork => "action-work-read",
        Action::ReadOrganisations => "action-organisation-read",
        Action::KeepOrganisations => "action-organisation-keep",
        Action::ReadAccounts => "action-account-read",
        Action::KeepAccounts => "action-account-keep",
        Action::ReadBatches => "action-batch-read",
        Action::ProposeBatch => "action-batch-propose",
        Action::ApproveBatch => "action-batch-approve",
        Action::ReadRound => "action-round-read",
        Action::KeepRound => "action-round-keep",
        Action::ReadAnswer => "action-answer-read",
        Action::WriteAnswer => "action-answer-write",
        Action::ImportAnswers => "action-answer-import",
        Action::ReadEstimate => "action-estimate-read",
        Action::ReadDraft => "action-edition-read",
        Action::WriteDraft => "action-edition-write",
        Action::Comment => "action-edition-comment",
        Action::Publish => "action-edition-publish",
        Action::ReadRecords => "action-record-read",
        Action::KeepRecords => "action-record-keep",
        Action::KeepCases => "action-case-keep",
        Action::ReadAudit => "action-audit-read",
    })
}

/// What a fact is called, and its value in words; what has no words is shown as it is kept.
fn fact(t: Texts<'_>, page: &AuditPage, name: &str, value: &str) -> String {
    let label = match name {
        "what" => return did(t, value),
        "as_of" => t.text("edition-as-of"),
        "batch" => t.text("batch-rows"),
        "comment" => t.text("edition-comment-text"),
        "edition" => t.text("edition-id"),
        "firms" => t.text("audit-firms"),
        "left_out" => t.text("audit-left-out"),
        "observations" => t.text("column-rows"),
        "round" => t.text("round"),
        "seal" => t.text("edition-seal"),
        "staging" => t.text("import-file"),
        "account" => t.text("audit-account"),
        "days" => t.text("key-days"),
        "key" => t.text("key"),
        "organisation" => t.text("organisation"),
        "roles" => t.text("roles"),
        "wrong" => t.text("audit-wrong"),
        "name" => t.text("name"),
        "kind" => t.text("column-kind"),
        other => other.to_owned(),
    };
    let value = match name {
        "roles" => role_names(t, &value.split(", ").filter_map(Role::parse).collect::<Vec<_>>()),
        "kind" => {
            OrganisationKind::parse(value).map_or_else(|| value.to_owned(), |kind| organisation_kind(t, kind))
        }
        _ => page.names.get(value).map_or(value, String::as_str).to_owned(),
    };
    t.with("audit-fact", &[("name", label.into()), ("value", value.into())])
}

fn did(t: Texts<'_>, what: &str) -> String {
    let key = match what {
        "start" => "did-start",
        "save" => "did-save",
        "hand in" | "hand-in" => "did-hand-in",
        "approve" => "did-approve",
        "send back" | "send-back" => "did-send-back",
        "withdraw" => "did-withdraw",
        "open" => "did-open",
        "remind" => "did-remind",
        "close" => "did-close",
        "reopen" => "did-reopen",
        "settle" => "did-settle",
        "submit" => "did-submit",
        "import" => "did-import",
        "stage" => "did-stage",
        "take" => "did-take",
        "answer" => "did-answer",
        "publish" => "did-publish",
        "made-up" => "did-made-up",
        "added" => "did-added",
        "changed" => "did-changed",
        "invited" => "did-invited",
        "key-made" => "did-key-made",
        "key-ended" => "did-key-ended",
        "link-made" => "did-link-made",
        "shut-out" => "did-shut-out",
        "let-in" => "did-let-in",
        "signed-in" => "did-signed-in",
        "locked" => "did-locked",
        "password-set" => "did-password-set",
        "password-changed" => "did-password-changed",
        "first-administrator" => "did-first-administrator",
        "signed-out-everywhere" => "did-signed-out-everywhere",
        other => return other.to_owned(),
    };
    t.text(key)
}

fn facts(t: Texts<'_>, page: &AuditPage, event: &AuditEvent) -> String {
    let (told, rest): (Vec<_>, Vec<_>) = event
        .detail
        .iter()
        .partition(|(name, _)| ["what", "did", "step"].contains(&name.as_str()));
    let said: Vec<_> = told
        .into_iter()
        .chain(rest)
        .map(|(name, value)| fact(t, page, name, value))
        .collect();
    said.join(&t.text("list-comma"))
}

/// The same with the beginnings of seals and long ids alone: a reader compares those, and the files hold the whole.
fn abridged(text: &str) -> String {
    let mut rest = text;
    let mut said = String::new();
    while let Some(at) = rest.find(|one: char| one.is_ascii_hexdigit()) {
        let (before, run) = rest.split_at(at);
        let end = run
            .find(|one: char| !one.is_ascii_hexdigit())
            .unwrap_or(run.len());
        let (run, after) = run.split_at(end);
        said += before;
        match run.get(..8).filter(|_| run.len() >= 32) {
            Some(beginning) => said.extend([beginning, "…"]),
            None => said += run,
        }
        rest = after;
    }
    said + rest
}

fn who(t: Texts<'_>, page: &AuditPage, event: &AuditEvent) -> String {
    match (page.names.get(&event.actor), event.actor.as_str()) {
        (Some(name), _) => name.clone(),
        (None, "public") => t.text("audit-public"),
        (None, id) => id.to_owned(),
    }
}

fn place(t: Texts<'_>, page: &AuditPage, event: &AuditEvent) -> String {
    let name = match event.owner.as_str() {
        "directory" => t.text("audit-directory"),
        owner => page.names.get(owner).map_or(owner, String::as_str).to_owned(),
    };
    format!("{name} {}", event.seq)
}

fn table(t: Texts<'_>, page: &AuditPage) -> Table {
    let row = |event: &AuditEvent| {
        let only = format!("/audit?owner={}", encoded(&event.owner));
        vec![
            Link::plain(moment(t, event.at)),
            Link::plain(who(t, page, event)),
            Link::plain(action_name(t, &event.action)),
            Link::plain(abridged(&facts(t, page, event))),
            Link::to(place(t, page, event), t.path(&only)),
        ]
    };
    Table {
        id: "audit".into(),
        caption: t.text("audit-caption"),
        columns: vec![
            Column::short(t.text("audit-at")),
            Column::words(t.text("audit-who")),
            Column::short(t.text("audit-action")),
            Column::words(t.text("audit-detail")),
            Column::words(t.text("audit-place")),
        ],
        rows: page.events.iter().map(row).collect(),
    }
}

fn sheet(t: Texts<'_>, page: &AuditPage) -> Sheet {
    let row = |event: &AuditEvent| {
        vec![
            Cell::text(event.at.to_string()),
            Cell::text(who(t, page, event)),
            Cell::text(&event.actor),
            Cell::text(action_name(t, &event.action)),
            Cell::text(&event.action),
            Cell::text(facts(t, page, event)),
            Cell::text(event.written.join(" ")),
            Cell::text(&event.owner),
            Cell::figure(Some(event.seq.to_string())),
            Cell::text(&event.seal),
        ]
    };
    let heads = [
        "audit-at",
        "audit-who",
        "audit-account",
        "audit-action",
        "audit-code",
        "audit-detail",
        "audit-written",
        "audit-owner",
        "audit-number",
        "audit-seal",
    ];
    Sheet {
        name: t.text("menu-audit"),
        columns: heads.iter().map(|key| t.text(key)).collect(),
        rows: page.events.iter().map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seals_are_told_by_their_beginnings() {
        let seal = "0123456789abcdef".repeat(4);
        for (text, said) in [
            ("", ""),
            ("意見: 363f2f40e221d2ea、保存", "意見: 363f2f40e221d2ea、保存"),
            (&format!("封印: {seal}、公開"), "封印: 01234567…、公開"),
            (&seal, "01234567…"),
        ] {
            assert_eq!(abridged(text), said);
        }
    }
}
