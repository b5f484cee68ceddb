//! Journals in memory: a ledger of its own accounts, which it knows by their roles.

use super::{Memory, paging};
use crate::Journals;
use async_trait::async_trait;
use canonical::{
    AccountRole, Error, Journal, JournalIntent, JournalKey, JournalRefusal, JournalState, Page,
    PageRequest, Result,
};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLockReadGuard};

/// Which account a role is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Account {
    pub(super) role: AccountRole,
    pub(super) account: String,
}

/// What was posted, by key.
pub(super) type Book = BTreeMap<JournalKey, Journal>;

#[async_trait]
impl Journals for Memory {
    async fn put(&self, intent: &JournalIntent) -> Result<Journal> {
        let mut book = self.book.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(first) = book.get(intent.key()) {
            if first.intent == *intent {
                return Ok(first.clone());
            }
            let message = format!("another journal was posted under {}", intent.key());
            return Err(Error::conflict(message));
        }
        if book.len() >= self.records_max {
            return Err(Error::unavailable("the back end in memory is full of journals"));
        }
        let number = format!("{}-J{:08}", intent.journal().posting_date.year(), book.len() + 1);
        let journal = match self.accounts(intent) {
            Err(refusal) => return Ok(rejected(intent, refusal)),
            Ok(accounts) => Journal {
                intent: intent.clone(),
                state: JournalState::Posted,
                document_number: Some(number),
                refusal: None,
                accounts,
            },
        };
        book.insert(intent.key().clone(), journal.clone());
        Ok(journal)
    }

    async fn find(&self, key: &JournalKey) -> Result<Option<Journal>> {
        Ok(self.posted().get(key).cloned())
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<Journal>> {
        paging::page("journals", &self.posted(), page, |_| true)
    }
}

fn rejected(intent: &JournalIntent, refusal: JournalRefusal) -> Journal {
    Journal {
        intent: intent.clone(),
        state: JournalState::Rejected,
        document_number: None,
        refusal: Some(refusal),
        accounts: BTreeMap::new(),
    }
}

fn refusal(code: &str, detail: String) -> JournalRefusal {
    JournalRefusal { code: code.to_owned(), detail }
}

impl Memory {
    fn posted(&self) -> RwLockReadGuard<'_, Book> {
        // a panic elsewhere leaves the book whole: it is changed in one step
        self.book.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The accounts of the roles, where the journal may be posted.
    fn accounts(
        &self,
        intent: &JournalIntent,
    ) -> Result<BTreeMap<AccountRole, String>, JournalRefusal> {
        let data = self.data();
        let journal = intent.journal();
        let (on, entity) = (journal.posting_date, &journal.legal_entity);
        let mut periods = data.periods.values().filter(|it| it.from <= on && on <= it.to);
        let of =
            |it: &&canonical::FiscalPeriod| it.legal_entity.is_none() || it.legal_entity == *entity;
        if periods.any(|it| of(&it) && !it.takes_journals()) {
            return Err(refusal("PER-01", format!("the period of {on} takes no journals")));
        }
        let roles = journal.lines.iter().map(|it| it.role);
        let account = |role| match data.accounts.get(&role) {
            Some(account) => Ok((role, account.account.clone())),
            None => Err(refusal("MAP-01", format!("no account is the one for {role:?}"))),
        };
        roles.map(account).collect()
    }
}
