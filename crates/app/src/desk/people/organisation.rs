//! Organisations: who takes part in the plan. Accounts act for one; a survey asks them.

use authz::{Action, Sight, Subject, allows, sight};
use serde::{Deserialize, Serialize};
use serde_json::json;
use vocab::codes::CorporateNumber;
use vocab::{Lang, Refusal};

use super::line;
use crate::desk::{DIRECTORY, Desk, Edit, Kept, Kind, Visit, Which, unknown};

/// Who takes part in the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// Its name in Japanese.
    pub ja: String,
    /// Its name in English; the Japanese one where it has none.
    pub en: String,
    /// What it is.
    pub kind: OrganisationKind,
    /// 法人番号, for those who have one.
    pub corporate_number: Option<CorporateNumber>,
}

/// An organisation as somebody typed it.
#[derive(Debug, Clone, Default)]
pub struct OrganisationDraft {
    /// Its name in Japanese.
    pub ja: String,
    /// Its name in English; may be empty.
    pub en: String,
    /// Code of its kind.
    pub kind: String,
    /// 法人番号; may be empty.
    pub corporate_number: String,
}

impl OrganisationDraft {
    /// The organisation, or the field that cannot be taken.
    fn checked(&self) -> Result<Organisation, Refusal> {
        const LONGEST: usize = 200;
        let ja = line("ja", &self.ja, LONGEST)?;
        let en = match self.en.trim() {
            "" => ja.clone(),
            en => line("en", en, LONGEST)?,
        };
        let kind = OrganisationKind::parse(&self.kind)
            .ok_or_else(|| Refusal::new("kind", "種類を選んでください。", "Please choose a kind."))?;
        let number = self.corporate_number.trim();
        let corporate_number = Some(number)
            .filter(|number| !number.is_empty())
            .map(str::parse)
            .transpose()
            .map_err(|refusal: Refusal| Refusal {
                kind: "corporate_number",
                ..refusal
            })?;
        Ok(Organisation {
            ja,
            en,
            kind,
            corporate_number,
        })
    }
}

impl Organisation {
    /// Its name in one language.
    pub fn name(&self, lang: Lang) -> &str {
        match lang {
            Lang::Ja => &self.ja,
            Lang::En => &self.en,
        }
    }
}

impl Kind for Organisation {
    const KIND: &'static str = "organisation";

    fn state(&self) -> Option<String> {
        Some(self.kind.code().to_owned())
    }
}

/// What an organisation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganisationKind {
    /// 府省
    Ministry,
    /// 検討会
    Council,
    /// 製造販売業者
    Manufacturer,
    /// スタートアップ
    StartUp,
    /// 国内に法人のない外国の企業
    ForeignFirm,
    /// 医療機関
    Hospital,
    /// 拠点
    Hub,
    /// 大学・研究機関
    Academia,
    /// 学会・関係団体
    Society,
    /// 審査・支援機関（独立行政法人等）
    Agency,
    /// その他
    Other,
}

impl OrganisationKind {
    /// Every kind, in the order of forms.
    pub const ALL: [Self; 11] = [
        Self::Manufacturer,
        Self::StartUp,
        Self::ForeignFirm,
        Self::Hospital,
        Self::Hub,
        Self::Academia,
        Self::Society,
        Self::Agency,
        Self::Council,
        Self::Ministry,
        Self::Other,
    ];

    /// Its stable name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ministry => "ministry",
            Self::Council => "council",
            Self::Manufacturer => "manufacturer",
            Self::StartUp => "start_up",
            Self::ForeignFirm => "foreign_firm",
            Self::Hospital => "hospital",
            Self::Hub => "hub",
            Self::Academia => "academia",
            Self::Society => "society",
            Self::Agency => "agency",
            Self::Other => "other",
        }
    }

    /// Whether its domestic production and sales are the plan's: those whom a survey of firms asks.
    pub const fn makes_devices(self) -> bool {
        matches!(self, Self::Manufacturer | Self::StartUp)
    }

    /// The kind of a name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == text)
    }
}

impl Desk {
    /// The organisations that the caller may see, by name.
    ///
    /// # Errors
    /// `sign-in`, `not-found` for those who may see none, and those of the store.
    pub fn organisations(&self, visit: &Visit) -> Result<Vec<Kept<Organisation>>, Refusal> {
        let mut list = match sight(visit.caller.as_ref(), Action::ReadOrganisations) {
            Sight::All => self.every_organisation()?,
            Sight::Organisation(id) => self.find(DIRECTORY, &id)?.into_iter().collect(),
            Sight::Nothing => {
                Self::authorise(visit, Action::ReadOrganisations, Subject::default())?;
                vec![]
            }
        };
        list.sort_by(|a, b| (&a.value.ja, &a.id).cmp(&(&b.value.ja, &b.id)));
        Ok(list)
    }

    /// One organisation.
    ///
    /// # Errors
    /// `sign-in`, `not-found` if it is not there or not for the caller, and those of the store.
    pub fn organisation(&self, visit: &Visit, id: &str) -> Result<Kept<Organisation>, Refusal> {
        Self::authorise(visit, Action::ReadOrganisations, Subject::of(id))?;
        self.find(DIRECTORY, id)?.ok_or_else(unknown)
    }

    /// The name of an organisation for those who meet it in their work; its id for everybody else.
    pub fn organisation_name(&self, visit: &Visit, id: &str, lang: Lang) -> String {
        let known = allows(visit.caller.as_ref(), Action::ReadOrganisations, Subject::of(id))
            || allows(visit.caller.as_ref(), Action::ReadRound, Subject::of(id));
        let found = known
            .then(|| self.find::<Organisation>(DIRECTORY, id).ok().flatten())
            .flatten();
        found.map_or_else(|| id.to_owned(), |kept| kept.value.name(lang).to_owned())
    }

    /// Adds an organisation and gives its id.
    ///
    /// # Errors
    /// `sign-in`, `not-found`, the name of the field that cannot be taken, and those of the store.
    pub fn add_organisation(&self, visit: &Visit, draft: &OrganisationDraft) -> Result<String, Refusal> {
        Self::authorise(visit, Action::KeepOrganisations, Subject::default())?;
        let organisation = draft.checked()?;
        self.number_is_free(&organisation, None)?;
        let id = self.new_id();
        let edit = Edit::first(&id, &organisation)?;
        self.write(
            visit,
            Action::KeepOrganisations,
            DIRECTORY,
            detail("added", &id, &organisation),
            vec![edit],
        )?;
        Ok(id)
    }

    /// Changes an organisation. `version` is the one that was seen when the change was typed.
    ///
    /// # Errors
    /// As [`Desk::add_organisation`], and `conflict` if somebody else changed it first.
    pub fn amend_organisation(
        &self,
        visit: &Visit,
        id: &str,
        version: u32,
        draft: &OrganisationDraft,
    ) -> Result<(), Refusal> {
        Self::authorise(visit, Action::KeepOrganisations, Subject::of(id))?;
        let kept: Kept<Organisation> = self.find(DIRECTORY, id)?.ok_or_else(unknown)?;
        let organisation = draft.checked()?;
        self.number_is_free(&organisation, Some(id))?;
        let edit = Edit::next(&Kept { version, ..kept }, &organisation)?;
        self.write(
            visit,
            Action::KeepOrganisations,
            DIRECTORY,
            detail("changed", id, &organisation),
            vec![edit],
        )?;
        Ok(())
    }

    pub(crate) fn every_organisation(&self) -> Result<Vec<Kept<Organisation>>, Refusal> {
        self.all(&Which {
            owner: Some(DIRECTORY),
            ..Which::default()
        })
    }

    fn number_is_free(&self, organisation: &Organisation, own: Option<&str>) -> Result<(), Refusal> {
        if organisation.corporate_number.is_none() {
            return Ok(());
        }
        let taken = self.every_organisation()?.into_iter().find(|other| {
            Some(other.id.as_str()) != own && other.value.corporate_number == organisation.corporate_number
        });
        taken.map_or(Ok(()), |other| {
            Err(Refusal::new(
                "corporate_number",
                format!(
                    "この法人番号は「{}」に登録されています。番号を確かめてください。",
                    other.value.ja
                ),
                format!(
                    "This corporate number belongs to {}. Please check the number.",
                    other.value.en
                ),
            ))
        })
    }
}

fn detail(what: &str, id: &str, organisation: &Organisation) -> serde_json::Value {
    json!({ "what": what, "organisation": id, "name": organisation.ja, "kind": organisation.kind })
}
