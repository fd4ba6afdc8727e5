//! What is known of a device version, as files that other programs read: CSAF VEX, and its bill with its vulnerabilities as `CycloneDX`.

use cyber::handout::Handout;
use cyber::provider::Publisher;
use store::sha256;
use vocab::{Lang, Refusal};

use super::super::{Desk, Visit};
use super::disclosed::bytes;
use super::watch::Device;
use super::{DEVICE, gate};

/// A form in which a device version is handed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandoutForm {
    /// Its vulnerabilities with what is said of each: CSAF 2.0, profile `csaf_vex`.
    Csaf,
    /// Its bill with the same: `CycloneDX` 1.6.
    CycloneDx,
}

impl Desk {
    /// A device version as a file, in this publisher's name, to whoever may read what was handed in for it.
    ///
    /// # Errors
    /// `sign-in`, `not-found`, this too where there is no VEX since nothing was found; `unavailable` while matching is not ready; why its bill cannot
    /// be read.
    pub fn device_handout(
        &self,
        visit: &Visit,
        (owner, id): (&str, &str),
        form: HandoutForm,
        publisher: &Publisher,
        program: &str,
    ) -> Result<Vec<u8>, Refusal> {
        let rashin = self.rashin()?;
        let kind = rashin.plan().kind(DEVICE).ok_or_else(super::super::unknown)?;
        let found = self.seen_record(visit, &rashin, kind, owner, id)?;
        let device = Device::of(owner, id, &found.record);
        let gate::Assessed { bill, matches, .. } = self
            .assess(visit.at, &device)?
            .ok_or_else(super::watch::closed)??;
        let maker = self.organisation_name(visit, owner, Lang::Ja);
        let document = format!("VEX-{owner}-{id}");
        let serial = sha256(format!("{} {document}", publisher.namespace).as_bytes());
        let handout = Handout {
            publisher,
            id: &document,
            serial: &serial,
            maker: &maker,
            name: &device.name,
            version: &device.version,
            codes: &device.gtins,
            bill: &bill,
            findings: &matches.findings,
            at: visit.at,
            program,
        };
        match form {
            HandoutForm::Csaf => bytes(&handout.csaf().ok_or_else(no_findings)?),
            HandoutForm::CycloneDx => bytes(&handout.cyclonedx()),
        }
    }
}

fn no_findings() -> Refusal {
    Refusal::new(
        "not-found",
        "この版に見つかっている脆弱性はないため、VEXはありません。部品表（CycloneDX）をお使いください。",
        "No vulnerability was found in this version, so there is no VEX. Take the bill (CycloneDX).",
    )
}
