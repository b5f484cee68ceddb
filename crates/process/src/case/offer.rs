//! What can be done about a case as it stands (`domain.md` A10.4): actions of this API, and changes
//! that are made where the facts are kept.

use super::short_pay::{parts, short_payment};
use crate::invoice::{Detail, is_duplicate, is_of_posting};
use crate::matching::Part;
use canonical::{Code, InvoiceState, Money};
use serde::{Deserialize, Serialize};
use store::{ErpStatus, Hold, HoldState, InvoiceHead};
use utoipa::ToSchema;

/// Something that can be done about a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CaseOffer {
    /// What.
    #[schema(example = "short_pay")]
    pub action: String,
    /// How: the request that does it; `null` where it is done in the system that keeps the facts,
    /// without this gateway.
    #[schema(required = true, example = "POST /process/v1/cases/{id}/actions")]
    pub call: Option<String>,
    /// The events that tell of it.
    #[schema(example = json!(["hold.released", "credit.expected"]))]
    pub effect: Vec<String>,
    /// What takes it back: an action or an operation; `null` where nothing does.
    #[schema(required = true)]
    pub undo: Option<String>,
    /// What is disputed, where a part is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
    /// What is paid then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pay: Option<Money>,
    /// What is charged back then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chargeback: Option<Money>,
}

const HERE: Option<&str> = Some("POST /process/v1/cases/{id}/actions");

/// What of a case's holds decides on what can be done.
struct Standing<'a> {
    head: &'a InvoiceHead,
    open: Vec<&'a Hold>,
}

/// What can be done about a case with these holds.
pub(super) fn offers<'a>(
    head: &'a InvoiceHead,
    own: impl Iterator<Item = &'a Hold>,
    has_letters: bool,
) -> Vec<CaseOffer> {
    let open: Vec<&Hold> = own.filter(|it| it.state == HoldState::Open).collect();
    let mut offers = Vec::new();
    if has_letters || open.iter().any(|it| is_of_posting(it.code)) {
        offers.push(offer("replay", Some("POST /process/v1/replays"), &["replay.started"], None));
    }
    if open.is_empty() {
        return offers;
    }
    let standing = Standing { head, open };
    offers.extend(standing.of_holds());
    offers.extend(standing.short_payments());
    offers.extend(standing.of_invoice());
    offers.extend(standing.elsewhere());
    offers
}

fn offer(action: &str, call: Option<&str>, effect: &[&str], undo: Option<&str>) -> CaseOffer {
    CaseOffer {
        action: action.to_owned(),
        call: call.map(str::to_owned),
        effect: effect.iter().map(|it| (*it).to_owned()).collect(),
        undo: undo.map(str::to_owned),
        part: None,
        pay: None,
        chargeback: None,
    }
}

impl Standing<'_> {
    fn has(&self, of: impl Fn(Code) -> bool) -> bool {
        self.open.iter().any(|it| of(it.code))
    }

    /// Whether the finance system has the invoice, or may have it.
    fn is_posted(&self) -> bool {
        self.head.erp.as_ref().is_some_and(|it| it.status != ErpStatus::Rejected)
    }

    fn of_holds(&self) -> Vec<CaseOffer> {
        let mut offers = Vec::new();
        if self.open.iter().all(|it| it.code.books_liability()) {
            let undo = Some("request_credit");
            offers.push(offer("accept_variance", HERE, &["hold.released"], undo));
        }
        if self.has(is_duplicate) {
            offers.push(offer("mark_not_duplicate", HERE, &["hold.released"], None));
        }
        let is_matched_by = |it: Code| {
            let family = it.as_str().split('-').next();
            matches!(family, Some("ASC" | "PO" | "QTY" | "PRC" | "UOM"))
        };
        let waits = matches!(self.head.state, InvoiceState::Exception | InvoiceState::Blocked);
        if waits && !self.is_posted() && self.has(is_matched_by) {
            let effect = ["association.corrected", "match.evaluated"];
            let again = Some("correct_association");
            offers.push(offer("correct_association", HERE, &effect, again));
        }
        offers
    }

    fn short_payments(&self) -> Vec<CaseOffer> {
        let is_owed = matches!(self.head.state, InvoiceState::Blocked | InvoiceState::Disputed);
        if !is_owed || self.head.erp.is_some() {
            return Vec::new();
        }
        let each =
            self.open.iter().flat_map(|hold| parts(hold.code).iter().map(move |it| (hold, *it)));
        each.filter_map(|(hold, part)| self.short_payment(hold, part)).collect()
    }

    fn short_payment(&self, hold: &Hold, part: Part) -> Option<CaseOffer> {
        let currency = self.head.currency;
        let disputed = Detail::of(hold).ok()?.reason;
        let chargeback = short_payment(&disputed, part, currency)?.chargeback;
        let gross = Money::written(&self.head.gross_amount, currency).ok()?;
        let pay = gross.minor().saturating_sub(chargeback.minor());
        Some(CaseOffer {
            part: Some(part),
            pay: Some(Money::from_minor(pay, currency)),
            chargeback: Some(chargeback),
            ..offer("short_pay", HERE, &["hold.released", "credit.expected"], None)
        })
    }

    fn of_invoice(&self) -> Vec<CaseOffer> {
        let mut offers = Vec::new();
        let state = self.head.state;
        if state.is_booked() && !self.head.kind.is_credit() {
            offers.push(offer("request_credit", HERE, &["credit.expected"], None));
        }
        match state {
            InvoiceState::Exception => {
                let again = Some("submit_invoice");
                offers.push(offer("reject_to_supplier", HERE, &["invoice.rejected"], again));
            }
            InvoiceState::Blocked => {
                let undo = Some("withdraw_dispute");
                offers.push(offer("dispute", HERE, &["invoice.disputed"], undo));
            }
            InvoiceState::Disputed => {
                let undo = Some("dispute");
                let effect = ["invoice.dispute.withdrawn"];
                offers.push(offer("withdraw_dispute", HERE, &effect, undo));
            }
            _ => {}
        }
        let is_owed = matches!(state, InvoiceState::Blocked | InvoiceState::Disputed);
        if is_owed && !self.is_posted() {
            offers.push(offer("cancel", HERE, &["invoice.cancelled"], None));
        }
        offers
    }

    /// What is changed where it is kept; the gateway hears of it and matches again.
    fn elsewhere(&self) -> Vec<CaseOffer> {
        let clears_on = |event: &str| self.has(|it| it.clears_on().contains(&event));
        let mut offers = Vec::new();
        if clears_on("po.changed") {
            let call = Some("PUT /system/v1/purchase-orders/{number}");
            offers.push(offer("change_po", call, &["po.changed"], Some("change_po")));
        }
        if clears_on("receipt.posted") {
            let call = Some("POST /system/v1/receipts");
            offers.push(offer("record_receipt", call, &["receipt.posted"], Some("record_return")));
        }
        let of_masters = [
            "uom.conversion.changed",
            "contract.price.changed",
            "supplier.changed",
            "rate.published",
            "period.opened",
        ];
        let changed: Vec<&str> = of_masters.into_iter().filter(|it| clears_on(it)).collect();
        if !changed.is_empty() {
            offers.push(offer("correct_master", None, &changed, Some("correct_master")));
        }
        offers
    }
}
