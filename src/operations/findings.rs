//! What an import could not reconcile: no peer is asked.

use super::{OpError, Operations};
use crate::model::finding::KeptFinding;
use crate::store::finding;

impl Operations {
    /// All that nobody has cleared, by number.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn findings(&self) -> Result<Vec<KeptFinding>, OpError> {
        Ok(finding::all(&mut *self.inner.store.read().await?).await?)
    }

    /// Takes one out, since somebody has mended it.
    ///
    /// # Errors
    /// When there is none of that number, or the database refuses.
    pub async fn clear_finding(&self, number: i64) -> Result<(), OpError> {
        // One statement: it is a transaction of its own.
        let was_there = finding::clear(&mut *self.inner.store.writer().await?, number).await?;
        if was_there { Ok(()) } else { Err(OpError::NotFound) }
    }
}
