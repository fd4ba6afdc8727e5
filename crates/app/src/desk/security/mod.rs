//! The security of devices: bills of materials matched with advisories, whom that concerns, and what makers and hospitals do about it. What
//! somebody has to do is a record with a case of the plan, opened here; findings themselves are never kept.

mod board;
mod disclosed;
mod facts;
mod feed;
mod findings;
mod follow;
mod from_vex;
mod gate;
mod handout;
mod held;
mod inbox;
mod item;
mod same_version;
mod support;
mod taken;
mod tell;
mod tell_disclosed;
mod watch;
mod withdrawn;
mod words;
mod worklist;

use authz::{Caller, Role};
use jiff::Timestamp;
use plan::Kind as Form;
use record::{FieldNeed, ShapeNeed, ViewNeed};
use store::{Direction, Draft, Job, Name, Query, Test, sha256};
use vocab::Refusal;

use super::case::filter;
use super::kept::refused;
use super::register::{Found, opened, stored};
use super::supply::{ASSET, indexed, text};
use super::work::Work;
use super::{Desk, MINISTRY, Visit};

pub use board::{AdvisoryPage, MakerCount, OwnAsset, SecurityBoard, TouchedDevice};
pub use cyber::answer::Because;
pub use cyber::ledger::{Row as ComponentRow, Standing as ComponentStanding};
pub use disclosed::{AdvisoryProduct, CsafTree, Disclosed, Publisher};
pub use feed::{FeedNews, FeedView};
pub use findings::{FindingPage, FindingPlace, FindingQuery, FindingSort, ListedFinding};
pub use gate::{DeviceFinding, DeviceSecurity, Spoken};
pub use handout::HandoutForm;
pub use inbox::{SecurityInbox, SecurityItem, SupportEnd};
pub use support::{LifeDays, LifePart, LifeStage};
pub use watch::{Advisories, AdvisoryBytes};
pub use words::{Confidence, Wording};
pub use worklist::{MakerAnswer, MakerItem, SecurityWork};

pub(super) use feed::Feed;
pub(super) use watch::Watch;

/// The kind of what is handed in for a device version.
const DEVICE: &str = "device-security";
/// The kind of what a maker says of a vulnerability.
const ANSWER: &str = "vulnerability-answer";
/// The kind of what a hospital does about one.
const RESPONSE: &str = "vulnerability-response";

/// The options of how grave something is, the gravest first.
const SEVERITIES: [&str; 5] = ["critical", "high", "medium", "low", "unknown"];

/// What a record about a vulnerability says of it.
const ITEM: [FieldNeed; 5] = [
    FieldNeed::new("name", ShapeNeed::Words, true),
    FieldNeed::new("names", ShapeNeed::SeveralWords, true),
    FieldNeed::new("summary", ShapeNeed::Words, false),
    FieldNeed::new("exploited", ShapeNeed::Flag, true),
    FieldNeed::new("severity", ShapeNeed::Choice(&SEVERITIES), true),
];

/// What a hospital's says besides.
const HOSPITAL_ITEM: [FieldNeed; 6] = {
    let [name, names, summary, exploited, severity] = ITEM;
    let certainty = ShapeNeed::Choice(&[item::CERTAIN, item::TO_CHECK]);
    let certainty = FieldNeed::new(item::CERTAINTY, certainty, false);
    [name, names, summary, exploited, severity, certainty]
};

/// What this engine reads of the plan's kinds.
pub(super) const NEEDS: [ViewNeed; 5] = [
    disclosed::NEED,
    ViewNeed {
        engine: "security",
        kind: DEVICE,
        fields: &[
            FieldNeed::new("name", ShapeNeed::Words, true),
            FieldNeed::new("version_name", ShapeNeed::Words, true),
            FieldNeed::new("device", ShapeNeed::Reference("device"), true),
            FieldNeed::new("product_codes", ShapeNeed::Codes("gtin"), true),
            FieldNeed::new("eol_on", ShapeNeed::Date, true),
            FieldNeed::new("eos_on", ShapeNeed::Date, true),
            FieldNeed::new("verdict", ShapeNeed::Choice(&["pass", "refer", "not-yet"]), true),
        ],
    },
    ViewNeed {
        engine: "security",
        kind: ANSWER,
        fields: &ITEM,
    },
    ViewNeed {
        engine: "security",
        kind: RESPONSE,
        fields: &HOSPITAL_ITEM,
    },
    ViewNeed {
        engine: "security",
        kind: ASSET,
        fields: &[
            FieldNeed::new("name", ShapeNeed::Words, true),
            FieldNeed::new("maker", ShapeNeed::Words, true),
            FieldNeed::new("model_number", ShapeNeed::Words, true),
            FieldNeed::new("software_version", ShapeNeed::Words, true),
            FieldNeed::new("support_until", ShapeNeed::Date, true),
        ],
    },
];

/// The program itself, doing what the plan lets the ministry do.
fn program(at: Timestamp) -> Visit {
    Visit {
        at,
        caller: Some(Caller {
            key: None,
            lent: None,
            account: "system".into(),
            organisation: MINISTRY.into(),
            roles: vec![Role::Secretariat],
        }),
    }
}

impl Desk {
    /// Every filed record of a kind, of one organisation or of all.
    fn every_filed<'d>(
        &'d self,
        kind: &'d Form,
        owner: Option<&str>,
    ) -> Result<impl Iterator<Item = Result<Found, Refusal>> + 'd, Refusal> {
        let query = Query {
            owner: owner.map(Name::new).transpose().map_err(refused)?,
            state: Some(Name::new("filed").map_err(refused)?),
            ..Query::of(stored(&kind.id)?)
        };
        Ok(self.every(query).map(|version| opened(kind, &version?)))
    }

    /// What records of a kind say in an indexed field that holds one text, each text once, in order. From each to the next, however many say it.
    fn different(&self, kind: &str, field: &str) -> Result<Vec<String>, Refusal> {
        let rashin = self.rashin()?;
        let mut all = vec![];
        let Some(form) = rashin.plan().kind(kind) else {
            return Ok(all);
        };
        let name = Name::new(field).map_err(refused)?;
        let mut from = String::new();
        loop {
            let query = Query {
                filters: vec![filter(field, Test::From(from))?],
                order: Some((name.clone(), Direction::Up)),
                limit: 1,
                ..Query::of(stored(kind)?)
            };
            let Some(version) = self.store.list(&query).map_err(refused)?.into_iter().next() else {
                return Ok(all);
            };
            let said = text(&opened(form, &version)?.record, field);
            from = format!("{}\u{1}", indexed(&said));
            all.push(said);
        }
    }

    /// The jobs that follow from records that are written: what is handed in for a device, and what a hospital holds, is matched as soon as it is
    /// filed.
    pub(super) fn matched_later(owner: &str, drafts: &[Draft], at: Timestamp) -> Result<Vec<Job>, Refusal> {
        let mut jobs = vec![];
        for draft in drafts {
            let kind = draft.kind.as_str().strip_prefix("of.").unwrap_or_default();
            let filed = draft
                .state
                .as_ref()
                .is_some_and(|state| state.as_str() == "filed");
            if filed && [DEVICE, ASSET].contains(&kind) {
                let work = Work::Security {
                    kind: kind.to_owned(),
                    owner: owner.to_owned(),
                    id: draft.id.to_string(),
                };
                let name = format!("{kind}/{owner}/{}/{}", draft.id, draft.expected);
                jobs.push(work.job(format!("security.{}", sha256(name.as_bytes())), at)?);
            }
        }
        Ok(jobs)
    }
}
