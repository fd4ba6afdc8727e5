//! The rules against real registries: every real code passes, and a check digit sees exactly what its arithmetic can see.
//! The registries are not part of the repository; without them each test says so and is skipped.

#![expect(clippy::unwrap_used, reason = "a registry that cannot be read fails the test")]

use std::io::Read;
use std::path::PathBuf;

use vocab::codes::{
    CorporateNumber, EdinetCode, Gtin, Hibc, HsCode, MedicalInstitutionCode, SecuritiesCode,
    SpecifiedMaterial,
};

#[path = "../../../tests/data.rs"]
mod sets;

use sets::data;

/// One column of a CSV, trimmed of a byte-order mark, blanks left out.
fn column(bytes: &[u8], column: usize) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes);
    let field = |record: csv::ByteRecord| String::from_utf8_lossy(&record[column]).into_owned();
    reader
        .byte_records()
        .map(|record| field(record.unwrap()))
        .filter(|field| !field.is_empty())
        .collect()
}

fn unzipped(path: PathBuf) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut bytes = Vec::new();
    archive.by_index(0).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

fn edinet(at: usize) -> Option<Vec<String>> {
    let path = data("registry/edinet-codes.csv")?;
    Some(column(&std::fs::read(path).unwrap(), at).split_off(1))
}

/// Every text that differs from a code in one character, with the place of the difference.
fn single_errors<'a>(code: &'a str, alphabet: &'a str) -> impl Iterator<Item = (usize, String)> + 'a {
    code.char_indices().flat_map(move |(at, right)| {
        let wrong = alphabet.chars().filter(move |&c| c != right);
        wrong.map(move |c| (at, format!("{}{c}{}", &code[..at], &code[at + 1..])))
    })
}

const DIGITS: &str = "0123456789";

fn institutions() -> Option<Vec<String>> {
    let rows = column(&unzipped(data("registry/medical-institutions-2025-08.zip")?), 0);
    let complete = |row: &String| {
        let (prefecture, body) = row.split_at(2);
        // The list leaves out the table digit; few fit with 3 alone.
        let candidates = [1, 3].map(|table| format!("{prefecture}{table}{body}"));
        candidates
            .into_iter()
            .find(|code| code.parse::<MedicalInstitutionCode>().is_ok())
            .unwrap_or_else(|| row.clone())
    };
    Some(rows.iter().map(complete).collect())
}

#[test]
fn all_medical_institutions_pass() {
    let Some(codes) = institutions() else { return };
    assert_eq!(codes.len(), 97_024);
    for code in &codes {
        assert_eq!(code.parse::<MedicalInstitutionCode>().unwrap().as_str(), code);
    }
    assert_eq!(codes.iter().filter(|code| code.as_bytes()[2] == b'3').count(), 27);
}

/// Luhn sees every single error among the digits it covers. The exceptions follow from the rule itself: in prefectures 11 to 14 the
/// check digit does not cover prefecture and table, so an error there passes. An error into or out of these prefectures changes which
/// rule applies, and passes where prefecture and table add nothing to the longer sum, as in 16 and 24 with table 1.
#[test]
fn a_medical_institution_code_shows_every_single_error_that_it_covers() {
    let Some(codes) = institutions() else { return };
    let body_only = |code: &str| ("11"..="14").contains(&&code[..2]);
    let adds_nothing = |code: &str| {
        let digit = |at: usize| u32::from(code.as_bytes()[at] - b'0');
        let doubled = |d: u32| 2 * d / 10 + 2 * d % 10;
        (doubled(digit(0)) + digit(1) + doubled(digit(2))).is_multiple_of(10)
    };
    for code in codes.iter().step_by(31) {
        for (at, wrong) in single_errors(code, DIGITS) {
            let well_formed = ("01"..="47").contains(&&wrong[..2]) && ["1", "3"].contains(&&wrong[2..3]);
            let unseen = match (body_only(code), body_only(&wrong)) {
                (false, false) => false,
                (true, true) => at < 3,
                (true, false) => adds_nothing(&wrong),
                (false, true) => adds_nothing(code),
            };
            let accepted = wrong.parse::<MedicalInstitutionCode>().is_ok();
            assert_eq!(accepted, well_formed && unseen, "{code} {wrong}");
        }
    }
}

#[test]
fn all_corporate_numbers_pass_and_show_every_single_error_but_a_zero_for_a_nine() {
    let Some(numbers) = edinet(12) else { return };
    assert_eq!(numbers.len(), 6_735);
    for number in &numbers {
        assert_eq!(number.parse::<CorporateNumber>().unwrap().as_str(), number);
    }
    for number in numbers.iter().step_by(5) {
        for (at, wrong) in single_errors(number, DIGITS) {
            let pair = [number.as_bytes()[at], wrong.as_bytes()[at]];
            // Weights 1 and 2 have an inverse modulo 9, so only digits equal modulo 9 are confused; the check digit itself is never 0.
            let unseen = at > 0 && (pair == *b"09" || pair == *b"90");
            assert_eq!(
                wrong.parse::<CorporateNumber>().is_ok(),
                unseen,
                "{number} {wrong}"
            );
        }
    }
}

#[test]
fn all_filers_and_materials_pass_unchanged() {
    let (Some(filers), Some(securities)) = (edinet(0), edinet(11)) else {
        return;
    };
    assert_eq!((filers.len(), securities.len()), (10_669, 3_943));
    for code in filers {
        assert_eq!(code.parse::<EdinetCode>().unwrap().as_str(), code);
    }
    for code in securities {
        assert_eq!(code.parse::<SecuritiesCode>().unwrap().as_str(), code);
        assert_eq!(code[..4].parse::<SecuritiesCode>().unwrap().as_str(), code);
    }
    let Some(master) = data("registry/specified-treatment-materials-2024-03.zip") else {
        return;
    };
    for code in column(&unzipped(master), 2) {
        assert_eq!(code.parse::<SpecifiedMaterial>().unwrap().as_str(), code);
    }
    let Some(headings) = data("world/hs-9018-9022.csv") else {
        return;
    };
    for code in column(&std::fs::read(headings).unwrap(), 1).into_iter().skip(1) {
        assert_eq!(code.parse::<HsCode>().is_ok(), code.len() == 6, "{code}");
    }
}

/// Weights 3 and 1 have an inverse modulo 10: every single error shows, and exactly one digit completes a number.
#[test]
fn a_gtin_shows_every_single_error() {
    let Some(numbers) = edinet(12) else { return };
    for body in numbers.iter().step_by(5) {
        let complete = |c: char| Some(format!("{body}{c}")).filter(|code| code.parse::<Gtin>().is_ok());
        let codes: Vec<String> = DIGITS.chars().filter_map(complete).collect();
        assert_eq!(codes.len(), 1, "{body}");
        assert!(
            single_errors(&codes[0], DIGITS).all(|(_, wrong)| wrong.parse::<Gtin>().is_err()),
            "{codes:?}"
        );
    }
}

/// 43 is prime and larger than any difference of values: every single error shows.
#[test]
fn an_hibc_shows_every_single_error() {
    let alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-._$/+%";
    let Some(filers) = edinet(0) else { return };
    for filer in filers.iter().step_by(50) {
        let complete =
            |c: char| Some(format!("+{filer}/$$3270331LOT{c}")).filter(|code| code.parse::<Hibc>().is_ok());
        let codes: Vec<String> = alphabet.chars().filter_map(complete).collect();
        assert_eq!(codes.len(), 1, "{filer}");
        assert!(
            single_errors(&codes[0], alphabet).all(|(_, wrong)| wrong.parse::<Hibc>().is_err()),
            "{codes:?}"
        );
    }
}
