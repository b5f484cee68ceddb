//! The elementary changes that may clear a reason, each as data that can be applied.

use super::correction::{Correction, Part};
use canonical::{
    ChargeKind, Code, Currency, Decimal, ItemId, Money, Owner, PurchaseOrderNumber, Quantity,
    ReceiptNumber, SupplierId, Uom,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One elementary change that helps: a fact that may come about, or a decision that somebody may
/// take. It can be applied to the invoice and the facts it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub enum Cure {
    /// So much more is received (and, in a four-way match, accepted).
    Receive {
        /// The order.
        purchase_order_number: PurchaseOrderNumber,
        /// Its line.
        purchase_order_line: u32,
        /// The least that helps, in the order line's unit.
        quantity: Quantity,
        /// The receipt that the invoice cites, where invoices follow receipts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        receipt_number: Option<ReceiptNumber>,
    },
    /// So much more of what was received passes inspection.
    Accept {
        /// The order.
        purchase_order_number: PurchaseOrderNumber,
        /// Its line.
        purchase_order_line: u32,
        /// The least that helps, in the order line's unit.
        quantity: Quantity,
    },
    /// Hospital staff record a usage.
    RecordUsage {
        /// The order.
        purchase_order_number: PurchaseOrderNumber,
        /// Its line.
        purchase_order_line: u32,
        /// What was used.
        item_id: ItemId,
        /// The least that helps, in the order line's unit.
        quantity: Quantity,
    },
    /// Hospital staff attest a usage that only the supplier's sheet tells of.
    AttestUsage {
        /// The usage.
        number: String,
    },
    /// Nothing but time: the posting date moves on.
    Wait {
        /// The first date that helps.
        until: Date,
        /// How many days that is from the date of the decision.
        days: u32,
    },
    /// A credit on the price of a line.
    PriceCredit {
        /// The invoice line.
        invoice_line: u32,
        /// The least that helps.
        amount: Money,
    },
    /// A credit that takes back a part of the quantity of a line.
    QuantityCredit {
        /// The invoice line.
        invoice_line: u32,
        /// The least that helps, in the invoice line's unit.
        quantity: Quantity,
    },
    /// The undisputed part is paid, and the rest is charged back.
    ShortPay {
        /// What is disputed.
        part: Part,
        /// The part that is paid.
        pay: Money,
        /// The part that is charged back.
        chargeback: Money,
    },
    /// A change order with another price.
    ChangeOrderPrice {
        /// The order.
        purchase_order_number: PurchaseOrderNumber,
        /// Its line.
        purchase_order_line: u32,
        /// The price of `price_base` units of the order line's unit.
        unit_price: Decimal,
        /// How many units the price is for.
        price_base: Decimal,
    },
    /// A change order for more.
    ChangeOrderQuantity {
        /// The order.
        purchase_order_number: PurchaseOrderNumber,
        /// Its line.
        purchase_order_line: u32,
        /// How much more, in the order line's unit.
        increase: Quantity,
    },
    /// A change order for more money on a line that is matched by amount.
    ChangeOrderAmount {
        /// The order.
        purchase_order_number: PurchaseOrderNumber,
        /// Its line.
        purchase_order_line: u32,
        /// How much more.
        increase: Money,
    },
    /// A change order with a higher limit of a blanket order.
    ChangeOrderLimit {
        /// The order.
        purchase_order_number: PurchaseOrderNumber,
        /// How much more.
        increase: Money,
    },
    /// A change order with another validity of a blanket order.
    ChangeOrderValidity {
        /// The order.
        purchase_order_number: PurchaseOrderNumber,
        /// A day that has to be inside.
        includes: Date,
    },
    /// A change order with an earlier promised date.
    ChangePromisedDate {
        /// The order.
        purchase_order_number: PurchaseOrderNumber,
        /// Its line.
        purchase_order_line: u32,
        /// The date.
        promised_date: Date,
    },
    /// A change order that plans a charge.
    PlanCharge {
        /// The order.
        purchase_order_number: PurchaseOrderNumber,
        /// What the charge is for.
        charge: ChargeKind,
        /// How much more is planned.
        increase: Money,
    },
    /// A change order by which the supplier may bill the freight.
    ChangeFreightTerms {
        /// The order.
        purchase_order_number: PurchaseOrderNumber,
    },
    /// The order is approved, or comes back to life.
    ApproveOrder {
        /// The order.
        purchase_order_number: PurchaseOrderNumber,
    },
    /// The order, or one line of it, is opened again.
    ReopenOrder {
        /// The order.
        purchase_order_number: PurchaseOrderNumber,
        /// The line; without it, the order.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        purchase_order_line: Option<u32>,
    },
    /// An order is made, or found, for what the invoice bills under this number.
    ProvideOrder {
        /// The order.
        purchase_order_number: PurchaseOrderNumber,
    },
    /// A line is added to the order for what an invoice line bills.
    AddOrderLine {
        /// The order.
        purchase_order_number: PurchaseOrderNumber,
        /// The number of the new line.
        purchase_order_line: u32,
        /// The invoice line it is for.
        invoice_line: u32,
    },
    /// What self-billing needs is put on the order: a firm price, receipts first, a tax code.
    PrepareSelfBilling {
        /// The order.
        purchase_order_number: PurchaseOrderNumber,
    },
    /// A receipt is corrected.
    CorrectReceipt {
        /// The receipt.
        receipt_number: ReceiptNumber,
        /// What was counted.
        quantity: Quantity,
    },
    /// The supplier agrees to self-billing.
    AgreeSelfBilling {
        /// The supplier.
        supplier_id: SupplierId,
    },
    /// The supplier corrects a field of the invoice.
    Correct {
        /// The invoice line; without it, the document.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        invoice_line: Option<u32>,
        /// What is corrected. Amounts that follow from it are corrected with it.
        to: Correction,
    },
    /// A packaging row: `1 uom = numerator / denominator` base units. It takes the place of the
    /// rows for the same unit and supplier.
    Packaging {
        /// The item.
        item_id: ItemId,
        /// The unit.
        uom: Uom,
        /// The supplier it is for; without it, for all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        supplier_id: Option<SupplierId>,
        /// Base units, times the denominator.
        numerator: Decimal,
        /// See the numerator.
        denominator: Decimal,
    },
    /// The supplier is put in the supplier master, or made active.
    ActivateSupplier {
        /// The supplier.
        supplier_id: SupplierId,
    },
    /// Two supplier numbers are found to be one business.
    LinkSupplier {
        /// The supplier.
        supplier_id: SupplierId,
        /// The business.
        group: SupplierId,
    },
    /// The account is verified with the supplier by calling back.
    VerifyRemitTo {
        /// The supplier.
        supplier_id: SupplierId,
        /// The fingerprint of the account.
        remit_to: String,
    },
    /// Compliance finds that the supplier is not the one on the list.
    ClearSanction {
        /// The supplier.
        supplier_id: SupplierId,
    },
    /// A rate is published.
    PublishRate {
        /// The currency that is priced.
        base: Currency,
        /// The currency it is priced in.
        quote: Currency,
        /// The latest rate that is known and still has to be confirmed; without it there is none,
        /// and the check that waits for it is taken as passed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rate: Option<Decimal>,
        /// The first day it holds.
        as_of: Date,
        /// The invoice line whose check waits for it; without it, the document's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        invoice_line: Option<u32>,
    },
    /// A contract price, in a contract with the supplier.
    ContractPrice {
        /// The supplier.
        supplier_id: SupplierId,
        /// The item.
        item_id: ItemId,
        /// The unit.
        uom: Uom,
        /// The price of `price_base` units.
        unit_price: Decimal,
        /// How many units the price is for.
        price_base: Decimal,
    },
    /// The contract lets the supplier bill in this currency, too.
    ContractCurrency {
        /// The supplier.
        supplier_id: SupplierId,
        /// The currency.
        currency: Currency,
    },
    /// The recall is closed.
    CloseRecall {
        /// The notice's number.
        number: String,
    },
    /// The period of the posting date is opened.
    OpenPeriod {
        /// A day of it.
        date: Date,
    },
    /// The earlier invoice is rejected.
    RejectEarlier {
        /// Its id.
        invoice: String,
    },
    /// A person decides that this is not the invoice that was sent before.
    MarkNotDuplicate {
        /// The rule that found it.
        code: Code,
        /// The invoice line; without it, the document.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        invoice_line: Option<u32>,
    },
    /// A person accepts the variance of one reason, with a word why.
    Release {
        /// The reason.
        code: Code,
        /// The invoice line; without it, the document.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        invoice_line: Option<u32>,
        /// Who may.
        owner: Owner,
    },
}
