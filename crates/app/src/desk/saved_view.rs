//! Saved views: lists narrowed by somebody and kept under a name for themselves, beside those that the plan keeps for everybody. A view is an address
//! and nothing more: whoever is given it sees what they may see, and it grants nothing.

use authz::{Action, Subject};
use plan::{Kind as Form, View};
use serde::{Deserialize, Serialize};
use serde_json::json;
use vocab::Refusal;

use super::register::public_to;
use super::{Desk, Edit, Kept, Kind, Visit, closed, unknown};

/// So many views may one account have.
const MOST: usize = 50;
/// The longest name, in characters.
const NAME: usize = 60;
/// The longest query, in bytes.
const QUERY: usize = 1_500;
/// The list of cases; every other list is a register's.
const CASES: &str = "/cases";
const REGISTERS: &str = "/registers/";

/// A list, as somebody narrowed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedView {
    /// Its id among those of its owner.
    pub id: String,
    /// What they call it.
    pub name: String,
    /// Address of the list, without language.
    pub path: String,
    /// What the list is narrowed by, as it stands in its address.
    pub query: Vec<(String, String)>,
    /// Whether it is also a link on their page of today's work.
    pub today: bool,
}

/// All views of one account.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct SavedViews {
    views: Vec<SavedView>,
}

impl Kind for SavedViews {
    const KIND: &'static str = "saved-views";
}

impl Desk {
    /// The views of the one who asks, by name.
    ///
    /// # Errors
    /// `sign-in`, and those of the store.
    pub fn saved_views(&self, visit: &Visit) -> Result<Vec<SavedView>, Refusal> {
        let (_, kept) = self.views_of(visit)?;
        let mut views = kept.map(|kept| kept.value.views).unwrap_or_default();
        // What one may not look into any more is no way in.
        views.retain(|view| self.list_of(visit, &view.path).is_ok());
        views.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        Ok(views)
    }

    /// Keeps a list under a name; the view of this name on the same list, if there is one, is then this.
    ///
    /// # Errors
    /// `sign-in`, `not-found` for what is no list, `name`, and `too-many`.
    pub fn save_view(
        &self,
        visit: &Visit,
        name: &str,
        path: &str,
        query: &[(String, String)],
    ) -> Result<(), Refusal> {
        let (owner, kept) = self.views_of(visit)?;
        let kind = self.list_of(visit, path)?;
        let name = named(name)?;
        let query: Vec<(String, String)> = query
            .iter()
            .filter(|(name, value)| narrows(kind.as_ref(), name) && !value.trim().is_empty())
            .cloned()
            .collect();
        let length: usize = query.iter().map(|(name, value)| name.len() + value.len()).sum();
        if query.is_empty() || length > QUERY {
            return Err(Refusal::new(
                "query",
                "条件で絞り込んでから保存してください。",
                "Narrow the list first, then save it.",
            ));
        }
        let mut all = kept.as_ref().map(|kept| kept.value.clone()).unwrap_or_default();
        let same = |view: &&mut SavedView| view.name == name && view.path == path;
        if let Some(view) = all.views.iter_mut().find(same) {
            view.query = query;
        } else if all.views.len() >= MOST {
            return Err(Refusal::new(
                "too-many",
                format!("保存できる条件は{MOST}件までです。使わないものを消してください。"),
                format!("Up to {MOST} views can be saved. Remove one that you do not use."),
            ));
        } else {
            all.views.push(SavedView {
                id: store::hex(&self.random::<8>()),
                name,
                path: path.to_owned(),
                query,
                today: false,
            });
        }
        self.write_views(visit, &owner, kept.as_ref(), &all)
    }

    /// Gives a view another name, and says whether it stands on the page of today's work.
    ///
    /// # Errors
    /// `sign-in`, `not-found`, `name`.
    pub fn change_view(&self, visit: &Visit, id: &str, name: &str, today: bool) -> Result<(), Refusal> {
        let (owner, kept) = self.views_of(visit)?;
        let name = named(name)?;
        let mut all = kept.as_ref().map(|kept| kept.value.clone()).unwrap_or_default();
        let view = all.views.iter_mut().find(|view| view.id == id);
        let view = view.ok_or_else(unknown)?;
        (view.name, view.today) = (name, today);
        self.write_views(visit, &owner, kept.as_ref(), &all)
    }

    /// Removes a view.
    ///
    /// # Errors
    /// `sign-in`, `not-found`.
    pub fn remove_view(&self, visit: &Visit, id: &str) -> Result<(), Refusal> {
        let (owner, kept) = self.views_of(visit)?;
        let mut all = kept.as_ref().map(|kept| kept.value.clone()).unwrap_or_default();
        let before = all.views.len();
        all.views.retain(|view| view.id != id);
        if all.views.len() == before {
            return Err(unknown());
        }
        self.write_views(visit, &owner, kept.as_ref(), &all)
    }

    /// The views of a register that the plan keeps for everybody, as far as the one who asks sees what they narrow by.
    pub fn standing_views<'k>(visit: &Visit, kind: &'k Form) -> Vec<&'k View> {
        let sees = |name: &str| {
            kind.field(name)
                .is_some_and(|field| public_to(visit, kind, field))
        };
        let views = kind.views.iter();
        views
            .filter(|view| view.filters.iter().all(|(field, _)| sees(field)))
            .collect()
    }

    /// The organisation of the one who asks, and what they keep.
    fn views_of(&self, visit: &Visit) -> Result<(String, Option<Kept<SavedViews>>), Refusal> {
        Self::authorise(visit, Action::KeepOwnAccount, Subject::default())?;
        let caller = visit.caller.as_ref().ok_or_else(|| closed(visit))?;
        let kept = self.find::<SavedViews>(&caller.organisation, &caller.account)?;
        Ok((caller.organisation.clone(), kept))
    }

    /// The register of a list, none for that of cases, if the one who asks may look into it.
    fn list_of(&self, visit: &Visit, path: &str) -> Result<Option<Form>, Refusal> {
        if path == CASES {
            return Ok(None);
        }
        let kind = path.strip_prefix(REGISTERS).ok_or_else(unknown)?;
        Ok(Some(self.register(visit, kind)?.kind))
    }

    fn write_views(
        &self,
        visit: &Visit,
        owner: &str,
        kept: Option<&Kept<SavedViews>>,
        all: &SavedViews,
    ) -> Result<(), Refusal> {
        let edit = match kept {
            Some(kept) => Edit::next(kept, all)?,
            None => Edit::first(visit.actor(), all)?,
        };
        let detail = json!({ "what": "views", "count": all.views.len() });
        self.write(visit, Action::KeepOwnAccount, owner, detail, vec![edit])?;
        Ok(())
    }
}

/// Whether a list is narrowed, or put in order, by a name in its address.
fn narrows(kind: Option<&Form>, name: &str) -> bool {
    let Some(kind) = kind else {
        return ["procedure", "state", "turn", "q"].contains(&name);
    };
    ["q", "sort", "down"].contains(&name)
        || name
            .strip_prefix("f.")
            .and_then(|field| kind.field(field))
            .is_some_and(|field| field.indexed)
}

fn named(name: &str) -> Result<String, Refusal> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME || name.chars().any(char::is_control) {
        return Err(Refusal::new(
            "name",
            format!("名前を{NAME}字までで書いてください。"),
            format!("Give it a name of up to {NAME} characters."),
        ));
    }
    Ok(name.to_owned())
}
