//! Letters in words: the subject and the text of what somebody is written, in their language, with the addresses at which they find it.

use app::{Letter, NoticeView};
use vocab::Refusal;

use crate::i18n::{Messages, Texts};
use crate::pages::cases::page_of;
use crate::pages::internal;

/// Writes letters.
pub struct Secretary {
    messages: Messages,
    /// Address at which browsers reach the site, without a slash at its end.
    site: String,
}

/// A letter in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its subject.
    pub subject: String,
    /// Its text: lines, no markup.
    pub text: String,
}

impl Secretary {
    /// For a site at this address.
    ///
    /// # Errors
    /// The messages cannot be read.
    pub fn new(site: &str) -> Result<Self, Refusal> {
        Ok(Self {
            messages: Messages::load().map_err(|fault| internal(&fault))?,
            site: site.trim_end_matches('/').to_owned(),
        })
    }

    /// The letter in words.
    pub fn write(&self, letter: &Letter) -> Written {
        let t = self.messages.texts(letter.language);
        let mut lines = vec![t.with1("letter-to", "name", letter.name.as_str()), String::new()];
        let waiting: Vec<String> = letter
            .tasks
            .iter()
            .filter_map(|task| {
                let line = task.case.as_ref()?;
                let due = line
                    .due
                    .map_or_else(String::new, |due| t.with1("letter-by", "by", t.date(due)));
                Some(format!(
                    "- {} {}{due}\n  {}",
                    line.number,
                    line.name,
                    self.address(t, &page_of(line))
                ))
            })
            .collect();
        let all = letter.tasks.len() as u64 + letter.more_tasks;
        let others = all - waiting.len() as u64;
        if !letter.tasks.is_empty() {
            lines.push(t.with1("letter-waiting", "n", all.to_string()));
            lines.extend(waiting);
            if others > 0 {
                lines.push(t.with1("letter-others", "n", others.to_string()));
            }
            lines.extend([self.address(t, "/today"), String::new()]);
        }
        if !letter.notices.is_empty() {
            lines.push(t.text("letter-news"));
            for notice in &letter.notices {
                let path = about(notice);
                lines.push(format!(
                    "- {} {}: {}",
                    notice.number,
                    notice.name,
                    notice.text.get(t.lang())
                ));
                lines.push(format!("  {}", self.address(t, &path)));
            }
            if letter.more_notices > 0 {
                lines.push(t.with1("letter-others", "n", letter.more_notices.to_string()));
                lines.push(self.address(t, "/today"));
            }
            lines.push(String::new());
        }
        lines.push(t.text("letter-end"));
        let key = if letter.urgent {
            "letter-subject-urgent"
        } else if all == 0 {
            "letter-subject-notices"
        } else {
            "letter-subject"
        };
        let n = if letter.urgent || all == 0 {
            letter.notices.len() as u64 + letter.more_notices
        } else {
            all
        };
        Written {
            subject: t.with1(key, "n", n.to_string()),
            text: lines.join("\n"),
        }
    }

    fn address(&self, t: Texts<'_>, path: &str) -> String {
        format!("{}{}", self.site, t.path(path))
    }
}
/// The page of what a notice is about.
pub(crate) fn about(notice: &NoticeView) -> String {
    if notice.is_about_feed() {
        return "/cyber".to_owned();
    }
    format!("/registers/{}/{}/{}", notice.kind, notice.owner, notice.id)
}
