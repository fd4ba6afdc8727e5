//! Numbers that follow from others: the same record is the same wherever and in whatever order it is made.

/// A number below `below` that follows from two others.
pub fn draw(n: u64, what: u64, below: u64) -> u64 {
    // SplitMix64: each number of a sequence by itself.
    let mut mixed =
        (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (what + 1).wrapping_mul(0xd1b5_4a32_d192_ed03);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)) % below
}

/// The same, the smaller the more often: `below` up to 2³².
pub fn skewed(n: u64, what: u64, below: u64) -> u64 {
    let part = u128::from(draw(n, what, 1 << 32));
    u64::try_from((u128::from(below) * part * part * part) >> 96).unwrap_or_default()
}

/// One of a few, that follows from two numbers.
pub fn pick<'a>(n: u64, what: u64, from: &[&'a str]) -> &'a str {
    let at = usize::try_from(draw(n, what, from.len() as u64)).unwrap_or_default();
    from[at]
}

/// A day of the twenty years from 2005 on that follows from two numbers.
pub fn day(n: u64, what: u64) -> String {
    let day = draw(n, what, 7_000);
    format!(
        "{:04}-{:02}-{:02}",
        2005 + day / 336,
        day / 28 % 12 + 1,
        day % 28 + 1
    )
}
