//! Layer 1: the systems of record. One capability trait per noun, one adapter folder per back end,
//! and the system API over them.

mod cost_center;
mod facility;
mod item;
mod payable;
mod purchase_order;
mod receipt;
mod supplier;

pub use cost_center::CostCenters;
pub use facility::Facilities;
pub use item::Items;
pub use payable::Payables;
pub use purchase_order::{OrderFilter, PurchaseOrders};
pub use receipt::{Movements, Receipts};
pub use supplier::Suppliers;
