//! Documents handed in: bills of materials, VEX statements and advisories, read and held against their specifications.
