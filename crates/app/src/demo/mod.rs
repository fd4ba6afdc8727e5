//! Made-up firms and answers (架空データ), the same for the same seed: for trying a year out and for tests. It only makes values; nothing in
//! it is, or looks like, a real firm.

mod fill;
mod records;
mod security;
mod supply;

pub use fill::DemoAccount;
pub use security::demo_advisories;

use indicator::stats::sample::Spread;
use plan::Text;
use vocab::Refusal;

/// A made-up firm.
#[derive(Debug, Clone, PartialEq)]
pub struct DemoFirm {
    /// Id of its organisation, such as `demo-domestic-01`.
    pub organisation: String,
    /// Its name, which says that it does not exist.
    pub name: Text,
    /// Device sales in 億円: a whole number, one or more.
    pub sales: f64,
    /// Investment in Japan in 億ドル a year, to two places.
    pub investment: f64,
}

/// How made-up firms scatter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DemoSpread {
    /// Median of sales, in 億円.
    pub sales: f64,
    /// Median of investment over sales, in 億ドル for each 億円.
    pub ratio: f64,
    /// Coefficient of variation of both.
    pub cv: f64,
}

/// So many firms of a part, log-normally spread.
///
/// # Errors
/// A spread that cannot be, such as a median of zero.
pub fn firms(part: &str, count: usize, spread: DemoSpread, seed: u64) -> Result<Vec<DemoFirm>, Refusal> {
    let (ja, en) = match part {
        "foreign" => ("架空外資医療機器", "Imaginary Foreign Devices"),
        _ => ("架空医療機器", "Imaginary Devices"),
    };
    let log_sd = (1.0 + spread.cv * spread.cv).ln().sqrt();
    let draw = |median: f64, stream: u64| {
        let mut values = vec![0.0; count];
        Spread::LogNormal { median, log_sd }
            .fill(&mut values, seed, stream)
            .map(|()| values)
    };
    let (sales, ratios) = (draw(spread.sales, 0)?, draw(spread.ratio, 1)?);
    let firms = (1..).zip(sales.into_iter().zip(ratios));
    Ok(firms
        .map(|(number, (sales, ratio))| {
            let sales = sales.round().max(1.0);
            DemoFirm {
                organisation: format!("demo-{part}-{number:02}"),
                name: Text {
                    ja: format!("{ja}{number:02}株式会社"),
                    en: format!("{en} {number:02} Ltd."),
                },
                sales,
                investment: (sales * ratio * 100.0).round() / 100.0,
            }
        })
        .collect())
}
