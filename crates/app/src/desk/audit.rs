//! The audit log: what was done by whom, the newest first. It shows what events say of themselves and never opens a record, so no answer can
//! come into it.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use authz::{Action, Subject};
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;
use store::{Event, EventQuery, Name};
use vocab::Refusal;

use super::kept::refused;
use super::{Desk, Visit};

/// A page of the log.
#[derive(Debug, Clone, Serialize)]
pub struct AuditPage {
    /// The events, the newest first.
    pub events: Vec<AuditEvent>,
    /// Today's names, in Japanese, of the accounts and organisations whose ids stand in these events.
    pub names: BTreeMap<String, String>,
    /// Where the next page begins; none on the last one.
    pub next: Option<AuditPlace>,
}

/// One event.
#[derive(Debug, Clone, Serialize)]
pub struct AuditEvent {
    /// When.
    pub at: Timestamp,
    /// Whose chain it stands in: the id of an organisation, or `directory`.
    pub owner: String,
    /// Its number there.
    pub seq: u64,
    /// Who: the id of an account, `public` or `system`.
    pub actor: String,
    /// The action's name.
    pub action: String,
    /// Facts: names and values.
    pub detail: Vec<(String, String)>,
    /// What was written: kind, id and version of each record.
    pub written: Vec<String>,
    /// The seal.
    pub seal: String,
}

/// A place in the log: everything before it is older. Written as `microseconds~owner~number`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPlace {
    at: Timestamp,
    owner: Name,
    seq: u64,
}

impl std::fmt::Display for AuditPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}~{}~{}", self.at.as_microsecond(), self.owner, self.seq)
    }
}

impl FromStr for AuditPlace {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let parse = || {
            let mut parts = text.splitn(3, '~');
            let at = Timestamp::from_microsecond(parts.next()?.parse().ok()?).ok()?;
            let owner = Name::new(parts.next()?).ok()?;
            let seq = parts.next()?.parse().ok()?;
            Some(Self { at, owner, seq })
        };
        parse().ok_or_else(|| {
            Refusal::new(
                "before",
                "続きの位置が読めません。監査記録の最初のページから開いてください。",
                "The place to go on from cannot be read. Please open the first page of the audit log.",
            )
        })
    }
}

impl Serialize for AuditPlace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Desk {
    /// A page of the log: at most `limit` events before a place, of one owner if one is named.
    ///
    /// # Errors
    /// `sign-in`, `not-found` for those who may not read it, and those of the store.
    pub fn audit(
        &self,
        visit: &Visit,
        before: Option<&AuditPlace>,
        owner: Option<&str>,
        limit: u32,
    ) -> Result<AuditPage, Refusal> {
        Self::authorise(visit, Action::ReadAudit, Subject::default())?;
        let query = EventQuery {
            owner: owner.map(Name::new).transpose().map_err(refused)?,
            before: before.map(|place| (place.at, place.owner.clone(), place.seq)),
            limit: limit.saturating_add(1),
        };
        let mut events = self.store.events(&query).map_err(refused)?;
        let more = events.len() > limit as usize;
        events.truncate(limit as usize);
        let next = events.last().filter(|_| more).map(|last| AuditPlace {
            at: last.at,
            owner: last.owner.clone(),
            seq: last.seq,
        });
        let events: Vec<_> = events.into_iter().map(shown).collect();
        Ok(AuditPage {
            names: self.names_in(&events)?,
            events,
            next,
        })
    }

    fn names_in(&self, events: &[AuditEvent]) -> Result<BTreeMap<String, String>, Refusal> {
        let ids: BTreeSet<_> = events
            .iter()
            .flat_map(|event| {
                let told = event.detail.iter().map(|(_, value)| value.as_str());
                told.chain([event.actor.as_str(), event.owner.as_str()])
            })
            .collect();
        let accounts = self
            .every_account()?
            .into_iter()
            .map(|kept| (kept.id, kept.value.name));
        let organisations = self
            .every_organisation()?
            .into_iter()
            .map(|kept| (kept.id, kept.value.ja));
        Ok(accounts
            .chain(organisations)
            .filter(|(id, _)| ids.contains(id.as_str()))
            .collect())
    }
}

fn shown(event: Event) -> AuditEvent {
    AuditEvent {
        at: event.at,
        owner: event.owner.to_string(),
        seq: event.seq,
        actor: event.actor.to_string(),
        action: event.action.to_string(),
        detail: facts(&event.detail),
        written: event
            .written
            .iter()
            .map(|written| format!("{}/{} {}", written.kind, written.id, written.version))
            .collect(),
        seal: event.seal,
    }
}

fn facts(detail: &Value) -> Vec<(String, String)> {
    let said = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list
            .iter()
            .map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned))
            .collect::<Vec<_>>()
            .join(", "),
        other => other.to_string(),
    };
    match detail {
        Value::Object(facts) => facts
            .iter()
            .map(|(name, value)| (name.clone(), said(value)))
            .collect(),
        Value::Null => vec![],
        other => vec![(String::new(), said(other))],
    }
}
