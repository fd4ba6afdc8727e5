//! The plan as it stands: its files with everything that was approved since.

use std::sync::{Arc, PoisonError};

use store::{Fault, Head, Name};
use vocab::Refusal;

use super::kept::refused;
use super::{Desk, MINISTRY};
use crate::ask::Rashin;

/// An opened plan and the end of the ministry's chain when it was opened.
pub(super) struct Books {
    head: Option<Head>,
    rashin: Arc<Rashin>,
}

impl Desk {
    /// The opened plan, opened anew if the ministry wrote something since.
    pub(super) fn open_books(&self) -> Result<Arc<Rashin>, Refusal> {
        let ministry = Name::new(MINISTRY).map_err(refused)?;
        let head = self.store.head(&ministry).map_err(refused)?;
        let kept = self.books.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(books) = kept.as_ref().filter(|books| books.head == head) {
            return Ok(Arc::clone(&books.rashin));
        }
        drop(kept);
        let rashin =
            Rashin::open(self.files.clone()).map_err(|faults| refused(Fault::Corrupt(faults.to_string())))?;
        let rashin = Arc::new(rashin.with_edition(self.last_published()?));
        *self.books.write().unwrap_or_else(PoisonError::into_inner) = Some(Books {
            head,
            rashin: Arc::clone(&rashin),
        });
        Ok(rashin)
    }
}
