#![no_main]

use cyber_fuzz::version;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus { version(bytes) });
