//! Accounts: who may sign in, for which organisation, as what. One address has one account: a `login` record under the hash of the address
//! is written with it, and a record can be first only once.

use std::collections::{BTreeMap, BTreeSet};

use authz::{Action, Caller, Role, Subject};
use serde::{Deserialize, Serialize};
use serde_json::json;
use vocab::{Lang, Refusal};

use super::deputy::StandsIn;
use super::email::Email;
use super::line;
use super::link::Link;
use super::organisation::Organisation;
use crate::desk::{DIRECTORY, Desk, Edit, Kept, Kind, Visit, Which, unknown};

/// Who may sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub(super) email: Email,
    /// The name by which others know the person.
    pub name: String,
    /// Id of the organisation that the person acts for.
    pub organisation: String,
    /// What the person may act as.
    pub roles: Vec<Role>,
    /// Whether the account may sign in.
    pub active: bool,
    /// The language in which the person is written to.
    pub language: Lang,
    /// In whose absence the person acts as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) stands_in: Vec<StandsIn>,
}

impl Account {
    /// The address by which the person signs in, in lower case.
    pub fn email(&self) -> &str {
        self.email.as_str()
    }
}

impl Kind for Account {
    const KIND: &'static str = "account";

    fn parent(&self) -> Option<String> {
        Some(self.organisation.clone())
    }

    fn state(&self) -> Option<String> {
        Some(if self.active { "active" } else { "shut-out" }.to_owned())
    }
}

impl Kept<Account> {
    /// The account as the policy looks at it, as nobody's deputy.
    pub(super) fn caller(&self) -> Caller {
        Caller {
            account: self.id.clone(),
            organisation: self.value.organisation.clone(),
            roles: self.value.roles.clone(),
            lent: None,
            key: None,
        }
    }
}

/// Which account has an address; its id is the hash of the address.
#[derive(Serialize, Deserialize)]
pub(super) struct Login {
    pub(super) account: String,
}

impl Kind for Login {
    const KIND: &'static str = "login";
}

/// An account's password as it is kept; its id is the account's. A version that was replaced is erased.
#[derive(Serialize, Deserialize)]
pub(super) struct Credential {
    /// PHC text; none while a link to set a new one is out.
    pub(super) phc: Option<String>,
}

impl Kind for Credential {
    const KIND: &'static str = "credential";

    fn state(&self) -> Option<String> {
        Some(if self.phc.is_some() { "set" } else { "unset" }.to_owned())
    }
}

/// An account as those see it who look after accounts.
#[derive(Debug, Clone, Serialize)]
pub struct Member {
    /// The account.
    #[serde(flatten)]
    pub account: Kept<Account>,
    /// Its organisation.
    pub organisation: Organisation,
    /// Whether a password was set; until then only a one-time link lets the person in.
    pub has_password: bool,
}

/// Somebody to be invited, as it was typed.
#[derive(Debug, Clone, Default)]
pub struct Invitation {
    /// The address.
    pub email: String,
    /// What the account is.
    pub amendment: Amendment,
}

/// What can be changed of an account, as it was typed.
#[derive(Debug, Clone, Default)]
pub struct Amendment {
    /// The person's name.
    pub name: String,
    /// Id of the organisation.
    pub organisation: String,
    /// Codes of the roles.
    pub roles: Vec<String>,
    /// The language.
    pub language: Lang,
}

impl Desk {
    /// The name of an account's person for those who work on the same drafts; the id for everybody else.
    pub fn person_name(&self, visit: &Visit, id: &str) -> String {
        let known = [Action::ReadBatches, Action::ReadDraft, Action::ReadAccounts]
            .into_iter()
            .any(|action| visit.may(action));
        let found = known
            .then(|| self.find::<Account>(DIRECTORY, id).ok().flatten())
            .flatten();
        found.map_or_else(|| id.to_owned(), |kept| kept.value.name)
    }

    /// Every account, by organisation and name.
    ///
    /// # Errors
    /// `sign-in`, `not-found` for those who may not, and those of the store.
    pub fn people(&self, visit: &Visit) -> Result<Vec<Member>, Refusal> {
        Self::authorise(visit, Action::ReadAccounts, Subject::default())?;
        let organisations: BTreeMap<_, _> = self
            .every_organisation()?
            .into_iter()
            .map(|kept| (kept.id, kept.value))
            .collect();
        let set: BTreeSet<_> = self
            .all::<Credential>(&Which {
                owner: Some(DIRECTORY),
                state: Some("set"),
                ..Which::default()
            })?
            .into_iter()
            .map(|kept| kept.id)
            .collect();
        let mut list = vec![];
        for account in self.every_account()? {
            let organisation = organisations
                .get(&account.value.organisation)
                .ok_or_else(unknown)?;
            list.push(Member {
                organisation: organisation.clone(),
                has_password: set.contains(&account.id),
                account,
            });
        }
        list.sort_by(|a, b| {
            let order = |member: &Member| {
                (
                    member.organisation.ja.clone(),
                    member.account.value.name.clone(),
                    member.account.id.clone(),
                )
            };
            order(a).cmp(&order(b))
        });
        Ok(list)
    }

    /// One account.
    ///
    /// # Errors
    /// As [`Desk::people`], and `not-found` if there is none.
    pub fn member(&self, visit: &Visit, id: &str) -> Result<Member, Refusal> {
        Self::authorise(visit, Action::ReadAccounts, Subject::default())?;
        let account: Kept<Account> = self.find(DIRECTORY, id)?.ok_or_else(unknown)?;
        let organisation = self
            .find::<Organisation>(DIRECTORY, &account.value.organisation)?
            .ok_or_else(unknown)?
            .value;
        let has_password = self
            .find::<Credential>(DIRECTORY, id)?
            .is_some_and(|kept| kept.value.phc.is_some());
        Ok(Member {
            account,
            organisation,
            has_password,
        })
    }

    /// Makes an account and the link by which its person sets a password; gives the account's id and the link.
    ///
    /// # Errors
    /// `sign-in`, `not-found`, the name of the field that cannot be taken, and those of the store.
    pub fn invite(&self, visit: &Visit, invitation: &Invitation) -> Result<(String, Link), Refusal> {
        Self::authorise(visit, Action::KeepAccounts, Subject::default())?;
        let email = Email::parse(&invitation.email)?;
        let account = self.account_of(email, &invitation.amendment)?;
        let id = self.new_id();
        let edits = self.new_account(&id, &account)?;
        let detail = json!({ "what": "invited", "account": id, "organisation": account.organisation, "roles": account.roles });
        self.write(visit, Action::KeepAccounts, DIRECTORY, detail, edits)?;
        let link = self.put_link(&id, visit.at)?;
        Ok((id, link))
    }

    /// Changes an account. `version` is the one that was seen when the change was typed. It holds from the person's next request on.
    ///
    /// # Errors
    /// As [`Desk::invite`], `conflict` if somebody else changed it first, and `roles` if the caller would give up looking after accounts.
    pub fn amend_account(
        &self,
        visit: &Visit,
        id: &str,
        version: u32,
        amendment: &Amendment,
    ) -> Result<(), Refusal> {
        Self::authorise(visit, Action::KeepAccounts, Subject::default())?;
        let kept: Kept<Account> = self.find(DIRECTORY, id)?.ok_or_else(unknown)?;
        let account = Account {
            active: kept.value.active,
            stands_in: kept.value.stands_in.clone(),
            ..self.account_of(kept.value.email.clone(), amendment)?
        };
        if visit.actor() == id && !account.roles.contains(&Role::Administrator) {
            return Err(Refusal::new(
                "roles",
                "自分の管理者の役割は外せません。ほかの管理者に依頼してください。",
                "You cannot take the role of administrator from yourself. Please ask another administrator.",
            ));
        }
        let edit = Edit::next(&Kept { version, ..kept }, &account)?;
        let detail = json!({ "what": "changed", "account": id, "organisation": account.organisation, "roles": account.roles });
        self.write(visit, Action::KeepAccounts, DIRECTORY, detail, vec![edit])?;
        Ok(())
    }

    /// Shuts an account out: its sessions and links end at once.
    ///
    /// # Errors
    /// `sign-in`, `not-found`, `active` if it is the caller's own, and those of the store.
    pub fn shut_out(&self, visit: &Visit, id: &str) -> Result<(), Refusal> {
        Self::authorise(visit, Action::KeepAccounts, Subject::default())?;
        if visit.actor() == id {
            return Err(Refusal::new(
                "active",
                "自分の利用は停止できません。ほかの管理者に依頼してください。",
                "You cannot shut out yourself. Please ask another administrator.",
            ));
        }
        self.set_active(visit, id, false)
    }

    /// Lets an account back in.
    ///
    /// # Errors
    /// `sign-in`, `not-found`, and those of the store.
    pub fn let_in(&self, visit: &Visit, id: &str) -> Result<(), Refusal> {
        Self::authorise(visit, Action::KeepAccounts, Subject::default())?;
        self.set_active(visit, id, true)
    }

    fn set_active(&self, visit: &Visit, id: &str, active: bool) -> Result<(), Refusal> {
        let kept: Kept<Account> = self.find(DIRECTORY, id)?.ok_or_else(unknown)?;
        let account = Account {
            active,
            ..kept.value.clone()
        };
        let detail = json!({ "what": if active { "let-in" } else { "shut-out" }, "account": id });
        self.write(
            visit,
            Action::KeepAccounts,
            DIRECTORY,
            detail,
            vec![Edit::next(&kept, &account)?],
        )?;
        self.forget_unsent(id)?;
        self.end_tokens(id, visit.at)
    }

    /// Makes a new link for somebody who cannot get in: the old password, every session and every earlier link end.
    ///
    /// # Errors
    /// `sign-in`, `not-found`, `active` if the account is shut out, and those of the store.
    pub fn recover(&self, visit: &Visit, id: &str) -> Result<Link, Refusal> {
        Self::authorise(visit, Action::KeepAccounts, Subject::default())?;
        let kept: Kept<Account> = self.find(DIRECTORY, id)?.ok_or_else(unknown)?;
        if !kept.value.active {
            return Err(Refusal::new(
                "active",
                "利用を停止している人には、リンクを作れません。先に利用を再開してください。",
                "This account is shut out. Let it in before making a link.",
            ));
        }
        let detail = json!({ "what": "link-made", "account": id });
        let edit = self.credential(id, None)?;
        self.write(visit, Action::KeepAccounts, DIRECTORY, detail, vec![edit])?;
        self.end_tokens(id, visit.at)?;
        self.put_link(id, visit.at)
    }

    /// An account from what was typed.
    pub(super) fn account_of(&self, email: Email, typed: &Amendment) -> Result<Account, Refusal> {
        let name = line("name", &typed.name, 100)?;
        let organisation = self
            .find::<Organisation>(DIRECTORY, &typed.organisation)?
            .ok_or_else(|| {
                Refusal::new(
                    "organisation",
                    "組織を選んでください。",
                    "Please choose an organisation.",
                )
            })?
            .id;
        let roles: BTreeSet<_> = typed.roles.iter().filter_map(|code| Role::parse(code)).collect();
        if roles.is_empty() {
            return Err(Refusal::new(
                "roles",
                "役割を一つ以上選んでください。",
                "Please choose at least one role.",
            ));
        }
        Ok(Account {
            email,
            name,
            organisation,
            roles: roles.into_iter().collect(),
            active: true,
            language: typed.language,
            stands_in: vec![],
        })
    }

    /// The records of a new account, without a password.
    pub(super) fn new_account(&self, id: &str, account: &Account) -> Result<Vec<Edit>, Refusal> {
        let login = account.email.login();
        if self.find::<Login>(DIRECTORY, &login)?.is_some() {
            return Err(Refusal::new(
                "email",
                "このメールアドレスの利用者は、すでに登録されています。利用者の一覧から選んでください。",
                "There is an account with this e-mail address already. Please choose it from the list.",
            ));
        }
        let points_at = Login {
            account: id.to_owned(),
        };
        Ok(vec![Edit::first(id, account)?, Edit::first(&login, &points_at)?])
    }

    /// The next version of an account's password; what was kept before is erased.
    pub(super) fn credential(&self, id: &str, phc: Option<String>) -> Result<Edit, Refusal> {
        let next = Credential { phc };
        match self.find::<Credential>(DIRECTORY, id)? {
            Some(kept) => Ok(Edit::next(&kept, &next)?.forgetting()),
            None => Edit::first(id, &next),
        }
    }

    pub(crate) fn every_account(&self) -> Result<Vec<Kept<Account>>, Refusal> {
        self.all(&Which {
            owner: Some(DIRECTORY),
            ..Which::default()
        })
    }
}
