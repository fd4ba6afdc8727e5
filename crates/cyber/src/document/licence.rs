//! SPDX licence identifiers and expressions, by the list that the `spdx` crate carries.

/// Whether the identifier is on the SPDX list of licences, written exactly so.
pub(crate) fn listed(id: &str) -> bool {
    spdx::license_id(id).is_some()
}
