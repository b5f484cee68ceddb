//! Facilities in memory.

use super::{Memory, paging};
use crate::Facilities;
use async_trait::async_trait;
use canonical::{Error, Facility, FacilityId, Page, PageRequest, Result};

#[async_trait]
impl Facilities for Memory {
    async fn get(&self, id: &FacilityId) -> Result<Facility> {
        self.data().facilities.get(id).cloned().ok_or_else(|| Error::not_found("facility", id))
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<Facility>> {
        paging::page("facilities", &self.data().facilities, page, |_| true)
    }
}
