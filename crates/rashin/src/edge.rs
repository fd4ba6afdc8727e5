//! The edge: here, and nowhere else, time, chance and whom the machine trusts enter the program.

/// Now.
#[expect(clippy::disallowed_methods, reason = "the edge: here time enters the program")]
pub fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// Bytes from the system's own generator. Without it no secret can be made, so nothing goes on.
#[expect(clippy::expect_used, reason = "a guessable secret is worse than no server")]
pub fn random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the system gives random bytes");
}

/// The authorities whom this machine trusts, as DER, or those of `SSL_CERT_FILE`: a ministry may have one of its own.
pub fn trusted() -> Vec<Vec<u8>> {
    rustls_native_certs::load_native_certs()
        .certs
        .iter()
        .map(|certificate| certificate.to_vec())
        .collect()
}
