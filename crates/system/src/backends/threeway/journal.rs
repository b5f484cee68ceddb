//! Journals: posted there, by their keys.

use super::Threeway;
use super::client::one_number;
use crate::Journals;
use async_trait::async_trait;
use canonical::{Journal, JournalIntent, JournalKey, Page, PageRequest, Result};
use http::Method;

const NOUN: &str = "journal-intents";

#[async_trait]
impl Journals for Threeway {
    async fn put(&self, intent: &JournalIntent) -> Result<Journal> {
        let key = intent.key().as_str();
        let put = self.client.write(Method::PUT, &[NOUN, key], key, intent).await;
        let put = one_number(put)?.ok_or_else(|| self.client.keeps_no(NOUN))?;
        self.same(Some(put.value), "journal", intent.key(), |it: &Journal| it.intent.key())
    }

    async fn find(&self, key: &JournalKey) -> Result<Option<Journal>> {
        let found: Option<Journal> = self.client.get(&[NOUN, key.as_str()]).await?;
        let same = |it| self.same(Some(it), "journal", key, |it: &Journal| it.intent.key());
        found.map(same).transpose()
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<Journal>> {
        self.client.list(NOUN, Vec::new(), page).await
    }
}
