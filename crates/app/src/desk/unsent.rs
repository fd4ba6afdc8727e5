//! What somebody typed into a register's form and has not sent: kept for a while so that a browser that closes, a session that ends or a power cut
//! costs nobody their words. It is a scratch sheet and no record: its account alone sees it, it grants nothing and it is never written over a record.

use authz::{Action, Subject};
use jiff::{SignedDuration, Timestamp};
use plan::{Kind, Shape, Text};
use store::{Fault, Name, Unsent};
use vocab::Refusal;

use super::kept::refused;
use super::register::{RecordState, Register, RegisterEntry};
use super::{Desk, Visit, closed};

/// So many forms of an account are kept; with one more, the one that was typed longest ago goes.
const MOST: u32 = 20;
/// The longest form, in bytes.
const LONGEST: usize = 64 * 1024;
/// For so long a form is kept after it was last typed into.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A register's form: of a new record or of one that is there, the whole of it or one part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormOf<'a> {
    /// Id of the kind.
    pub kind: &'a str,
    /// Owner and id of the record; none for a new one.
    pub record: Option<(&'a str, &'a str)>,
    /// The part of a long form.
    pub part: Option<&'a str>,
}

/// A form as it was last typed into.
#[derive(Clone, PartialEq, Eq)]
pub struct UnsentForm {
    /// When.
    pub at: Timestamp,
    /// The version of the record that it was made from; 0 for a new one.
    pub version: u32,
    /// What its controls said, by their names.
    pub fields: Vec<(String, String)>,
}

/// A form that waits to be gone on with.
#[derive(Clone)]
pub struct UnsentLine {
    /// Its kind.
    pub kind: Kind,
    /// The record; none for a new one.
    pub entry: Option<RegisterEntry>,
    /// The part of the form.
    pub part: Option<Text>,
    /// Address of the form, without language.
    pub path: String,
    /// When it was last typed into.
    pub at: Timestamp,
}

impl<'a> FormOf<'a> {
    /// Address of the form, without language: by this it is kept.
    pub fn path(&self) -> String {
        let at = match self.record {
            None => format!("/registers/{}/new", self.kind),
            Some((owner, id)) => format!("/registers/{}/{owner}/{id}/edit", self.kind),
        };
        self.part.map_or(at.clone(), |part| format!("{at}/{part}"))
    }

    fn at(path: &'a str) -> Option<Self> {
        let steps: Vec<&str> = path.strip_prefix("/registers/")?.split('/').collect();
        let (kind, record, part) = match steps[..] {
            [kind, "new"] => (kind, None, None),
            [kind, "new", part] => (kind, None, Some(part)),
            [kind, owner, id, "edit"] => (kind, Some((owner, id)), None),
            [kind, owner, id, "edit", part] => (kind, Some((owner, id)), Some(part)),
            _ => return None,
        };
        Some(Self { kind, record, part })
    }
}

impl Desk {
    /// Keeps what the one who asks has typed so far into a form that they may send, in place of what was kept of it: answers alone, no files.
    /// `version` is that of the record from which the form was made.
    ///
    /// # Errors
    /// `sign-in`, `not-found`, `key` for a program, `too-large`, and those of the store.
    pub fn keep_unsent(
        &self,
        visit: &Visit,
        form: FormOf<'_>,
        version: u32,
        fields: &[(String, String)],
    ) -> Result<(), Refusal> {
        let account = Self::typist(visit)?;
        let (kind, entry) = self.open_form(visit, form)?;
        let fill = Self::fields_to_fill(visit, &kind, entry.as_ref());
        let asked = |name: &str| {
            let field = name.split('.').next().and_then(|name| kind.field(name));
            field.is_some_and(|field| {
                fill.contains(field.name.as_str()) && !matches!(field.shape, Shape::Attachment { .. })
            })
        };
        let typed: Vec<_> = fields.iter().filter(|(name, _)| asked(name)).collect();
        let fields = serde_json::to_string(&typed).map_err(|error| refused(Fault::engine(error)))?;
        if fields.len() > LONGEST {
            return Err(Refusal::new(
                "too-large",
                "入力が長いため、自動保存できません。画面のボタンで保存してください。",
                "The form is too long to be saved by itself. Please save it with its button.",
            ));
        }
        let unsent = Unsent {
            account,
            form: form.path(),
            version,
            at: visit.at,
            fields,
        };
        self.store.keep_unsent(&unsent, MOST).map_err(refused)
    }

    /// What the one who asks has typed into a form and not sent.
    ///
    /// # Errors
    /// `sign-in`, `not-found`, `key`, and those of the store.
    pub fn unsent(&self, visit: &Visit, form: FormOf<'_>) -> Result<Option<UnsentForm>, Refusal> {
        let account = Self::typist(visit)?;
        self.open_form(visit, form)?;
        let found = self.store.unsent(&account, Some(&form.path()));
        let found = found.map_err(refused)?.into_iter().next();
        found
            .filter(|unsent| unsent.at > oldest(visit.at))
            .map(|unsent| {
                let fields = serde_json::from_str(&unsent.fields);
                Ok(UnsentForm {
                    at: unsent.at,
                    version: unsent.version,
                    fields: fields.map_err(|error| refused(Fault::Corrupt(error.to_string())))?,
                })
            })
            .transpose()
    }

    /// Every form into which the one who asks has typed, that they may still send, the last typed first.
    ///
    /// # Errors
    /// `sign-in`, `key`, and those of the store.
    pub fn unsent_forms(&self, visit: &Visit) -> Result<Vec<UnsentLine>, Refusal> {
        let account = Self::typist(visit)?;
        let kept = self.store.unsent(&account, None).map_err(refused)?;
        let line = |unsent: Unsent| {
            let form = FormOf::at(&unsent.form)?;
            let (kind, entry) = self.open_form(visit, form).ok()?;
            let part = kind.parts.iter().find(|part| Some(part.id.as_str()) == form.part);
            Some(UnsentLine {
                part: part.map(|part| part.title.clone()),
                kind,
                entry,
                at: unsent.at,
                path: unsent.form,
            })
        };
        let young = kept.into_iter().filter(|unsent| unsent.at > oldest(visit.at));
        Ok(young.filter_map(line).collect())
    }

    /// Forgets what the one who asks has typed into a form.
    ///
    /// # Errors
    /// `sign-in`, `key`, and those of the store.
    pub fn drop_unsent(&self, visit: &Visit, form: FormOf<'_>) -> Result<(), Refusal> {
        let account = Self::typist(visit)?;
        self.store.drop_unsent(&account, &form.path()).map_err(refused)
    }

    /// Forgets every form that was typed too long ago.
    ///
    /// # Errors
    /// Those of the store.
    pub fn clear_unsent(&self, at: Timestamp) -> Result<(), Refusal> {
        self.store.clear_unsent(None, oldest(at)).map_err(refused)
    }

    /// Forgets everything that an account has typed and not sent: it is let in no more, or again.
    pub(super) fn forget_unsent(&self, account: &str) -> Result<(), Refusal> {
        let account = Name::new(account).map_err(refused)?;
        self.store
            .clear_unsent(Some(&account), Timestamp::MIN)
            .map_err(refused)
    }

    /// The account that types: a person's own, whoever they stand in for.
    fn typist(visit: &Visit) -> Result<Name, Refusal> {
        Self::authorise(visit, Action::KeepOwnAccount, Subject::default())?;
        Name::new(visit.actor()).map_err(refused)
    }

    /// The kind and the record of a form, for whoever may send it now.
    fn open_form(&self, visit: &Visit, form: FormOf<'_>) -> Result<(Kind, Option<RegisterEntry>), Refusal> {
        let Register { kind, may_add } = self.register(visit, form.kind)?;
        let has_part = |part| kind.parts.iter().any(|one| one.id == part);
        if !form.part.is_none_or(has_part) {
            return Err(closed(visit));
        }
        let Some((owner, id)) = form.record else {
            return if may_add {
                Ok((kind, None))
            } else {
                Err(closed(visit))
            };
        };
        let page = self.record(visit, form.kind, owner, id)?;
        // What is filed is changed as a whole.
        if !page.may_change || form.part.is_some() && page.view.state != RecordState::Draft {
            return Err(closed(visit));
        }
        Ok((kind, Some(page.view)))
    }
}

/// What was last typed then or before is too old.
fn oldest(at: Timestamp) -> Timestamp {
    at.checked_sub(KEPT).unwrap_or(Timestamp::MIN)
}
