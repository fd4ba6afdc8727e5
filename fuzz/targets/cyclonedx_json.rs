#![no_main]

use cyber::document::Format;
use cyber_fuzz::document;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus {
    document(bytes, |format| matches!(format, Format::CycloneDxJson(_)))
});
