//! Versions: their order in each ecosystem, ranges of them, and package URLs.
