#![no_main]

use cyber_fuzz::cpe;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus { cpe(bytes) });
