//! A register of devices (架空) against one advisory after another: names of the products that real advisories have, under many makers and
//! with many models.

use std::error::Error;
use std::fs;

use ::cyber::device::{Device, Devices};
use ::cyber::document::{Advisory, Limits, read};
use serde_json::{Value, json};

use crate::clock;
use crate::cyber::data;
use crate::national::draw;

/// Makers beside those of the advisories.
const MAKERS: u64 = 3_000;

/// Measures so many devices.
pub fn run(count: u64) -> Result<Value, Box<dyn Error>> {
    let mut advisories = Vec::new();
    for file in fs::read_dir(data().join("cyber/csaf-icsma"))? {
        advisories.extend(Advisory::of(&read(&fs::read(file?.path())?, &Limits::UPLOAD)?));
    }
    advisories.sort_by(|a, b| a.id.cmp(&b.id));
    let products: Vec<(&str, &str)> = advisories
        .iter()
        .flat_map(|advisory| &advisory.products)
        .filter_map(|product| Some((product.vendor.as_deref()?, product.product.as_deref()?)))
        .collect();
    if products.is_empty() {
        return Err("no advisories are at hand: set RASHIN_DATA".into());
    }
    let devices = (0..count).map(|number| {
        let pick = |what| usize::try_from(draw(number, what, products.len() as u64)).unwrap_or_default();
        let ((vendor, _), (_, name)) = (products[pick(1)], products[pick(2)]);
        let (vendor, name) = if draw(number, 3, 50) == 0 {
            products[pick(1)]
        } else {
            (vendor, name)
        };
        Device {
            maker: if draw(number, 4, 4) == 0 {
                vendor.to_owned()
            } else {
                format!("架空機器{}株式会社", draw(number, 5, MAKERS))
            },
            name: if draw(number, 6, 3) == 0 {
                format!("架空装置 {name}")
            } else {
                name.to_owned()
            },
            model: format!("M{}", draw(number, 7, 10_000)),
            version: format!("{}.{}", draw(number, 8, 12), draw(number, 9, 20)),
            ..Device::default()
        }
    });
    let devices: Vec<Device> = devices.collect();
    let began = clock::wall();
    let devices = Devices::new(devices);
    let indexed = clock::wall() - began;
    let (mut milliseconds, mut matches) = (vec![], 0);
    for advisory in advisories.iter().cycle().take(advisories.len() * 5) {
        let began = clock::wall();
        matches += devices.against(advisory)?.matches.len();
        milliseconds.push((clock::wall() - began) * 1e3);
    }
    if matches == 0 {
        return Err("no device matched".into());
    }
    milliseconds.sort_by(f64::total_cmp);
    let rank = |share: usize| milliseconds[milliseconds.len() * share / 100];
    Ok(json!({
        "devices": count, "advisories": advisories.len(), "matches": matches / 5, "index_seconds": indexed,
        "advisory_p50_ms": rank(50), "advisory_p99_ms": rank(99),
    }))
}
