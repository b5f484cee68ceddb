//! Submitting: read, ask, decide, store, and only then answer.

use super::alike;
use super::order_amounts::Plans;
use super::save::{self, Case, Decision, Evidence, Saved};
use crate::documents::{self, Document, Format, Parsed, ParsedInvoice};
use crate::facts::{self, Circumstances, Gathered};
use crate::matching::Facts;
use crate::{Process, matching};
use bytes::Bytes;
use canonical::{
    Error, FacilityId, FieldError, Invoice, Money, Principal, PurchaseOrderNumber, Result,
};
use stack::idempotency::Claim;
use store::{Guard, sha256_hex};

/// How often a decision is made again because a fact it rests on changed before it was stored.
const ATTEMPTS_MAX: u32 = 16;

/// A document larger than this is read beside the threads that serve requests.
const READ_ASIDE_BYTES: usize = 64 * 1024;

/// What came in.
#[derive(Clone, Debug)]
pub struct Submission {
    /// In which format.
    pub format: Format,
    /// As it came: the evidence.
    pub bytes: Bytes,
    /// The facility it is for, where the sender says.
    pub facility_id: Option<FacilityId>,
}

/// What came in, and how it is told from everything else that did.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) submission: Submission,
    pub(super) channel: String,
    pub(super) payload_sha256: String,
}

/// The answer to a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// A [`super::SubmittedInvoice`] as JSON: the same bytes for every repeat.
    pub body: Bytes,
    /// Whether it was given before.
    pub replayed: bool,
    /// Whether it is kept under the idempotency key, in the transaction of the decision.
    pub kept: bool,
}

impl Process {
    /// Takes in one invoice and decides on it. Where this returns an answer, the decision is
    /// durable; where it fails, nothing was kept and the same key may be used again.
    ///
    /// # Errors
    /// `invalid` with pointers for what cannot be read; `forbidden` for another supplier's invoice;
    /// `unavailable`, `timed_out`, `upstream` where a back end cannot be asked.
    pub async fn submit_invoice(
        &self,
        principal: &Principal,
        submission: Submission,
        claim: Option<Claim>,
    ) -> Result<Answer> {
        let payload_sha256 = sha256_hex(&submission.bytes);
        let channel = channel(&submission, principal);
        if let Some(answer) = save::replay(self, &channel, &payload_sha256).await? {
            return Ok(answer);
        }
        let parsed = only(self.read_each(&submission).await?)?;
        let arrival = Arrival { submission, channel, payload_sha256 };
        self.submit_parsed(principal, arrival, parsed, claim).await
    }

    /// Takes in every invoice of a file: an interchange may hold many. Each is read, decided and
    /// stored by itself, and has an answer of its own.
    ///
    /// # Errors
    /// `invalid` with pointers where the file cannot be read; nothing was kept then.
    pub async fn submit_file(
        &self,
        principal: &Principal,
        submission: Submission,
    ) -> Result<Vec<Result<Answer>>> {
        let arrivals = self.arrivals(principal, &submission).await?;
        let mut answers = Vec::with_capacity(arrivals.len());
        for (arrival, invoice) in arrivals {
            answers.push(match invoice {
                Ok(it) => self.submit_parsed(principal, arrival, it, None).await,
                Err(error) => Err(error),
            });
        }
        Ok(answers)
    }

    /// Every document of a file as something that came in, and the invoice that it is.
    pub(super) async fn arrivals(
        &self,
        principal: &Principal,
        submission: &Submission,
    ) -> Result<Vec<(Arrival, Result<ParsedInvoice>)>> {
        let whole = sha256_hex(&submission.bytes);
        let channel = channel(submission, principal);
        let documents = self.read_each(submission).await?;
        let several = documents.len() > 1;
        let numbered = documents.into_iter().enumerate().map(|(place, document)| {
            let place = place + 1;
            let payload_sha256 = if several { format!("{whole}#{place}") } else { whole.clone() };
            let (submission, channel) = (submission.clone(), channel.clone());
            let invoice = document.outcome.and_then(|it| match it {
                Parsed::Invoice(it) => Ok(*it),
                other => Err(unstored(&other)),
            });
            (Arrival { submission, channel, payload_sha256 }, invoice)
        });
        Ok(numbered.collect())
    }

    /// Reads every document of a file by itself.
    async fn read_each(&self, submission: &Submission) -> Result<Vec<Document>> {
        self.documents_in(submission.format, submission.bytes.clone()).await
    }

    /// Every document in some bytes by itself.
    pub(crate) async fn documents_in(&self, format: Format, bytes: Bytes) -> Result<Vec<Document>> {
        let is_small = bytes.len() <= READ_ASIDE_BYTES;
        let process = self.clone();
        let read = move || {
            let mut documents = Vec::new();
            let mut take = |it| documents.push(it);
            documents::each(format, &bytes, process.mappings(), &mut take)?;
            Ok(documents)
        };
        if is_small {
            return read();
        }
        let reading = tokio::task::spawn_blocking(read);
        reading.await.map_err(|error| Error::internal("reading failed").because(error))?
    }

    async fn submit_parsed(
        &self,
        principal: &Principal,
        arrival: Arrival,
        parsed: ParsedInvoice,
        claim: Option<Claim>,
    ) -> Result<Answer> {
        let evidence = Evidence {
            submitted_by: principal.id.clone(),
            format: arrival.submission.format,
            bytes: arrival.submission.bytes.clone(),
            channel: arrival.channel.clone(),
            payload_sha256: arrival.payload_sha256.clone(),
        };
        let facility = arrival.submission.facility_id;
        let mut named = facts::order_numbers(&parsed.invoice);
        for _ in 0..ATTEMPTS_MAX {
            let asked_at = self.store().guards(named.iter().map(Guard::facts)).await?;
            let (case, gathered) =
                self.prepare(principal, facility.clone(), parsed.clone()).await?;
            // what was told of an order that nobody named may have moved before it was guarded
            if case.orders.iter().any(|it| !named.contains(it)) {
                named.clone_from(&case.orders);
                continue;
            }
            let decided =
                self.decide_and_store(case, &evidence, (gathered, asked_at), claim.as_ref());
            if let Some(answer) = decided.await? {
                return Ok(answer);
            }
        }
        Err(Error::unavailable(
            "too much happens on the same orders, or too many invoices with the same amount are \
             being decided at once; send it again with the same key",
        ))
    }

    /// Checks an invoice and asks the back ends about it.
    pub(super) async fn prepare(
        &self,
        principal: &Principal,
        facility: Option<FacilityId>,
        mut parsed: ParsedInvoice,
    ) -> Result<(Case, Gathered)> {
        self.known_facility(facility.as_ref()).await?;
        if parsed.invoice.facility_id.is_none() {
            parsed.invoice.facility_id = facility;
        }
        let faults = matching::check_invoice(&parsed.invoice);
        if !faults.is_empty() {
            return Err(Error::invalid_fields(faults));
        }
        let mut gathered = self.gather(principal, &parsed).await?;
        self.add_own_facts(&mut gathered.facts);
        let case = self.case_of(principal, parsed.invoice, &gathered)?;
        Ok((case, gathered))
    }

    /// Adds what is known here: the rules for tax, and that duplicates are looked for.
    pub(super) fn add_own_facts(&self, facts: &mut Facts) {
        facts.duplicates_asked = true;
        let taxes = self.policy().taxes();
        facts.tax_policy = (!taxes.rules().is_empty()).then(|| taxes.cited());
        facts.tax_rules = taxes.rules().to_vec();
    }

    pub(super) async fn gather(
        &self,
        principal: &Principal,
        parsed: &ParsedInvoice,
    ) -> Result<Gathered> {
        let around = Circumstances {
            functional: self.policy().document().currency,
            as_of: self.today(),
            limit: self.facts_timeout(),
        };
        facts::gather(self.system(), principal, parsed, &around).await
    }

    /// Refuses a facility that nobody knows.
    async fn known_facility(&self, id: Option<&FacilityId>) -> Result<()> {
        let Some(id) = id else { return Ok(()) };
        let found = facts::known(self.system().facilities().get(id).await)?;
        let detail = || format!("there is no facility {id}");
        found.map(drop).ok_or_else(|| Error::invalid_field("?facility", detail()))
    }

    fn case_of(
        &self,
        principal: &Principal,
        mut invoice: Invoice,
        gathered: &Gathered,
    ) -> Result<Case> {
        if let Some(supplier) = &gathered.supplier {
            invoice.supplier_id = supplier.id.clone();
        }
        if !principal.may_see(&invoice.supplier_id) {
            return Err(Error::forbidden("this token submits invoices of its own supplier only"));
        }
        let facts = &gathered.facts;
        if invoice.facility_id.is_none() {
            let of_order = facts.purchase_orders.iter().find_map(|it| it.facility_id.clone());
            invoice.facility_id = of_order;
        }
        let gross = Money::written(&invoice.gross_amount, invoice.currency).map_err(|detail| {
            Error::invalid_fields(vec![FieldError {
                pointer: "/invoice/gross_amount".to_owned(),
                detail,
            }])
        })?;
        let group = gathered.supplier.as_ref().map_or(&invoice.supplier_id, |it| it.group());
        let (id, orders) = (self.new_invoice_id()?, orders(&invoice, facts));
        Ok(Case {
            group: group.clone(),
            correlation_id: root(facts, &orders).unwrap_or_else(|| id.to_string()),
            id,
            orders,
            invoice,
            gross,
            again: None,
        })
    }

    /// Decides until nothing moves meanwhile; `None` where what the back ends said is no longer so.
    async fn decide_and_store(
        &self,
        case: Case,
        evidence: &Evidence,
        (mut gathered, asked_at): (Gathered, Vec<Guard>),
        claim: Option<&Claim>,
    ) -> Result<Option<Answer>> {
        let mut keys = case.guard_keys();
        keys.push(evidence.guard_key());
        let turns = alike::turn_keys(&case, &gathered.facts);
        let _turns = self.turns().take(turns.iter().chain(&keys)).await;
        let plans = Plans::of(&gathered.facts);
        for _ in 0..ATTEMPTS_MAX {
            let before = save::before(self, &case, keys.clone(), &gathered).await?;
            // after the guards were read: whoever takes it in later moves one of them
            if let Some(answer) = evidence.replay(self).await? {
                return Ok(Some(answer));
            }
            gathered.facts.claims = before.claims.clone();
            gathered.facts.known_invoices = before.known.clone();
            plans.note(&mut gathered.facts, &before.taken)?;
            let result = matching::evaluate(&case.invoice, &gathered.facts, self.policy());
            let (facts, before, asked_at) = (&gathered.facts, &before, &asked_at);
            let decision = Decision { evidence, facts, before, asked_at, result };
            match save::save(self, &case, decision, claim).await? {
                Saved::Done(body) => {
                    return Ok(Some(Answer { body, replayed: false, kept: claim.is_some() }));
                }
                Saved::Stale => self.is_unanswered(claim).await?,
            }
            let keys = asked_at.iter().map(|it| it.key.clone());
            if self.store().guards(keys).await? != *asked_at {
                return Ok(None);
            }
        }
        Ok(None)
    }

    /// Refuses what another process answered under the same key since it was looked up.
    async fn is_unanswered(&self, claim: Option<&Claim>) -> Result<()> {
        let Some(Claim { principal, operation, key, .. }) = claim else { return Ok(()) };
        match self.store().answer(principal, operation, key, self.now()).await? {
            None => Ok(()),
            Some(_) => {
                Err(Error::conflict("this idempotency key was answered at this moment")
                    .retry_after(1))
            }
        }
    }
}

/// The root of the flow that the orders stand in: the requisition, where there is one.
fn root(facts: &Facts, orders: &[PurchaseOrderNumber]) -> Option<String> {
    let requisition = facts.purchase_orders.iter().find_map(|it| it.requisition_id.as_ref());
    requisition.map(ToString::to_string).or_else(|| orders.first().map(ToString::to_string))
}

/// The orders that an invoice names, and those that were found for it.
pub(super) fn orders(invoice: &Invoice, facts: &Facts) -> Vec<PurchaseOrderNumber> {
    let mut orders = facts::order_numbers(invoice);
    orders.extend(facts.purchase_orders.iter().map(|it| it.number.clone()));
    orders.sort();
    orders.dedup();
    orders
}

/// What is read, checked, and kept by somebody else.
fn unstored(parsed: &Parsed) -> Error {
    Error::invalid(match parsed {
        Parsed::Order(_) => {
            "it is an order: read and checked, not stored; orders stay where they are kept"
        }
        Parsed::Acknowledgement(_) => {
            "it is an acknowledgement of an order: read and checked, not stored"
        }
        _ => "it is a ship notice: read and checked, not stored",
    })
}

/// Who sends what in which form: the same bytes on the same channel are the same submission.
fn channel(submission: &Submission, principal: &Principal) -> String {
    format!("{}:{}", submission.format.name(), principal.id)
}

/// The one invoice of a submission.
fn only(documents: Vec<Document>) -> Result<ParsedInvoice> {
    let several = documents.len();
    let mut invoices = Vec::new();
    for document in documents {
        if let Parsed::Invoice(invoice) = document.outcome? {
            invoices.push(*invoice);
        }
    }
    match (invoices.pop(), several) {
        (Some(invoice), 1) => Ok(invoice),
        (None, _) => Err(Error::invalid("the document holds no invoice")),
        (Some(_), several) => Err(Error::invalid(format!(
            "the file holds {several} documents; send one invoice per request"
        ))),
    }
}
