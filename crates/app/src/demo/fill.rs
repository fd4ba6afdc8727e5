//! Fills an empty store with a made-up year (架空データ), so that a visitor can walk it: an account for each role, firms, and a survey round
//! that most firms have not answered. All of it goes through the use cases that people use.

use std::fmt::Write as _;

use authz::Caller;
use jiff::ToSpan;
use plan::Text;
use serde::{Deserialize, Serialize};
use serde_json::json;
use vocab::{Lang, Period, Refusal};

use super::{DemoFirm, DemoSpread, firms, records};
use crate::desk::{
    Amendment, Desk, Edit, FirmRow, Invitation, Kind, MINISTRY, Newcomer, OrganisationDraft, Purpose,
    RecordQuery, SavedRecord, Secret, Seen, Table, Visit, unknown,
};

/// Says that all that is kept is made up.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct MadeUp {
    made_up: bool,
}

impl Kind for MadeUp {
    const KIND: &'static str = "data";
}

/// Its one record.
const DATA: &str = "data";

/// Firms of a part: its name, how many, how many of them have answered, and how they scatter.
const PARTS: [(&str, usize, usize, DemoSpread); 2] = [
    (
        "domestic",
        26,
        8,
        DemoSpread {
            sales: 2_000.0,
            ratio: 0.0011,
            cv: 0.8,
        },
    ),
    (
        "foreign",
        10,
        7,
        DemoSpread {
            sales: 1_200.0,
            ratio: 0.0012,
            cv: 0.6,
        },
    ),
];

/// Firms that a visitor can answer for: the last ones of the first part, which are silent.
const MEMBERS: usize = 2;

/// An account of the made-up year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DemoAccount {
    /// Address to sign in with.
    pub email: String,
    /// The person's name.
    pub name: Text,
}

struct MadeUpFirms {
    frame: Vec<FirmRow>,
    answers: Vec<(String, DemoFirm)>,
    members: Vec<(String, DemoFirm)>,
}

impl Desk {
    /// Whether all that is kept is made up.
    ///
    /// # Errors
    /// Those of the store.
    pub fn is_made_up(&self) -> Result<bool, Refusal> {
        Ok(self
            .find::<MadeUp>(MINISTRY, DATA)?
            .is_some_and(|kept| kept.value.made_up))
    }

    /// Fills an empty store; every account has the same password. Gives the accounts.
    ///
    /// # Errors
    /// `not-empty` if somebody works in the store already, `password`, and those of the store.
    pub fn fill_demo(&self, visit: &Visit, password: &str, seed: u64) -> Result<Vec<DemoAccount>, Refusal> {
        let Some(link) = self.first_link(visit)? else {
            return Err(Refusal::new(
                "not-empty",
                "このデータベースはすでに使われています。架空データは、新しいデータベースに入れてください。",
                "This database is in use. Made-up data go into a new one.",
            ));
        };
        let mut accounts = vec![];
        let mut named = |role: &str, ja: &str, en: &str| {
            let account = DemoAccount {
                email: format!("{role}@rashin.example"),
                name: Text {
                    ja: ja.to_owned(),
                    en: en.to_owned(),
                },
            };
            accounts.push(account.clone());
            account
        };
        let first = named("administrator", "架空 管理者", "Made-up administrator");
        let newcomer = Newcomer {
            email: first.email,
            name: first.name.ja,
            organisation: "架空の計画事務局".into(),
            language: Lang::Ja,
        };
        let session = self.accept_first_link(visit, &link.secret, &newcomer, password)?;
        let administrator = self.visit_of(visit, &session.secret)?;
        self.write(
            &administrator,
            authz::Action::KeepOrganisations,
            MINISTRY,
            json!({ "what": "made-up" }),
            vec![Edit::first(DATA, &MadeUp { made_up: true })?],
        )?;

        let council = self.add_organisation(
            &administrator,
            &organisation("架空の有識者検討会", "Made-up expert council", "council"),
        )?;
        let MadeUpFirms {
            frame,
            answers,
            members,
        } = self.add_firms(&administrator, seed)?;
        let staff = [
            ("secretariat", MINISTRY, "架空 事務局", "Made-up secretariat"),
            ("approver", MINISTRY, "架空 承認者", "Made-up approver"),
            ("auditor", MINISTRY, "架空 監査者", "Made-up auditor"),
            ("council", &council, "架空 有識者", "Made-up expert"),
        ];
        for (role, organisation, ja, en) in staff {
            let account = named(role, ja, en);
            self.let_somebody_in(&administrator, &account, organisation, role, password)?;
        }
        let hospital = self.add_organisation(
            &administrator,
            &organisation("架空の総合病院", "Made-up general hospital", "hospital"),
        )?;
        let account = named("hospital", "架空 臨床工学技士", "Made-up clinical engineer");
        self.let_somebody_in(&administrator, &account, &hospital, "member", password)?;
        for (number, (organisation, firm)) in (1..).zip(&members) {
            let account = named(
                &format!("firm-{number}"),
                &format!("{} 担当者", firm.name.ja),
                &format!("Person of {}", firm.name.en),
            );
            self.let_somebody_in(&administrator, &account, organisation, "member", password)?;
        }

        let signed_in = self.sign_in(visit, "secretariat@rashin.example", password)?;
        let secretariat = self.visit_of(visit, &signed_in.secret)?;
        let today = visit.today();
        let last_year = Period::containing(today).shift(-1);
        let round = self.open_round(
            &secretariat,
            "kgi2",
            last_year,
            today.saturating_add(30.days()),
            &frame,
        )?;
        let table = self.answer_table(&secretariat, &round)?;
        let file = self.stage(
            &secretariat,
            Purpose::Answers { round },
            "回答.csv",
            csv(&table, &answers).into_bytes(),
        )?;
        self.take(&secretariat, &file, &[])?;
        let firm = self.sign_in(visit, "firm-1@rashin.example", password)?;
        let member = self.visit_of(visit, &firm.secret)?;
        self.fill_registers(&member, seed)?;
        self.confirm_origins(&secretariat)?;
        let hospital = self.sign_in(visit, "hospital@rashin.example", password)?;
        let holder = self.visit_of(visit, &hospital.secret)?;
        self.fill_supply(&holder, &member, &secretariat, seed)?;
        self.fill_security(&member, seed)?;
        for session in [session, signed_in, firm, hospital] {
            self.sign_out(&session.secret)?;
        }
        Ok(accounts)
    }

    /// What a firm has registered.
    fn fill_registers(&self, member: &Visit, seed: u64) -> Result<(), Refusal> {
        for (kind, forms) in [
            ("device", records::devices(seed, 60)),
            ("unmet-need", records::needs()),
            ("supply-report", records::supply_reports(seed)),
        ] {
            for form in forms {
                self.add_record(member, kind, &form)?;
            }
        }
        Ok(())
    }

    /// What the secretariat has confirmed of the origin of made-up devices: of one in three nothing yet.
    fn confirm_origins(&self, secretariat: &Visit) -> Result<(), Refusal> {
        let kind = self.rashin()?.plan().kind("device").cloned();
        let Some(kind) = kind.filter(|kind| kind.field("origin").is_some()) else {
            return Ok(());
        };
        let covered = RecordQuery {
            filters: vec![("coverage_category".into(), "C1".into())],
            // Ids are drawn at random; names are the same for the same seed.
            order: Some(("name".into(), false)),
            ..RecordQuery::default()
        };
        let rows = self.records(secretariat, &kind.id, &covered)?.rows;
        for (row, origin) in rows.iter().zip(["japan", "abroad", ""].into_iter().cycle()) {
            if origin.is_empty() {
                continue;
            }
            let mut form = record::pairs(&kind, &row.record);
            form.push(("origin".into(), origin.into()));
            form.push(("origin_confirmed_on".into(), secretariat.today().to_string()));
            let seen = Seen {
                owner: &row.owner,
                id: &row.id,
                version: row.version,
            };
            self.save_record(
                secretariat,
                &kind.id,
                Some(seen),
                &form,
                record::Completeness::Final,
            )?;
        }
        Ok(())
    }

    /// A made-up record; a plan of other kinds has none of it.
    pub(super) fn add_record(
        &self,
        visit: &Visit,
        kind: &str,
        form: &[(String, String)],
    ) -> Result<(), Refusal> {
        if self.rashin()?.plan().kind(kind).is_none() {
            return Ok(());
        }
        match self.save_record(visit, kind, None, form, record::Completeness::Final)? {
            SavedRecord::Kept(..) => Ok(()),
            SavedRecord::Faults(faults) => Err(refused(kind, faults)),
        }
    }

    /// Firms as organisations: the frame of a round, those that have answered, and those that a visitor answers for.
    fn add_firms(&self, administrator: &Visit, seed: u64) -> Result<MadeUpFirms, Refusal> {
        let mut frame = vec![];
        let mut answers = vec![];
        let mut members = vec![];
        for (place, (part, count, answered, spread)) in (0..).zip(PARTS) {
            for (at, firm) in firms(part, count, spread, seed + place)?.into_iter().enumerate() {
                let id = self.add_organisation(
                    administrator,
                    &organisation(&firm.name.ja, &firm.name.en, "manufacturer"),
                )?;
                frame.push(FirmRow {
                    organisation: id.clone(),
                    part: part.to_owned(),
                    size: format!("{}億円", firm.sales),
                });
                if at < answered {
                    answers.push((id, firm));
                } else if place == 0 && count - at <= MEMBERS {
                    members.push((id, firm));
                }
            }
        }
        Ok(MadeUpFirms {
            frame,
            answers,
            members,
        })
    }

    /// A visit by whoever holds a session.
    fn visit_of(&self, visit: &Visit, secret: &Secret) -> Result<Visit, Refusal> {
        let caller: Option<Caller> = self.caller(secret, visit.at)?;
        Ok(Visit { at: visit.at, caller })
    }

    /// Invites somebody, who accepts.
    fn let_somebody_in(
        &self,
        administrator: &Visit,
        account: &DemoAccount,
        organisation: &str,
        role: &str,
        password: &str,
    ) -> Result<(), Refusal> {
        let invitation = Invitation {
            email: account.email.clone(),
            amendment: Amendment {
                name: account.name.ja.clone(),
                organisation: organisation.to_owned(),
                roles: vec![role.to_owned()],
                language: Lang::Ja,
            },
        };
        let (_, link) = self.invite(administrator, &invitation)?;
        let nobody = Visit {
            at: administrator.at,
            caller: None,
        };
        let session = self.accept_link(&nobody, &link.secret, password)?;
        self.sign_out(&session.secret)
    }
}

/// What is wrong with a made-up record of a kind.
pub(super) fn refused(kind: &str, faults: Vec<record::Fault>) -> Refusal {
    let first = faults.into_iter().next();
    first.map_or_else(unknown, |fault| {
        Refusal::new("faults", format!("{kind}.{}: {}", fault.name, fault.ja), fault.en)
    })
}

fn organisation(ja: &str, en: &str, kind: &str) -> OrganisationDraft {
    OrganisationDraft {
        ja: ja.to_owned(),
        en: en.to_owned(),
        kind: kind.to_owned(),
        corporate_number: String::new(),
    }
}

/// A file of answers, as the secretariat would have it from firms that wrote by mail.
fn csv(table: &Table, answers: &[(String, DemoFirm)]) -> String {
    let titles: Vec<_> = table
        .columns
        .iter()
        .map(|column| column.title.ja.as_str())
        .collect();
    let mut text = titles.join(",") + "\r\n";
    for (organisation, firm) in answers {
        let _ = write!(
            text,
            "{organisation},{}億ドル/年,{}億円\r\n",
            firm.investment, firm.sales
        );
    }
    text
}
