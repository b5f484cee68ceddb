//! What changed there.

use super::Threeway;
use super::client::filter;
use crate::Feed;
use async_trait::async_trait;
use canonical::{Changes, PageRequest, Result};

#[async_trait]
impl Feed for Threeway {
    async fn changes(&self, after: Option<&str>, limit: u32) -> Result<Changes> {
        let limit = limit.clamp(1, PageRequest::LIMIT_MAX).to_string();
        let more =
            [filter("back_end", self.options.follow_back_end.as_ref()), filter("after", after)];
        let more: Vec<_> = more.into_iter().flatten().collect();
        let asked = self.client.pieces("changes", [("limit", limit)].into(), &more).await?;
        asked.into_iter().next().ok_or_else(|| self.client.keeps_no("changes"))
    }
}
