//! What was sent and answered about an order, kept as it came: that it was delivered to its
//! supplier, what the supplier answered, and what is on its way.

use super::life::Lifecycle;
use super::observe::observe_work;
use crate::Process;
use crate::documents::{Document, Format, Parsed, PartyNames};
use crate::event::payload::{OrderAcknowledged, ShipNoticeReceived};
use crate::event::{self, Told};
use crate::facts;
use crate::invoice::{Answer, given};
use bytes::Bytes;
use canonical::{
    Acknowledgement, Error, Event, OrderStatus, Principal, PurchaseOrder, PurchaseOrderNumber,
    Result, ShipNotice, SupplierId,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stack::idempotency::Claim;
use std::collections::BTreeSet;
use store::{Batch, Committed, EventKey, EvidenceKind, FollowedOrder, OrderEvidence, sha256_hex};
use utoipa::ToSchema;

/// The most orders that one ship notice fills.
const ORDERS_MAX: usize = 50;

/// That an order was delivered to its supplier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Dispatch {
    /// By which road: `as2`, `van`, `portal`, `mail`.
    #[schema(min_length = 1, max_length = 1000, example = "as2")]
    pub transport: String,
    /// What the road calls the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "<4711@van.example>")]
    pub message_id: Option<String>,
    /// When the road confirmed the delivery (UTC).
    pub delivered_at: Timestamp,
}

/// What was recorded about orders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Recorded {
    /// What it is: `dispatch`, `acknowledgement` or `ship_notice`.
    #[schema(example = "acknowledgement")]
    pub kind: String,
    /// The orders it is about.
    pub purchase_orders: BTreeSet<PurchaseOrderNumber>,
}

/// What the event of a document says.
enum Said<'a> {
    Acknowledged(OrderAcknowledged),
    OnItsWay(ShipNoticeReceived<'a>),
}

impl Said<'_> {
    fn event(&self, told: Told<'_>) -> Result<Event> {
        match self {
            Self::Acknowledged(data) => told.event(event::ORDER_ACKNOWLEDGED, data),
            Self::OnItsWay(data) => told.event(event::SHIP_NOTICE_RECEIVED, data),
        }
    }
}

/// A document about orders of one supplier.
struct Piece<'a> {
    kind: EvidenceKind,
    /// The event that tells of it, and what it says.
    event: Option<Said<'a>>,
    /// What it is told apart by among those of its kind on one order.
    body_json: String,
    orders: &'a [PurchaseOrder],
}

impl Process {
    /// Records that an order was delivered to its supplier.
    ///
    /// # Errors
    /// `forbidden` for a supplier; `not_found`; `conflict` where the order is not to be sent.
    pub async fn record_dispatch(
        &self,
        principal: &Principal,
        number: &PurchaseOrderNumber,
        dispatch: &Dispatch,
        claim: Option<&Claim>,
    ) -> Result<Answer> {
        principal.for_staff("dispatches")?;
        given("/transport", &dispatch.transport)?;
        if let Some(id) = &dispatch.message_id {
            given("/message_id", id)?;
        }
        let order = self.system().purchase_orders().get(number).await?;
        is_sent(&order)?;
        let orders = [order];
        let piece = Piece {
            kind: EvidenceKind::Dispatch,
            event: None,
            body_json: written(dispatch)?,
            orders: &orders,
        };
        self.keep(principal, &piece, claim).await
    }

    /// Records a supplier's answer to an order: as JSON, or as an X12 855.
    ///
    /// # Errors
    /// `invalid` with a pointer where the document cannot be read, or is not of the order's
    /// supplier; `not_found`; `conflict` where the order was never sent.
    pub async fn record_acknowledgement(
        &self,
        principal: &Principal,
        (format, bytes): (Format, Bytes),
        claim: Option<&Claim>,
    ) -> Result<Answer> {
        let (answer, party) = match format {
            Format::Json => {
                let AcknowledgementBody { acknowledgement } = stack::extract::from_slice(&bytes)?;
                (acknowledgement, PartyNames::default())
            }
            _ => match only(self.documents_in(format, bytes).await?)? {
                Parsed::Acknowledgement(it) => (it.acknowledgement, it.supplier),
                other => return Err(another(&other, "an acknowledgement")),
            },
        };
        let number = &answer.purchase_order_number;
        let numbers = std::slice::from_ref(number);
        let by = (&answer.supplier_id, &party);
        let orders = self.orders_of(principal, numbers, by, "/acknowledgement").await?;
        let piece = Piece {
            kind: EvidenceKind::Acknowledgement,
            event: Some(Said::Acknowledged(OrderAcknowledged { status: answer.status })),
            body_json: written(&answer)?,
            orders: &orders,
        };
        self.keep(principal, &piece, claim).await
    }

    /// Records what a supplier says is on its way: as JSON, or as an X12 856.
    ///
    /// # Errors
    /// As [`Process::record_acknowledgement`], and `invalid` where the notice names no order.
    pub async fn record_ship_notice(
        &self,
        principal: &Principal,
        (format, bytes): (Format, Bytes),
        claim: Option<&Claim>,
    ) -> Result<Answer> {
        let (notice, party) = match format {
            Format::Json => {
                let ShipNoticeBody { ship_notice } = stack::extract::from_slice(&bytes)?;
                (ship_notice, PartyNames::default())
            }
            _ => match only(self.documents_in(format, bytes).await?)? {
                Parsed::ShipNotice(it) => (it.notice, it.supplier),
                other => return Err(another(&other, "a ship notice")),
            },
        };
        let numbers: BTreeSet<_> =
            notice.lines.iter().filter_map(|it| it.purchase_order_number.clone()).collect();
        let numbers: Vec<_> = numbers.into_iter().collect();
        if !(1..=ORDERS_MAX).contains(&numbers.len()) {
            let detail = "the lines name 1 to 50 orders in all";
            return Err(Error::invalid_field("/ship_notice/lines", detail));
        }
        let by = (&notice.supplier_id, &party);
        let orders = self.orders_of(principal, &numbers, by, "/ship_notice").await?;
        let piece = Piece {
            kind: EvidenceKind::ShipNotice,
            event: Some(Said::OnItsWay(ShipNoticeReceived {
                number: &notice.number,
                expected_date: notice.expected_date,
            })),
            body_json: written(&notice)?,
            orders: &orders,
        };
        self.keep(principal, &piece, claim).await
    }

    /// The orders that a supplier's document is about; all of them are that supplier's.
    async fn orders_of(
        &self,
        principal: &Principal,
        numbers: &[PurchaseOrderNumber],
        by: (&SupplierId, &PartyNames),
        pointer: &str,
    ) -> Result<Vec<PurchaseOrder>> {
        let orders = self.system().purchase_orders().get_many(numbers).await?;
        let is_seen = |it: &PurchaseOrder| principal.may_see(&it.supplier_id);
        let orders: Vec<PurchaseOrder> = orders.into_iter().filter(is_seen).collect();
        let is_there = |it: &&PurchaseOrderNumber| orders.iter().any(|order| order.number == **it);
        if let Some(lost) = numbers.iter().find(|it| !is_there(it)) {
            return Err(Error::not_found("purchase order", lost));
        }
        let sender = facts::supplier(self.system(), by).await?;
        for order in &orders {
            let own = facts::by_number(self.system(), &order.supplier_id).await?;
            let is_own = order.supplier_id == *by.0
                || sender.as_ref().zip(own.as_ref()).is_some_and(|(a, b)| a.group() == b.group());
            if !is_own {
                let detail = format!("the order {} went to another supplier", order.number);
                return Err(Error::invalid_field(format!("{pointer}/supplier_id"), detail));
            }
            is_sent(order)?;
        }
        Ok(orders)
    }

    /// Keeps a document with each of its orders, which are followed from now on.
    async fn keep(
        &self,
        principal: &Principal,
        piece: &Piece<'_>,
        claim: Option<&Claim>,
    ) -> Result<Answer> {
        let recorded = Recorded {
            kind: piece.kind.name().to_owned(),
            purchase_orders: piece.orders.iter().map(|it| it.number.clone()).collect(),
        };
        let body = Bytes::from(written(&recorded)?);
        let mut batch = self.batch_of_piece(principal, piece)?;
        let mut answer = Batch::new();
        if let Some(claim) = claim {
            batch.insert_answer(self.kept_answer(claim, 201, &body));
            answer.insert_answer(self.kept_answer(claim, 201, &body));
        }
        let told = || Answer { body: body.clone(), replayed: false, kept: claim.is_some() };
        if self.store().commit(batch).await? == Committed::Done {
            return Ok(told());
        }
        // ok: it came before, under another key; the answer is the same
        match self.store().commit(answer).await? {
            Committed::Done => Ok(told()),
            Committed::Stale { guard } => Err(Error::unavailable(
                "the same request was answered at this moment; send it again with the same key",
            )
            .because(guard)),
        }
    }

    fn batch_of_piece(&self, principal: &Principal, piece: &Piece<'_>) -> Result<Batch> {
        let now = self.now();
        let mut batch = Batch::new();
        for order in piece.orders {
            let number = &order.number;
            let root = order.requisition_id.as_ref().map(ToString::to_string);
            let followed = FollowedOrder {
                number: number.clone(),
                version: 1,
                correlation_id: root.unwrap_or_else(|| number.to_string()),
                lifecycle: Lifecycle::of(order.status).name().to_owned(),
            };
            let print = [piece.kind.name(), number.as_str(), &piece.body_json].join("\n");
            let evidence = OrderEvidence {
                id: sha256_hex(print.as_bytes()),
                purchase_order_number: number.clone(),
                kind: piece.kind,
                recorded_by: principal.id.clone(),
                recorded_at: now,
                body_json: piece.body_json.clone(),
            };
            batch.insert_evidence(&evidence);
            batch.follow_order(&followed);
            if let Some(said) = &piece.event {
                let told = Told {
                    subject: number.as_str(),
                    version: &evidence.id,
                    partitionkey: number.as_str(),
                    correlation_id: &followed.correlation_id,
                    order: Some(number),
                    supplier: Some(&order.supplier_id),
                    facility: order.facility_id.as_ref(),
                    now,
                };
                let keys = [EventKey::PurchaseOrder(number.clone())];
                batch.append_event(&said.event(told)?, &keys)?;
            }
            batch.enqueue_work(observe_work(&followed, &evidence.id, now));
        }
        Ok(batch)
    }
}

/// `{"acknowledgement":{…}}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AcknowledgementBody {
    acknowledgement: Acknowledgement,
}

/// `{"ship_notice":{…}}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ShipNoticeBody {
    ship_notice: ShipNotice,
}

/// Refuses an order that no supplier can have yet.
fn is_sent(order: &PurchaseOrder) -> Result<()> {
    match order.status {
        OrderStatus::Draft | OrderStatus::PendingApproval => Err(Error::conflict(format!(
            "the order {} is not approved, so that it is not for the supplier yet",
            order.number
        ))),
        _ => Ok(()),
    }
}

fn only(documents: Vec<Document>) -> Result<Parsed> {
    let several = documents.len();
    let mut documents = documents.into_iter();
    match (documents.next(), several) {
        (Some(document), 1) => document.outcome,
        _ => {
            Err(Error::invalid(format!("the file holds {several} documents; send one per request")))
        }
    }
}

fn another(parsed: &Parsed, wanted: &str) -> Error {
    Error::invalid(format!("the document is {}, not {wanted}", parsed.kind()))
}

fn written(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|error| Error::internal("a document has no JSON form").because(error))
}
