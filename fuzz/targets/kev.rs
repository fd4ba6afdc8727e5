#![no_main]

use cyber_fuzz::kev;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus { kev(bytes) });
