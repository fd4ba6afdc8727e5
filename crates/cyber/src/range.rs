//! Ranges of affected versions, as OSV writes them: events along the order of versions, and lists of single versions.
//!
//! A range is read once ([`Rule`]) and then asked often. What cannot be read never makes a version unaffected.

use std::borrow::Borrow;
use std::cmp::Ordering;

use serde::{Deserialize, Deserializer, Serialize};
use vocab::Refusal;

use crate::version::{Order, Version, sort_by};

/// Events of one kind of version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// What the events hold.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// What happens at which version, in any order.
    #[serde(default, deserialize_with = "events")]
    pub events: Vec<Event>,
}

/// What the events of a range hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Kind {
    /// Semantic versions.
    Semver,
    /// Versions in the order of the ecosystem.
    Ecosystem,
    /// Commits, which have no order without their repository.
    Git,
    /// A kind that came after this was written.
    #[serde(other)]
    Other,
}

/// What happens at a version.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Affected from here on; `0` is before every version.
    Introduced(String),
    /// Not affected from here on.
    Fixed(String),
    /// The last affected version.
    LastAffected(String),
    /// Nothing is said from here on; `*` is after every version.
    Limit(String),
}

impl Event {
    /// The version of the event.
    pub fn version(&self) -> &str {
        match self {
            Self::Introduced(version)
            | Self::Fixed(version)
            | Self::LastAffected(version)
            | Self::Limit(version) => version,
        }
    }

    /// At the same version, what ends a range counts after what begins it.
    fn rank(&self) -> u8 {
        match self {
            Self::Introduced(_) => 0,
            Self::LastAffected(_) => 1,
            Self::Fixed(_) => 2,
            Self::Limit(_) => 3,
        }
    }
}

/// Reads the events of a range; an object may name several, or some that are not known.
fn events<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Event>, D::Error> {
    #[derive(Deserialize)]
    struct Raw {
        introduced: Option<String>,
        fixed: Option<String>,
        last_affected: Option<String>,
        limit: Option<String>,
    }
    let raw = Option::<Vec<Raw>>::deserialize(deserializer)?.unwrap_or_default();
    let all = raw.into_iter().flat_map(|raw| {
        [
            raw.introduced.map(Event::Introduced),
            raw.last_affected.map(Event::LastAffected),
            raw.fixed.map(Event::Fixed),
            raw.limit.map(Event::Limit),
        ]
    });
    Ok(all.flatten().collect())
}

/// Where an event stands among versions.
#[derive(Debug, Clone)]
enum Point {
    Start,
    At(Version),
    End,
}

/// Ranges and lists of a record, read by an order.
#[derive(Debug, Clone)]
pub struct Rule {
    // There are hundreds of thousands of rules: what is rare is boxed, and lists have no room to grow.
    order: Result<Order, Box<Refusal>>,
    ranges: Box<[Sorted]>,
    listed: Box<[(String, Option<Version>)]>,
    /// Something that cannot be assessed, so that no answer can be "not affected".
    unread: Option<Box<Refusal>>,
}

#[derive(Debug, Clone)]
struct Sorted {
    kind: Kind,
    events: Box<[(Point, Event)]>,
}

/// Why a version is affected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Hit {
    /// It is in the list of affected versions, written so.
    Listed(String),
    /// A CPE name covers it.
    Named {
        /// The name, as a formatted string.
        name: String,
        /// Why its version is affected, where that is told beside the name.
        version: Option<Box<Hit>>,
    },
    /// It is the same file, by this digest.
    SameFile(String),
    /// It lies in a range from this event to that one, if the range ends.
    Range {
        /// What the range's events hold.
        kind: Kind,
        /// The last event before it.
        from: Event,
        /// The next event after it that ends the range.
        to: Option<Event>,
    },
}

/// Why a version is not in one range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Miss {
    /// It comes before the first affected version.
    Before(Event),
    /// This event ended the range before it.
    After(Event),
    /// It is not in the list of affected versions.
    Unlisted,
    /// This CPE name is another product's.
    Named(String),
}

impl Rule {
    /// Reads ranges and a list of versions by an order; without one only the list can be asked.
    pub fn new(order: Result<Order, Refusal>, ranges: &[Range], versions: &[String]) -> Self {
        let mut unread = None;
        let read = ranges
            .iter()
            .filter_map(|range| Sorted::read(range, &order, &mut unread));
        let read: Box<[Sorted]> = read.collect();
        let listed = versions.iter();
        let listed = listed.map(|text| (text.clone(), version(&order, text).ok()));
        let listed: Box<[_]> = listed.collect();
        if read.is_empty() && listed.is_empty() {
            unread.get_or_insert_with(no_range);
        } else {
            // Commits beside versions say the same in other words.
            unread = unread.filter(|cause| cause.kind != "only_commits");
        }
        Self {
            order: order.map_err(Box::new),
            ranges: read,
            listed,
            unread: unread.map(Box::new),
        }
    }

    /// Whether a version is affected, and why.
    ///
    /// # Errors
    ///
    /// What cannot be assessed: the version, an event or the whole kind of range. Then "not affected" would be a guess.
    pub fn assess(&self, text: &str) -> Result<Result<Hit, Vec<Miss>>, Refusal> {
        let version = version(&self.order, text);
        if let Some(listed) = self.listed(text, version.as_ref().ok()) {
            return Ok(Ok(Hit::Listed(listed.to_owned())));
        }
        let version = Point::At(version?);
        let mut misses = Vec::new();
        for range in &*self.ranges {
            match range.place(&version) {
                Place::Inside(from) => return Ok(Ok(range.hit(from, &version))),
                Place::Before(event) => misses.push(Miss::Before(event.clone())),
                Place::After(event) => misses.push(Miss::After(event.clone())),
                Place::Nowhere => {}
            }
        }
        if let Some(cause) = &self.unread {
            return Err((**cause).clone());
        }
        if !self.listed.is_empty() {
            misses.push(Miss::Unlisted);
        }
        Ok(Err(misses))
    }

    /// Whether a version that is read already is affected, without the proof; nothing where it cannot be assessed. The same as
    /// [`Rule::assess`] says, for asking often.
    pub(crate) fn affects(&self, text: &str, version: Option<&Version>) -> Option<bool> {
        if self.listed(text, version).is_some() {
            return Some(true);
        }
        let version = version?;
        if self.ranges.iter().any(|range| range.holds(version)) {
            return Some(true);
        }
        self.unread.is_none().then_some(false)
    }

    /// The listed version that a version is: written so, else equal to it.
    fn listed(&self, text: &str, version: Option<&Version>) -> Option<&str> {
        let same = |parsed: &Option<Version>| match (version, parsed) {
            (Some(version), Some(parsed)) => version.compare(parsed) == Some(Ordering::Equal),
            _ => false,
        };
        let written = self.listed.iter().find(|(listed, _)| listed == text);
        let listed = written.or_else(|| self.listed.iter().find(|(_, parsed)| same(parsed)));
        listed.map(|(listed, _)| listed.as_str())
    }
}

/// Where a version lies in a range.
enum Place<'r> {
    /// Affected since this event.
    Inside(&'r Event),
    /// Before the first event.
    Before(&'r Event),
    /// After the event that ended it.
    After(&'r Event),
    /// There are no events.
    Nowhere,
}

impl Sorted {
    /// Reads the events of a range; nothing if none can be read. What cannot be is told.
    fn read(range: &Range, order: &Result<Order, Refusal>, unread: &mut Option<Refusal>) -> Option<Self> {
        if !matches!(range.kind, Kind::Semver | Kind::Ecosystem) {
            unread.get_or_insert_with(only_commits);
            return None;
        }
        let mut events = Vec::new();
        for event in &range.events {
            let point = match (event, event.version()) {
                (Event::Introduced(_), "0") => Ok(Point::Start),
                (Event::Limit(_), "*") => Ok(Point::End),
                (_, text) => version(order, text).map(Point::At),
            };
            match point {
                Ok(point) => events.push((point, event.clone())),
                Err(cause) => *unread = Some(cause),
            }
        }
        sort_by(&mut events, |(a, event_a), (b, event_b)| {
            compare(a, b).then_with(|| event_a.rank().cmp(&event_b.rank()))
        });
        let kind = range.kind;
        let events = events.into_boxed_slice();
        (!events.is_empty()).then_some(Self { kind, events })
    }

    /// Walks the events up to the version: the last one decides, unless every limit lies before the version.
    fn place(&self, version: &Point) -> Place<'_> {
        self.walk(|point| compare(version, point))
    }

    fn holds(&self, version: &Version) -> bool {
        let order = |point: &Point| match point {
            Point::Start => Ordering::Greater,
            Point::At(other) => version.compare(other).unwrap_or(Ordering::Equal),
            Point::End => Ordering::Less,
        };
        matches!(self.walk(order), Place::Inside(_))
    }

    /// `order` is how the version stands to a point.
    fn walk(&self, order: impl Fn(&Point) -> Ordering) -> Place<'_> {
        let last_limit = self
            .events
            .iter()
            .rfind(|(_, event)| matches!(event, Event::Limit(_)));
        if let Some((limit, event)) = last_limit
            && order(limit).is_ge()
        {
            return Place::After(event);
        }
        let mut inside = None;
        let mut ended = None;
        for (point, event) in &*self.events {
            let order = order(point);
            match event {
                Event::Introduced(_) if order.is_ge() => inside = Some(event),
                Event::Fixed(_) if order.is_ge() => (inside, ended) = (None, Some(event)),
                Event::LastAffected(_) if order.is_gt() => (inside, ended) = (None, Some(event)),
                _ => {}
            }
        }
        match (inside, ended, self.events.first()) {
            (Some(from), ..) => Place::Inside(from),
            (None, Some(event), _) => Place::After(event),
            (None, None, Some((_, event))) => Place::Before(event),
            (None, None, None) => Place::Nowhere,
        }
    }

    fn hit(&self, from: &Event, version: &Point) -> Hit {
        Hit::Range {
            kind: self.kind,
            from: from.clone(),
            to: self.end_after(version).cloned(),
        }
    }

    fn end_after(&self, version: &Point) -> Option<&Event> {
        let ends = |(point, event): &&(Point, Event)| {
            !matches!(event, Event::Introduced(_)) && compare(version, point).is_le()
        };
        self.events.iter().find(ends).map(|(_, event)| event)
    }
}

fn version<E: Borrow<Refusal>>(order: &Result<Order, E>, text: &str) -> Result<Version, Refusal> {
    let order = order.as_ref().map_err(|cause| cause.borrow().clone())?;
    Version::parse(*order, text)
}

fn no_range() -> Refusal {
    Refusal::new(
        "no_range",
        "記録に影響を受けるバージョンが書かれていません。人が確かめてください。",
        "the record names no affected versions. A person must look at it.",
    )
}

fn only_commits() -> Refusal {
    Refusal::new(
        "only_commits",
        "影響の範囲がコミットで書かれていて、バージョンからは判定できません。人が確かめてください。",
        "the range is written in commits and cannot be told from a version. A person must look at it.",
    )
}

fn compare(a: &Point, b: &Point) -> Ordering {
    match (a, b) {
        (Point::At(a), Point::At(b)) => a.compare(b).unwrap_or(Ordering::Equal),
        (Point::Start, Point::Start) | (Point::End, Point::End) => Ordering::Equal,
        (Point::Start, _) | (_, Point::End) => Ordering::Less,
        (_, Point::Start) | (Point::End, _) => Ordering::Greater,
    }
}
