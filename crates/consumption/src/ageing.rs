//! How old what waits is, and how much money waits with it.

use crate::Consumption;
use canonical::{Principal, Result};
use process::{Ageing, AgeingBy};

impl Consumption {
    /// How old what waits is.
    ///
    /// # Errors
    /// `forbidden` for a supplier; what the store says.
    pub async fn ageing(&self, principal: &Principal, by: AgeingBy) -> Result<Ageing> {
        self.process.ageing(principal, by).await
    }
}
