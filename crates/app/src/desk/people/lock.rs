//! How long an account waits after wrong passwords. Counted under a hash of what was typed as the address, whether an account has it or not,
//! so that waiting tells nobody which addresses exist.

use jiff::{SignedDuration, Timestamp};
use store::Strikes;
use vocab::Refusal;

use crate::desk::kept::refused;
use crate::desk::{Desk, in_japan};

/// So many wrong passwords in a row are taken without waiting.
pub(crate) const FREE: u32 = 10;

/// The longest wait, in minutes.
const LONGEST: u32 = 60;

/// So long after its last wrong password an address counts from nothing again: far longer than anybody waits.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);

/// How long the next try must wait after so many wrong ones: 1, 2, 4 … minutes from the tenth on.
fn wait(count: u32) -> Option<SignedDuration> {
    let over = count.checked_sub(FREE)?;
    let minutes = 1_u32
        .checked_shl(over)
        .map_or(LONGEST, |minutes| minutes.clamp(1, LONGEST));
    Some(SignedDuration::from_mins(minutes.into()))
}

/// From when the next try is taken; none if it is taken at once.
pub(crate) fn until(strikes: Strikes) -> Option<Timestamp> {
    let wait = wait(strikes.count)?;
    Some(strikes.last.saturating_add(wait).unwrap_or(Timestamp::MAX))
}

/// What is said to somebody who has to wait.
pub(crate) fn refusal(until: Timestamp) -> Refusal {
    // Whole minutes, rounded up, so that the time said is never too early.
    let said = in_japan(
        until
            .saturating_add(SignedDuration::from_secs(59))
            .unwrap_or(until),
    );
    let (hour, minute) = (said.hour(), said.minute());
    Refusal::new(
        "locked",
        format!(
            "パスワードの誤りが続いたため、しばらくログインできません。{}月{}日{hour}時{minute:02}分（日本時間）以降に、もう一度お試しください。お急ぎのときは、管理者に再設定のリンクを依頼してください。",
            said.month(),
            said.day(),
        ),
        format!(
            "There were too many wrong passwords in a row. Please try again after {hour:02}:{minute:02} Japan time on {}. If it is urgent, ask an administrator for a link to set a new password.",
            said.strftime("%-d %B"),
        ),
    )
}

impl Desk {
    /// Counts a try before its password is looked at, and gives the count; whoever must wait is refused. Since counting is one step of the
    /// store, many tries at once get no more guesses than the same tries one after the other.
    pub(crate) fn count_try(&self, name: &str, at: Timestamp) -> Result<Strikes, Refusal> {
        let before = self.store.strikes(name).map_err(refused)?;
        if let Some(until) = before.and_then(until).filter(|until| at < *until) {
            return Err(refusal(until));
        }
        let now = self.store.strike(name, at).map_err(refused)?;
        let alone = now.count == before.map_or(0, |before| before.count) + 1;
        if now.count > FREE && !alone {
            return Err(refusal(until(now).unwrap_or(at)));
        }
        Ok(now)
    }

    /// Forgets wrong passwords of long ago, also of addresses that nobody has.
    ///
    /// # Errors
    /// Those of the store.
    pub fn forget_tries(&self, at: Timestamp) -> Result<(), Refusal> {
        let until = at.checked_sub(REMEMBERED).unwrap_or(Timestamp::MIN);
        self.store.clear_strikes(None, until).map_err(refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_doubles_up_to_an_hour() {
        let minutes = |count| wait(count).map(|wait| wait.as_mins());
        let table = [
            (0, None),
            (9, None),
            (10, Some(1)),
            (11, Some(2)),
            (12, Some(4)),
            (15, Some(32)),
            (16, Some(60)),
            (40, Some(60)),
            (42, Some(60)),
            (u32::MAX, Some(60)),
        ];
        for (count, expected) in table {
            assert_eq!(minutes(count), expected, "{count}");
        }
    }
}
