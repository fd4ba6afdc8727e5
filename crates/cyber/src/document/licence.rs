//! SPDX licence identifiers and expressions, by the list that the `spdx` crate carries.

/// Whether the identifier is on one of the SPDX lists, of licences or of exceptions, written exactly so.
pub(crate) fn listed(id: &str) -> bool {
    spdx::license_id(id).is_some() || spdx::exception_id(id).is_some()
}
