#![no_main]

use cyber_fuzz::epss;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus { epss(bytes) });
