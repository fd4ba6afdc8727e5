#![no_main]

use cyber_fuzz::purl;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus { purl(bytes) });
