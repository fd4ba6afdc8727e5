//! What was taken of a database into a portfolio, so that the next one is taken only as far as it says something else. Whatever was taken before,
//! the portfolio is left as by the last database alone. Of each entry a number is kept, never the entry.

use std::collections::{BTreeSet, HashMap};

use vocab::Refusal;

use super::table::{Source, Span, Table};
use super::{Database, decode};
use crate::document::Advisory;
use crate::osv::Record;
use crate::portfolio::Portfolio;

/// What was taken.
#[derive(Debug, Default)]
pub struct Taken {
    /// Which taking this is: what an earlier one saw last is gone.
    round: u32,
    records: HashMap<Box<str>, Mark>,
    advisories: HashMap<Box<str>, Mark>,
    /// The records that advisories make, with the number of their advisory.
    made: HashMap<Box<str>, u64>,
    /// What is known to be exploited, as the catalogue writes it.
    exploited: BTreeSet<String>,
}

/// An entry that was taken.
#[derive(Debug)]
struct Mark {
    says: u64,
    round: u32,
    /// Identifiers of the records that an advisory makes; a record is its own.
    makes: Box<[Box<str>]>,
}

/// An entry that says something else than what was taken under its key, or that is new.
struct News {
    key: Box<str>,
    span: Span,
}

impl Taken {
    /// Takes a database in the place of what was taken before. The identifiers of records that came, changed or went, and the names of what is exploited
    /// now or not any more, are added to `changed`; advisories that came or changed are handed over, and the keys alone of those that went. Where this
    /// fails, what was taken until then is in there, and taking again goes on from it.
    ///
    /// # Errors
    ///
    /// `damaged_database`, `unreadable_database`.
    pub fn take<S: Source>(
        &mut self,
        database: &Database<S>,
        portfolio: &mut Portfolio,
        changed: &mut BTreeSet<String>,
        mut advisory_is: impl FnMut(&str, Option<Advisory>),
    ) -> Result<(), Refusal> {
        let source = &database.source;
        self.round = self.round.wrapping_add(1);
        let records = news(&mut self.records, self.round, source, &database.records)?;
        let advisories = news(&mut self.advisories, self.round, source, &database.advisories)?;
        // What went goes first: what came may have its identifier.
        for id in gone(&mut self.records, self.round).into_keys() {
            portfolio.withdraw_record(&id);
            changed.insert(id.into());
        }
        for (key, mark) in gone(&mut self.advisories, self.round) {
            self.unmake(&mark.makes, portfolio, changed);
            advisory_is(&key, None);
        }
        for News { key, span } in records {
            let record: Record = decode(&span.read(source)?)?;
            portfolio.put_record(&record);
            changed.insert(record.id);
            self.records
                .insert(key, Mark::of(span, self.round, Box::default()));
        }
        for News { key, span } in advisories {
            let advisory: Advisory = decode(&span.read(source)?)?;
            if let Some(mark) = self.advisories.remove(&key) {
                self.unmake(&mark.makes, portfolio, changed);
            }
            let mut makes = Vec::new();
            for record in advisory.records() {
                portfolio.put_record(&record);
                self.made.insert(record.id.as_str().into(), span.says());
                makes.push(record.id.as_str().into());
                changed.insert(record.id);
            }
            advisory_is(&key, Some(advisory));
            self.advisories
                .insert(key, Mark::of(span, self.round, makes.into()));
        }
        let exploited = database.all_exploited()?;
        if self.exploited != exploited {
            changed.extend(self.exploited.symmetric_difference(&exploited).cloned());
            portfolio.set_exploited(exploited.clone());
            self.exploited = exploited;
        }
        Ok(())
    }

    /// A number that is another when what was taken of a record says something else; none of what was not taken.
    #[must_use]
    pub fn says(&self, record: &str) -> Option<u64> {
        let own = self.records.get(record).map(|mark| mark.says);
        own.or_else(|| self.made.get(record).copied())
    }

    fn unmake(&mut self, records: &[Box<str>], portfolio: &mut Portfolio, changed: &mut BTreeSet<String>) {
        for id in records {
            self.made.remove(id);
            portfolio.withdraw_record(id);
            changed.insert(id.to_string());
        }
    }
}

impl Mark {
    fn of(span: Span, round: u32, makes: Box<[Box<str>]>) -> Self {
        Self {
            says: span.says(),
            round,
            makes,
        }
    }
}

/// Marks what is there still, and gives what is to be read.
fn news(
    taken: &mut HashMap<Box<str>, Mark>,
    round: u32,
    source: &impl Source,
    table: &Table,
) -> Result<Vec<News>, Refusal> {
    let mut news = Vec::new();
    table.places(source, |key, span| {
        let known = taken.get_mut(key).is_some_and(|mark| {
            mark.round = round;
            mark.says == span.says()
        });
        if !known {
            let key = key.into();
            news.push(News { key, span });
        }
        Ok(())
    })?;
    Ok(news)
}

/// What this round has not seen.
fn gone(taken: &mut HashMap<Box<str>, Mark>, round: u32) -> HashMap<Box<str>, Mark> {
    taken.extract_if(|_, mark| mark.round != round).collect()
}
