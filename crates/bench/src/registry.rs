//! A register of national size (架空): how fast a store takes its records in, finds them, and goes on writing. What is found is
//! compared with what the generator knows before any time is told.

use std::error::Error;
use std::path::Path;

use jiff::Timestamp;
use serde_json::{Value, json};
use store::{After, Change, Direction, Draft, Filter, Index, Key, Name, Query, Store, Test};
use store_postgres::Postgres;
use store_sqlite::Sqlite;

use crate::clock;

/// Drafts of one change, as an import writes them.
const BATCH: u64 = 20_000;
const MAKERS: u64 = 3_000;
const CODES: u64 = 4_400;
const DAYS: u64 = 7_000;
/// Different words in names. Names of five words are cut into their bigrams.
const WORDS: u64 = 3_000;
const PAGE: u32 = 50;
const ROUNDS: usize = 400;

/// Measures a store of so many records on one engine: `sqlite`, or `postgres` at the address in `RASHIN_TEST_POSTGRES`.
pub fn run(engine: &str, records: u64) -> Result<Value, Box<dyn Error>> {
    match engine {
        "sqlite" => {
            let folder = std::env::temp_dir().join(format!("rashin-registry-{}", std::process::id()));
            std::fs::create_dir_all(&folder)?;
            let measured = sqlite(&folder.join("registry.db"), records);
            std::fs::remove_dir_all(&folder)?;
            measured
        }
        "postgres" => {
            let url = std::env::var("RASHIN_TEST_POSTGRES")?;
            let store = Postgres::open(&url)?;
            measure(&store, records, &|| size_of_database(&url))
        }
        other => Err(format!("{other}: neither sqlite nor postgres").into()),
    }
}

fn sqlite(path: &Path, records: u64) -> Result<Value, Box<dyn Error>> {
    let store = Sqlite::open(path)?;
    measure(&store, records, &|| Ok(std::fs::metadata(path)?.len()))
}

/// After what an importer leaves to the server's own housekeeping: fresh statistics, and pending entries merged.
fn size_of_database(url: &str) -> Result<u64, Box<dyn Error>> {
    let mut client = postgres::Client::connect(url, postgres::NoTls)?;
    client.batch_execute("VACUUM ANALYZE")?;
    let size: i64 = client
        .query_one("SELECT pg_database_size(current_database())", &[])?
        .get(0);
    Ok(size.unsigned_abs())
}

/// A number below `below` that follows from two others.
pub fn draw(n: u64, what: u64, below: u64) -> u64 {
    // SplitMix64: each number of a sequence by itself.
    let mut mixed =
        (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (what + 1).wrapping_mul(0xd1b5_4a32_d192_ed03);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)) % below
}

/// The same, the smaller the more often.
pub fn skewed(n: u64, what: u64, below: u64) -> u64 {
    let part = draw(n, what, 1 << 16);
    (below * part * part * part) >> 48
}

/// One of a few, that follows from two numbers.
fn pick(n: u64, what: u64, from: &[&'static str]) -> &'static str {
    let at = usize::try_from(draw(n, what, from.len() as u64)).unwrap_or_default();
    from[at]
}

fn name(text: impl Into<String>) -> Result<Name, Box<dyn Error>> {
    Ok(Name::new(text)?)
}

/// One device of the register.
struct Device {
    n: u64,
    words: [u64; 5],
}

impl Device {
    fn of(n: u64) -> Self {
        let words = [10, 11, 12, 13, 14].map(|what| skewed(n, what, WORDS));
        Self { n, words }
    }

    fn id(&self) -> String {
        format!("{:012x}", draw(self.n, 0, 1 << 48))
    }

    fn maker(&self) -> String {
        format!("org-{}", draw(self.n, 1, MAKERS))
    }

    fn code(&self) -> String {
        format!("{:08}", 30_000_000 + skewed(self.n, 2, CODES))
    }

    fn class(&self) -> &'static str {
        pick(self.n, 3, &["1", "2", "2", "2", "3", "3", "4", "2"])
    }

    fn state(&self) -> &'static str {
        pick(self.n, 4, &["sold", "sold", "sold", "ended", "planned"])
    }

    fn approved(&self) -> String {
        let day = draw(self.n, 5, DAYS);
        format!(
            "{:04}-{:02}-{:02}",
            2005 + day / 336,
            day / 28 % 12 + 1,
            day % 28 + 1
        )
    }

    /// A word of three ideographs.
    fn word(number: u64) -> String {
        let ideograph = |what| char::from_u32(0x4e00 + u32::try_from(draw(number, what, 2_000)).unwrap_or(0));
        [20, 21, 22].into_iter().filter_map(ideograph).collect()
    }

    fn name(&self) -> String {
        let words: String = self.words.iter().map(|word| Self::word(*word)).collect();
        format!("架空{words}{:06}", self.n)
    }

    fn tokens(text: &str) -> Vec<String> {
        let characters: Vec<char> = text.chars().collect();
        characters.windows(2).map(|pair| pair.iter().collect()).collect()
    }

    fn index(&self, revised: u32) -> Result<Index, Box<dyn Error>> {
        let key = |field: &str, value: String| -> Result<_, Box<dyn Error>> { Ok((name(field)?, value)) };
        let mut tokens = Self::tokens(&self.name());
        tokens.extend(Self::tokens(&format!("架空工業{}", self.maker())));
        Ok(Index {
            keys: vec![
                key("maker", self.maker())?,
                key("code", self.code())?,
                key("class", self.class().into())?,
                key("approved", self.approved())?,
                key("name", self.name())?,
                key("revised", revised.to_string())?,
            ],
            references: vec![(
                name("maker")?,
                Key::new("registry", "organisation", self.maker())?,
            )],
            tokens,
        })
    }

    fn draft(&self, expected: u32) -> Result<Draft, Box<dyn Error>> {
        Ok(Draft {
            kind: name("device")?,
            id: name(self.id())?,
            expected,
            parent: Some(name(format!("family-{}", draw(self.n, 6, 100_000)))?),
            state: Some(name(self.state())?),
            body: json!({
                "name": self.name(), "maker": self.maker(), "code": self.code(), "class": self.class(),
                "approved": self.approved(), "udi": self.id(), "model": format!("KK-{:06}", self.n),
                "price": draw(self.n, 7, 10_000_000).to_string(), "origin": "JP", "insured": draw(self.n, 8, 2) == 1,
                "revised": expected, "remarks": "架空の機器です。測るためだけのものです。",
            }),
            index: self.index(expected)?,
        })
    }
}

fn change(owner: &str, drafts: Vec<Draft>) -> Result<Change, Box<dyn Error>> {
    Ok(Change {
        owner: name(owner)?,
        at: Timestamp::UNIX_EPOCH,
        actor: name("system")?,
        action: name("import")?,
        detail: Value::Null,
        drafts,
        erase: vec![],
        blobs: vec![],
        jobs: vec![],
    })
}

fn measure(
    store: &dyn Store,
    records: u64,
    size: &dyn Fn() -> Result<u64, Box<dyn Error>>,
) -> Result<Value, Box<dyn Error>> {
    let (mut writing, mut processor) = (0.0, 0.0);
    let mut slowest: f64 = 0.0;
    for batch in 0..records.div_ceil(BATCH) {
        let devices = (batch * BATCH..records.min((batch + 1) * BATCH)).map(Device::of);
        let drafts = devices.map(|device| device.draft(0)).collect::<Result<_, _>>()?;
        let change = change(&owner(batch), drafts)?;
        let (began, ran) = (clock::wall(), clock::processor());
        store.commit(&change)?;
        processor += clock::processor() - ran;
        let spent = clock::wall() - began;
        writing += spent;
        slowest = slowest.max(spent);
    }
    let bytes = size()?;
    let mut report = json!({
        "records": records,
        "import_rows_per_s": (records as f64 / writing).round(),
        "import_cpu_us_per_row": (processor * 1e6 / records as f64).round(),
        "slowest_change_s": slowest,
        "bytes": bytes,
        "bytes_per_record": bytes / records,
    });
    for (what, query) in questions() {
        let timed = timed(|round| {
            let query = query(draw(round, 30, records))?;
            let found = store.list(&query)?;
            check(&query, &found)?;
            Ok(())
        })?;
        report[what] = timed;
    }
    let devices = Query::of(name("device")?);
    let pages = timed(|round| {
        let at = Device::of(draw(round, 31, records));
        let first = ordered("approved", Direction::Down)?;
        let after = After {
            owner: name(owner(at.n / BATCH))?,
            id: name(at.id())?,
            value: at.approved(),
        };
        let query = Query {
            after: Some(after),
            ..first
        };
        check(&query, &store.list(&query)?)
    })?;
    report["page in the middle"] = pages;
    report["one record"] = timed(|round| {
        let at = Device::of(draw(round, 32, records));
        let key = Key::new(owner(at.n / BATCH), "device", at.id())?;
        let found = store.newest(&key)?.ok_or("a record is missing")?;
        (found.key == key)
            .then_some(())
            .ok_or_else(|| "another record".into())
    })?;
    report["count of a class, to 10,000"] = timed(|_| {
        let query = Query {
            filters: vec![is("class", "3")?],
            ..devices.clone()
        };
        let found = store.count(&query, 10_000)?;
        (found > 0)
            .then_some(())
            .ok_or_else(|| "nothing is counted".into())
    })?;
    report["one record written"] = timed(|round| {
        let at = Device::of(round);
        store.commit(&change(&owner(0), vec![at.draft(1)?])?)?;
        Ok(())
    })?;
    Ok(report)
}

/// Whose records a batch is.
fn owner(batch: u64) -> String {
    format!("agency-{}", batch % 5)
}

/// Milliseconds of many rounds: half of them, and all but one in a hundred, took no longer.
fn timed(mut work: impl FnMut(u64) -> Result<(), Box<dyn Error>>) -> Result<Value, Box<dyn Error>> {
    let mut milliseconds = vec![];
    for round in (0_u64..).take(ROUNDS) {
        let began = clock::wall();
        work(round)?;
        milliseconds.push((clock::wall() - began) * 1e3);
    }
    milliseconds.sort_by(f64::total_cmp);
    let at = |part: usize| (milliseconds[ROUNDS * part / 100] * 100.0).round() / 100.0;
    Ok(json!({ "p50_ms": at(50), "p99_ms": at(99) }))
}

type Question = fn(u64) -> Result<Query, Box<dyn Error>>;

fn is(field: &str, value: &str) -> Result<Filter, Box<dyn Error>> {
    test(field, Test::Is(value.into()))
}

fn test(field: &str, test: Test) -> Result<Filter, Box<dyn Error>> {
    Ok(Filter {
        field: name(field)?,
        test,
    })
}

fn filtered(filters: Vec<Filter>) -> Result<Query, Box<dyn Error>> {
    Ok(Query {
        filters,
        limit: PAGE,
        ..Query::of(name("device")?)
    })
}

fn ordered(field: &str, direction: Direction) -> Result<Query, Box<dyn Error>> {
    Ok(Query {
        order: Some((name(field)?, direction)),
        ..filtered(vec![])?
    })
}

/// What people ask of a register; each question about a record that is there.
fn questions() -> Vec<(&'static str, Question)> {
    vec![
        ("list", |_| filtered(vec![])),
        ("list of a state", |n| {
            let state = Some(name(Device::of(n).state())?);
            Ok(Query {
                state,
                ..filtered(vec![])?
            })
        }),
        ("list of a parent", |n| {
            let parent = Device::of(n).draft(0)?.parent;
            Ok(Query {
                parent,
                ..filtered(vec![])?
            })
        }),
        ("filter by maker", |n| {
            filtered(vec![is("maker", &Device::of(n).maker())?])
        }),
        ("filter by class", |n| {
            filtered(vec![is("class", Device::of(n).class())?])
        }),
        ("filter by class and code", |n| {
            let at = Device::of(n);
            filtered(vec![is("class", at.class())?, is("code", &at.code())?])
        }),
        ("filter by class, code and days", |n| {
            let at = Device::of(n);
            let days = Test::Between(at.approved(), "2020-01-01".into());
            filtered(vec![
                is("class", at.class())?,
                is("code", &at.code())?,
                test("approved", days)?,
            ])
        }),
        ("filter by one of three codes", |n| {
            let codes = [n, n + 1, n + 2].map(|n| Device::of(n).code());
            filtered(vec![test("code", Test::OneOf(codes.into()))?])
        }),
        ("filter by prefix of a name", |n| {
            let prefix = Device::of(n).name().chars().take(5).collect();
            filtered(vec![test("name", Test::Prefix(prefix))?])
        }),
        ("sort by name", |_| ordered("name", Direction::Up)),
        ("sort by day, of a maker", |n| {
            let filters = vec![is("maker", &Device::of(n).maker())?];
            Ok(Query {
                filters,
                ..ordered("approved", Direction::Down)?
            })
        }),
        ("sort by name, of a class and days", |n| {
            let at = Device::of(n);
            let filters = vec![
                is("class", at.class())?,
                test("approved", Test::From(at.approved()))?,
            ];
            Ok(Query {
                filters,
                ..ordered("name", Direction::Up)?
            })
        }),
        ("sort by day, of a code", |n| {
            let filters = vec![is("code", &Device::of(n).code())?];
            Ok(Query {
                filters,
                ..ordered("approved", Direction::Down)?
            })
        }),
        ("search for a word", |n| searched(&[Device::of(n).words[1]])),
        ("search for two words", |n| {
            let words = Device::of(n).words;
            searched(&[words[0], words[3]])
        }),
        ("search for a word, by day, of a class", |n| {
            let at = Device::of(n);
            let order = Some((name("approved")?, Direction::Down));
            Ok(Query {
                order,
                filters: vec![is("class", at.class())?],
                ..searched(&[at.words[2]])?
            })
        }),
        ("who refers to a maker", |n| {
            let to = Key::new("registry", "organisation", Device::of(n).maker())?;
            Ok(Query {
                refers: Some((None, to)),
                ..filtered(vec![])?
            })
        }),
    ]
}

fn searched(words: &[u64]) -> Result<Query, Box<dyn Error>> {
    let words = words.iter().flat_map(|word| Device::tokens(&Device::word(*word)));
    Ok(Query {
        tokens: words.collect(),
        ..filtered(vec![])?
    })
}

/// What was found meets the query, and something was found.
fn check(query: &Query, found: &[store::Version]) -> Result<(), Box<dyn Error>> {
    let text = |version: &store::Version, field: &str| {
        let body = version.body.as_ref().and_then(|body| body.get(field));
        body.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    for version in found {
        for Filter { field, test } in &query.filters {
            let value = text(version, field.as_str());
            let passes = match test {
                Test::Is(text) => value == *text,
                Test::OneOf(texts) => texts.contains(&value),
                Test::From(from) => value >= *from,
                Test::To(to) => value <= *to,
                Test::Between(from, to) => value >= *from && value <= *to,
                Test::Prefix(prefix) => value.starts_with(prefix.as_str()),
            };
            if !passes {
                return Err(format!("{}: {value} was found for {test:?}", version.key).into());
            }
        }
        let name = text(version, "name");
        if let Some(token) = query.tokens.iter().find(|token| !name.contains(token.as_str())) {
            return Err(format!("{}: {name} was found for {token}", version.key).into());
        }
    }
    if let Some((field, direction)) = &query.order {
        let values: Vec<String> = found
            .iter()
            .map(|version| text(version, field.as_str()))
            .collect();
        let sorted = match direction {
            Direction::Up => values.is_sorted(),
            Direction::Down => values.iter().rev().is_sorted(),
        };
        if !sorted {
            return Err(format!("not in the order of {field}").into());
        }
    }
    let may_be_empty = query.filters.len() > 2;
    if found.is_empty() && !may_be_empty {
        return Err(format!("nothing was found for {query:?}").into());
    }
    Ok(())
}
