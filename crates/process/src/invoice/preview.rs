//! What files would do: each document is decided as it would be if it were submitted after those
//! before it, and nothing is stored.

use super::order_amounts::Plans;
use super::save::{self, Case};
use super::submit::{Arrival, Submission};
use super::{SubmittedInvoice, alike, claims, decide};
use crate::Process;
use crate::documents::ParsedInvoice;
use crate::matching::{self, Claim, Facts};
use canonical::{
    Code, Error, InvoiceId, KnownInvoice, MatchResult, Outcome, Principal, PurchaseOrderNumber,
    Reason, Result, SupplierId, SupplierInvoiceNumber,
};
use std::collections::{BTreeSet, HashMap};

/// What would become of one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Previewed {
    /// The number the supplier gave it; `None` where it was submitted before.
    pub supplier_invoice_number: Option<SupplierInvoiceNumber>,
    /// What the match would say.
    pub outcome: Outcome,
    /// The codes of its reasons.
    pub codes: BTreeSet<Code>,
    /// Its reasons for people.
    pub details: Vec<String>,
    /// The invoice that it was submitted as before: it would only be answered again.
    pub submitted_before: Option<InvoiceId>,
    /// Whether the same document came before in the same look ahead.
    pub repeated: bool,
}

/// A look ahead over one or several files, from where the store stands.
#[derive(Debug)]
pub struct Preview {
    process: Process,
    seen: HashMap<(String, String), Previewed>,
    claims: HashMap<PurchaseOrderNumber, Vec<store::Claim>>,
    known: HashMap<SupplierId, Vec<KnownInvoice>>,
    taken: HashMap<PurchaseOrderNumber, Vec<store::OrderAmount>>,
}

impl Process {
    /// A look ahead: what files would do if they were submitted now, one after the other.
    #[must_use]
    pub fn preview(&self) -> Preview {
        let (seen, claims, known) = (HashMap::new(), HashMap::new(), HashMap::new());
        Preview { process: self.clone(), seen, claims, known, taken: HashMap::new() }
    }
}

impl Preview {
    /// What every document of a file would do, after the files before it.
    ///
    /// # Errors
    /// `invalid` with pointers where the file cannot be read.
    pub async fn file(
        &mut self,
        principal: &Principal,
        submission: Submission,
    ) -> Result<Vec<Result<Previewed>>> {
        let mut rows = Vec::new();
        for (arrival, invoice) in self.process.arrivals(principal, &submission).await? {
            rows.push(match invoice {
                Ok(it) => self.invoice(principal, arrival, it).await,
                Err(error) => Err(error),
            });
        }
        Ok(rows)
    }

    async fn invoice(
        &mut self,
        principal: &Principal,
        arrival: Arrival,
        parsed: ParsedInvoice,
    ) -> Result<Previewed> {
        let key = (arrival.channel.clone(), arrival.payload_sha256.clone());
        if let Some(first) = self.seen.get(&key) {
            return Ok(Previewed { repeated: true, ..first.clone() });
        }
        let process = &self.process;
        if let Some(answer) = save::replay(process, &key.0, &key.1).await? {
            return answered(&answer.body);
        }
        let facility = arrival.submission.facility_id;
        let (case, mut gathered) = process.prepare(principal, facility, parsed).await?;
        let before = save::before(process, &case, case.guard_keys(), &gathered).await?;
        gathered.facts.claims = before.claims;
        gathered.facts.claims.extend(self.claims_on(&gathered.facts)?);
        gathered.facts.known_invoices = before.known;
        let own = self.known.get(&case.group).into_iter().flatten();
        gathered.facts.known_invoices.extend(own.cloned());
        let orders = gathered.facts.purchase_orders.iter().map(|it| &it.number);
        let own = orders.filter_map(|it| self.taken.get(it)).flatten().cloned();
        let taken: Vec<_> = before.taken.into_iter().chain(own).collect();
        Plans::of(&gathered.facts).note(&mut gathered.facts, &taken)?;
        let result = matching::evaluate(&case.invoice, &gathered.facts, process.policy());
        let row = Previewed {
            supplier_invoice_number: Some(case.invoice.supplier_invoice_number.clone()),
            ..told(result.outcome, &result.reasons)
        };
        self.remember(&case, &gathered.facts, &result);
        self.seen.insert(key, row.clone());
        Ok(row)
    }

    /// What the next documents find where this one was decided.
    fn remember(&mut self, case: &Case, facts: &Facts, result: &MatchResult) {
        let invoice_state = decide::state(result.outcome);
        let claims = claims::of(case, None, result);
        for claim in claims {
            let order = claim.order_line.number.clone();
            let claim = store::Claim { booking: 0, invoice_state, claim };
            self.claims.entry(order).or_default().push(claim);
        }
        let invoice_date = case.invoice.invoice_date;
        for taken in save::taken(case, facts, result) {
            let order = taken.purchase_order_number.clone();
            let taken = store::OrderAmount { booking: 0, invoice_state, invoice_date, taken };
            self.taken.entry(order).or_default().push(taken);
        }
        let known = self.known.entry(case.group.clone()).or_default();
        known.push(alike::as_known(case, result));
    }

    /// What the documents before claim of these orders.
    fn claims_on(&self, facts: &Facts) -> Result<Vec<Claim>> {
        let orders = facts.purchase_orders.iter().map(|it| &it.number);
        let claims = orders.filter_map(|it| self.claims.get(it)).flatten().cloned();
        claims::summed(claims.collect(), None)
    }
}

fn answered(body: &[u8]) -> Result<Previewed> {
    let first: SubmittedInvoice = serde_json::from_slice(body)
        .map_err(|error| Error::internal("a kept answer cannot be read").because(error))?;
    Ok(Previewed { submitted_before: Some(first.id), ..told(first.outcome, &first.reasons) })
}

fn told(outcome: Outcome, reasons: &[Reason]) -> Previewed {
    Previewed {
        supplier_invoice_number: None,
        outcome,
        codes: reasons.iter().map(|it| it.code).collect(),
        details: reasons.iter().map(|it| it.detail.to_string()).collect(),
        submitted_before: None,
        repeated: false,
    }
}
