//! Explaining a stored invoice: from the facts of its latest run, which are kept with the run.

use crate::Process;
use crate::matching::{self, Explanation, Facts};
use canonical::{Error, InvoiceId, MatchResult, Principal, Result};
use futures_util::future::try_join;

impl Process {
    /// Why an invoice waits, and what would let it go.
    ///
    /// # Errors
    /// `not_found`, also where it is another supplier's; what the store says.
    pub async fn explanation(&self, principal: &Principal, id: &InvoiceId) -> Result<Explanation> {
        let kept = self.store().invoice(id).await?;
        let invoice = kept.invoice;
        if !principal.may_see(&invoice.supplier_id) {
            return Err(Error::not_found("invoice", id));
        }
        let ids = [id.clone()];
        let (run, holds) =
            try_join(self.store().match_run(id, kept.head.run_no), self.store().holds(&ids))
                .await?;
        let facts: Facts = serde_json::from_str(&run.facts_json)
            .map_err(|error| Error::internal("facts cannot be read").because(error))?;
        let result = with_later(run.run.result, &holds);
        let process = self.clone();
        // it asks the engine many times
        let explaining = tokio::task::spawn_blocking(move || {
            matching::explain(&invoice, &facts, process.policy(), &result)
        });
        let explanation = explaining
            .await
            .map_err(|error| Error::internal("the explanation failed").because(error))?;
        let to_supplier = principal.supplier_id.is_some();
        Ok(if to_supplier { explanation.for_supplier() } else { explanation })
    }
}

/// The result with what came up after it: a refused post is no match reason.
fn with_later(mut result: MatchResult, holds: &[store::Hold]) -> MatchResult {
    result.reasons = super::read::reasons(holds, result.reasons);
    let worst = result.reasons.iter().filter_map(|it| it.code.outcome()).max();
    result.outcome = worst.map_or(result.outcome, |it| it.max(result.outcome));
    result
}
