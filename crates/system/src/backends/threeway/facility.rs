//! Facilities.

use super::Threeway;
use crate::Facilities;
use async_trait::async_trait;
use canonical::{Facility, FacilityId, Page, PageRequest, Result};

#[async_trait]
impl Facilities for Threeway {
    async fn get(&self, id: &FacilityId) -> Result<Facility> {
        let found: Option<Facility> = self.client.get(&["facilities", id.as_str()]).await?;
        self.same(found, "facility", id, |it| &it.id)
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<Facility>> {
        self.client.list("facilities", Vec::new(), page).await
    }
}
