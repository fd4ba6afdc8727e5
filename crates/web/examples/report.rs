//! Serves the site with an edition published and its successor in preparation, for those who look at the report: `cargo run -p web
//! --example report`. The address is the first argument, 127.0.0.1:8899 without one.

use std::path::Path;
use std::sync::Arc;

use app::{Desk, MINISTRY, Visit};
use authz::{Caller, Role};
use plan::Files;
use store_sqlite::Sqlite;
use tokio::net::TcpListener;
use vocab::Period;
use web::{House, serve};

const NOW: &str = "2026-06-01T00:00:00Z";

/// A re-statement, so that the second edition has something to tell.
const CORRECTION: &str = r#"
[[observation]]
series = "domestic_investment_usd"
period = "FY2024"
value = "45億ドル/年"
printed = "約45億ドル"
source = "interim-2026"
section = "架空の訂正"
recorded = "2026-05-15"
author = "架空の記入者"
approver = "架空の承認者"
"#;

fn visit(account: &str, role: Role) -> Result<Visit, jiff::Error> {
    Ok(Visit {
        at: NOW.parse()?,
        caller: Some(Caller {
            account: account.into(),
            organisation: MINISTRY.into(),
            roles: vec![role],
            key: None,
            lent: None,
        }),
    })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let place = std::env::args().nth(1);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plan");
    let files = Files::from_folder(&folder).map_err(|faults| format!("{faults:?}"))?;
    let scratch = tempfile::tempdir()?;
    let store = Arc::new(Sqlite::open(&scratch.path().join("report.db"))?);
    let open = |files: Files| {
        let store = Arc::<Sqlite>::clone(&store);
        Arc::new(Desk::new(files, store, Box::new(|bytes| bytes.fill(7))))
    };
    let (writer, approver) = (
        visit("writer", Role::Secretariat)?,
        visit("approver", Role::Approver)?,
    );
    let year = Period::containing("2026-03-31".parse()?);
    let first = open(files.clone());
    let id = first.start_edition(&writer, year, "2026-04-30".parse()?, None)?;
    first.hand_in(&writer, &id)?;
    first.publish(&approver, &id)?;
    let texts = files
        .iter()
        .map(|(path, text)| (path.to_owned(), text.to_owned()));
    let more = ("series/zz-corrections.toml".to_owned(), CORRECTION.to_owned());
    let second = open(Files::from_texts(texts.chain([more])));
    let next = second.start_edition(&writer, year, "2026-05-31".parse()?, Some(&id))?;
    second.hand_in(&writer, &next)?;
    second.publish(&approver, &next)?;
    let clock = Box::new(|| NOW.parse().unwrap_or_default());
    let house = House::new(second, clock)?;
    let listener = TcpListener::bind(place.as_deref().unwrap_or("127.0.0.1:8899")).await?;
    serve(listener, house, std::future::pending()).await?;
    Ok(())
}
