//! Deputies: while somebody is away, a colleague of the same organisation acts in their place. A deputy is lent what the other may act as, but for
//! looking after accounts; history and audit log say in whose place something was done, and the two are never four eyes.

use authz::{Action, Caller, Lent, Role};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use serde_json::json;
use vocab::Refusal;

use super::account::Account;
use crate::desk::{DIRECTORY, Desk, Edit, Kept, Visit, Which, closed, in_japan};

/// In whose absence an account acts as well, as it is kept with the deputy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StandsIn {
    /// The account of the one who is away.
    account: String,
    /// The first day.
    from: Date,
    /// The last day.
    until: Date,
}

impl StandsIn {
    fn holds_on(&self, day: Date) -> bool {
        (self.from..=self.until).contains(&day)
    }
}

/// Who can be named: an active account of the same organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Colleague {
    /// The account's id.
    pub account: String,
    /// The person's name.
    pub name: String,
}

/// One person in another's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deputy {
    /// The other of the two: for whom one stands in, or who does for oneself.
    pub other: Colleague,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub until: Date,
}

/// Who stands in for whom, as one sees it of oneself: what is over is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Deputies {
    /// Who acts in one's own place.
    pub mine: Option<Deputy>,
    /// In whose place one acts.
    pub others: Vec<Deputy>,
    /// Who can be named.
    pub colleagues: Vec<Colleague>,
}

impl Desk {
    /// Who asks by an account, with what it is lent on that day.
    pub(in crate::desk) fn caller_of(
        &self,
        account: &Kept<Account>,
        at: Timestamp,
    ) -> Result<Caller, Refusal> {
        let today = in_japan(at).date();
        let own = account.value.roles.clone();
        let mut caller = account.caller();
        let mut by = vec![];
        for place in account
            .value
            .stands_in
            .iter()
            .filter(|place| place.holds_on(today))
        {
            let away: Option<Kept<Account>> = self.find(DIRECTORY, &place.account)?;
            let same = |away: &Account| away.active && away.organisation == account.value.organisation;
            let Some(away) = away.filter(|away| same(&away.value)) else {
                continue;
            };
            let lent = away.value.roles.iter();
            let more: Vec<Role> = lent
                .copied()
                .filter(|role| *role != Role::Administrator && !own.contains(role))
                .collect();
            if !more.is_empty() {
                by.push(away.id);
            }
            caller.roles.extend(more);
        }
        caller.roles.sort_unstable();
        caller.roles.dedup();
        caller.lent = (!by.is_empty()).then_some(Lent { by, own });
        Ok(caller)
    }

    /// Who stands in for the caller, and for whom the caller does.
    ///
    /// # Errors
    /// `sign-in`, and those of the store.
    pub fn deputies(&self, visit: &Visit) -> Result<Deputies, Refusal> {
        let caller = Self::oneself(visit)?;
        let staff = self.colleagues(caller)?;
        let today = visit.today();
        let known = |id: &str| {
            let found = staff.iter().find(|one| one.id == id);
            found.map(|one| Colleague {
                account: one.id.clone(),
                name: one.value.name.clone(),
            })
        };
        let seen = |other: Option<Colleague>, place: &StandsIn| {
            other.filter(|_| place.until >= today).map(|other| Deputy {
                other,
                from: place.from,
                until: place.until,
            })
        };
        let own = staff.iter().find(|one| one.id == caller.account);
        Ok(Deputies {
            mine: staff.iter().find_map(|one| {
                let place = one
                    .value
                    .stands_in
                    .iter()
                    .find(|place| place.account == caller.account)?;
                seen(known(&one.id), place)
            }),
            others: own
                .iter()
                .flat_map(|own| &own.value.stands_in)
                .filter_map(|place| seen(known(&place.account), place))
                .collect(),
            colleagues: staff
                .iter()
                .filter(|one| one.id != caller.account)
                .filter_map(|one| known(&one.id))
                .collect(),
        })
    }

    /// Names a colleague who acts in the caller's place on these days, instead of whoever was named before.
    ///
    /// # Errors
    /// `sign-in`, `deputy` if it is nobody of the same organisation, `from` or `until` for what is wrong with the days, and those of the store.
    pub fn name_deputy(&self, visit: &Visit, account: &str, from: &str, until: &str) -> Result<(), Refusal> {
        let caller = Self::oneself(visit)?;
        let staff = self.colleagues(caller)?;
        let named = staff
            .iter()
            .find(|one| one.id == account && one.id != caller.account);
        let named = named.ok_or_else(|| {
            Refusal::new(
                "deputy",
                "代理の人を、同じ組織の人から選んでください。",
                "Choose a deputy from your own organisation.",
            )
        })?;
        let from = day("from", from)?;
        let until = day("until", until)?;
        let today = visit.today();
        if until < from.max(today) {
            return Err(Refusal::new(
                "until",
                "始まりの日や今日より前の日にはできません。",
                "It cannot be before the first day, nor before today.",
            ));
        }
        if until > today.saturating_add(1.year()) {
            return Err(Refusal::new(
                "until",
                "代理は1年先までにしてください。",
                "A deputy can be named for up to a year from today.",
            ));
        }
        let place = StandsIn {
            account: caller.account.clone(),
            from,
            until,
        };
        let edits = released(&staff, &caller.account, Some(&(named.id.as_str(), place)), today)?;
        let detail = json!({ "what": "deputy-named", "account": named.id, "from": from, "until": until });
        self.write(visit, Action::KeepOwnAccount, DIRECTORY, detail, edits)?;
        Ok(())
    }

    /// Ends that anybody acts in the caller's place.
    ///
    /// # Errors
    /// `sign-in`, and those of the store.
    pub fn end_deputy(&self, visit: &Visit) -> Result<(), Refusal> {
        let caller = Self::oneself(visit)?;
        let staff = self.colleagues(caller)?;
        let edits = released(&staff, &caller.account, None, visit.today())?;
        if edits.is_empty() {
            return Err(closed(visit));
        }
        let detail = json!({ "what": "deputy-ended" });
        self.write(visit, Action::KeepOwnAccount, DIRECTORY, detail, edits)?;
        Ok(())
    }

    /// The active accounts of the caller's organisation, by name; the caller's own as well.
    fn colleagues(&self, caller: &Caller) -> Result<Vec<Kept<Account>>, Refusal> {
        let mut list = self.all::<Account>(&Which {
            owner: Some(DIRECTORY),
            parent: Some(&caller.organisation),
            state: Some("active"),
        })?;
        list.sort_by(|a, b| (&a.value.name, &a.id).cmp(&(&b.value.name, &b.id)));
        Ok(list)
    }
}

/// The accounts that change when somebody's deputy does: whoever was named before loses the place, whoever is named now gets it, and neither
/// keeps a place that is over.
fn released(
    staff: &[Kept<Account>],
    away: &str,
    named: Option<&(&str, StandsIn)>,
    today: Date,
) -> Result<Vec<Edit>, Refusal> {
    let mut edits = vec![];
    for one in staff {
        let before = &one.value.stands_in;
        let place = named
            .iter()
            .filter(|(id, _)| *id == one.id)
            .map(|(_, place)| place);
        if place.clone().next().is_none() && before.iter().all(|place| place.account != away) {
            continue;
        }
        let kept = before
            .iter()
            .filter(|place| place.account != away && place.until >= today);
        let stands_in = kept.chain(place).cloned().collect();
        edits.push(Edit::next(
            one,
            &Account {
                stands_in,
                ..one.value.clone()
            },
        )?);
    }
    Ok(edits)
}

fn day(field: &'static str, typed: &str) -> Result<Date, Refusal> {
    vocab::codes::parse_date(typed).map_err(|refusal| Refusal {
        kind: field,
        ..refusal
    })
}
