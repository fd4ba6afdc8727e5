//! What a file that was handed in is, told by its contents and never by its name; and the name under which it is kept. A file is hostile: it is
//! looked at within limits, nothing in it is run, and what might run (macros, scripts in markup) is not taken.

use std::io::{Cursor, Read as _};

use cyber::document::is_tag_value;
use encoding_rs::SHIFT_JIS;

/// The most that is read of the list of parts in an Office file, in bytes.
const PARTS: u64 = 1_000_000;
/// The longest name, in characters, with its ending.
const NAME: usize = 120;

/// A name of [`plan::FILE_TYPES`]; none for what is none of them. Text is JSON, XML or SPDX tag-value by its form, and CSV by its name
/// alone, as every text could be that.
pub(crate) fn file_type(name: &str, bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [b'%', b'P', b'D', b'F', b'-', ..] => Some("pdf"),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("png"),
        [0xff, 0xd8, 0xff, ..] => Some("jpeg"),
        [b'P', b'K', 3, 4, ..] => office(bytes),
        _ => text(name, bytes),
    }
}

/// A workbook or document without macros.
fn office(bytes: &[u8]) -> Option<&'static str> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).ok()?;
    if archive
        .file_names()
        .any(|part| part.to_ascii_lowercase().ends_with("vbaproject.bin"))
    {
        return None;
    }
    let mut parts = String::new();
    let list = archive.by_name("[Content_Types].xml").ok()?;
    list.take(PARTS).read_to_string(&mut parts).ok()?;
    if parts.contains("macroEnabled") {
        return None;
    }
    [
        ("xlsx", "spreadsheetml.sheet.main+xml"),
        ("docx", "wordprocessingml.document.main+xml"),
    ]
    .into_iter()
    .find(|(_, main)| parts.contains(main))
    .map(|(name, _)| name)
}

fn text(name: &str, bytes: &[u8]) -> Option<&'static str> {
    if bytes.is_empty() || bytes.contains(&0) {
        return None;
    }
    let is_csv = name.to_ascii_lowercase().ends_with(".csv");
    let Ok(text) = str::from_utf8(bytes) else {
        // What Excel in Japan writes.
        let (_, _, broken) = SHIFT_JIS.decode(bytes);
        return (is_csv && !broken).then_some("csv");
    };
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with('<') {
        return (!is_page(text)).then_some("xml");
    }
    if text.starts_with(['{', '[']) && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() {
        return Some("json");
    }
    if is_tag_value(text) {
        return Some("spdx");
    }
    is_csv.then_some("csv")
}

/// Whether a browser could run what is in it, or it brings entities of its own.
fn is_page(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    [
        "<html",
        "<!doctype",
        "<!entity",
        "<svg",
        "<script",
        "http://www.w3.org/1999/xhtml",
        "http://www.w3.org/2000/svg",
        "<?xml-stylesheet",
    ]
    .iter()
    .any(|mark| text.contains(mark))
}

/// The name under which a file is kept: without folders, control characters and signs that turn the direction of writing, not too long, and with
/// the ending of what it is.
pub(crate) fn file_name(name: &str, file_type: &str) -> String {
    let turns = |c: char| matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last.chars().filter(|c| !c.is_control() && !turns(*c)).collect();
    let endings: &[&str] = match file_type {
        "jpeg" => &["jpeg", "jpg"],
        _ => &[file_type],
    };
    let (stem, ending) = plain.rsplit_once('.').unwrap_or((&plain, ""));
    let known = endings.iter().find(|known| known.eq_ignore_ascii_case(ending));
    let (stem, ending) = known.map_or((plain.as_str(), file_type), |known| (stem, *known));
    let stem: String = stem.chars().take(NAME - ending.len() - 1).collect();
    let stem = stem
        .trim_end()
        .trim_start_matches(|c: char| c == '.' || c.is_whitespace());
    let stem = if stem.is_empty() { "file" } else { stem };
    format!("{stem}.{ending}")
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;

    use super::*;

    fn zipped(parts: &[(&str, &str)]) -> Vec<u8> {
        let mut archive = zip::ZipWriter::new(Cursor::new(vec![]));
        for (name, text) in parts {
            archive
                .start_file(*name, zip::write::SimpleFileOptions::default())
                .unwrap();
            archive.write_all(text.as_bytes()).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    #[test]
    fn a_file_is_what_its_contents_are() {
        const TYPES: &str = "[Content_Types].xml";
        let sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml";
        let document = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml";
        let cases: [(&str, Vec<u8>, Option<&str>); 26] = [
            ("a.pdf", b"%PDF-1.7\n".to_vec(), Some("pdf")),
            ("a.exe", b"%PDF-1.7\n".to_vec(), Some("pdf")),
            ("a.pdf", b"MZ\x90\x00".to_vec(), None),
            ("a.png", b"\x89PNG\r\n\x1a\n....".to_vec(), Some("png")),
            ("a.jpg", b"\xff\xd8\xff\xe0".to_vec(), Some("jpeg")),
            ("a.xlsx", zipped(&[(TYPES, sheet)]), Some("xlsx")),
            ("a.docx", zipped(&[(TYPES, document)]), Some("docx")),
            (
                "a.xlsm",
                zipped(&[(TYPES, sheet), ("xl/vbaProject.bin", "")]),
                None,
            ),
            ("a.xlsm", zipped(&[(TYPES, "sheet.macroEnabled.main+xml")]), None),
            ("a.zip", zipped(&[("a.txt", "a")]), None),
            ("a.xlsx", b"PK\x03\x04broken".to_vec(), None),
            ("a.json", b"{\"a\": [1]}".to_vec(), Some("json")),
            ("a.json", b"{\"a\": ".to_vec(), None),
            (
                "a.xml",
                "\u{feff}<?xml version=\"1.0\"?><bom/>".into(),
                Some("xml"),
            ),
            ("a.xml", b"<svg onload=\"alert(1)\"/>".to_vec(), None),
            ("a.xml", b" <HTML><script>".to_vec(), None),
            (
                "a.xml",
                b"<s:g xmlns:s='http://www.w3.org/2000/svg'/>".to_vec(),
                None,
            ),
            (
                "a.xml",
                b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>".to_vec(),
                None,
            ),
            ("a.csv", "架空,1\n".into(), Some("csv")),
            ("a.csv", SHIFT_JIS.encode("架空,1\n").0.into_owned(), Some("csv")),
            ("a.txt", "架空".into(), None),
            (
                "a.txt",
                "\u{feff}# 架空\nSPDXVersion: SPDX-2.3\nPackageName: 架空\n".into(),
                Some("spdx"),
            ),
            (
                "a.csv",
                "DataLicense: CC0-1.0\r\nSPDXVersion: SPDX-2.3".into(),
                Some("spdx"),
            ),
            (
                "a.spdx",
                ("PackageName: 架空\n".repeat(20) + "SPDXVersion: SPDX-2.3").into(),
                None,
            ),
            ("a.spdx", b"SPDXVersion: SPDX-2.3\n\x00".to_vec(), None),
            ("a.csv", vec![], None),
        ];
        for (name, bytes, expected) in cases {
            assert_eq!(
                file_type(name, &bytes),
                expected,
                "{name} {:?}",
                String::from_utf8_lossy(&bytes)
            );
        }
    }

    #[test]
    fn a_name_is_a_name_and_says_what_the_file_is() {
        for (given, kept) in [
            ("案内.pdf", "案内.pdf"),
            ("C:\\Users\\架空\\案内.PDF", "案内.pdf"),
            ("../../etc/passwd", "passwd.pdf"),
            ("案内\u{202e}fdp.exe", "案内fdp.exe.pdf"),
            ("\u{0}\n", "file.pdf"),
            (".pdf", "file.pdf"),
            (". 0", "0.pdf"),
            ("", "file.pdf"),
        ] {
            assert_eq!(file_name(given, "pdf"), kept);
        }
        assert_eq!(file_name("a.JPG", "jpeg"), "a.jpg");
    }

    proptest! {
        #[test]
        fn every_name_can_be_kept(name in "\\PC{0,300}|[\\x00-\\x7f]{0,40}") {
            let kept = file_name(&name, "docx");
            let text = format!("{} 1 docx {kept}", "0".repeat(64));
            prop_assert!(text.parse::<record::Attachment>().is_ok(), "{kept:?}");
            prop_assert_eq!(file_name(&kept, "docx"), kept);
        }

        #[test]
        fn any_bytes_are_looked_at(bytes in proptest::collection::vec(any::<u8>(), 0..400), start in 0_usize..6) {
            let starts: [&[u8]; 6] = [b"", b"PK\x03\x04", b"<", b"{", b"%PDF-", b"SPDXVersion:"];
            let _ = file_type("a.csv", &[starts[start], &bytes].concat());
        }
    }
}
