//! Reading the files: each entry by itself, so that every fault is found and not only the first.

use super::fault;
use super::journal::Account;
use canonical::{
    AccountRole, Contract, CostCenter, CostCenterId, CurrencyRate, Error, Facility, FacilityId,
    FieldError, FiscalPeriod, InventoryBalance, Item, ItemId, Payable, PurchaseOrder,
    PurchaseOrderNumber, Recall, Receipt, ReceiptNumber, RequisitionId, Result, Return, Supplier,
    SupplierId, UsageEvent,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
const NOUNS: [&str; 15] = [
    "suppliers",
    "items",
    "facilities",
    "cost_centers",
    "purchase_orders",
    "receipts",
    "returns",
    "payables",
    "contracts",
    "usages",
    "rates",
    "recalls",
    "balances",
    "periods",
    "accounts",
];

/// A file of one noun.
#[derive(Debug)]
pub(super) struct File {
    pub(super) noun: &'static str,
    pub(super) toml: bool,
    pub(super) text: Cow<'static, str>,
}

/// A line of a receipt document: number, order and line.
pub(super) type ReceiptKey = (ReceiptNumber, PurchaseOrderNumber, u32);

/// Everything that is loaded, by key.
#[derive(Debug, Default)]
pub(super) struct Data {
    pub(super) suppliers: BTreeMap<SupplierId, Supplier>,
    pub(super) items: BTreeMap<ItemId, Item>,
    pub(super) facilities: BTreeMap<FacilityId, Facility>,
    pub(super) cost_centers: BTreeMap<CostCenterId, CostCenter>,
    pub(super) purchase_orders: BTreeMap<PurchaseOrderNumber, PurchaseOrder>,
    pub(super) ordered_for: BTreeMap<RequisitionId, PurchaseOrderNumber>,
    pub(super) receipts: BTreeMap<ReceiptKey, Receipt>,
    pub(super) receipts_numbered: BTreeMap<ReceiptNumber, Vec<ReceiptKey>>,
    pub(super) receipts_of: BTreeMap<PurchaseOrderNumber, Vec<ReceiptKey>>,
    pub(super) returns_of: BTreeMap<PurchaseOrderNumber, Vec<Return>>,
    pub(super) payables: Vec<Payable>,
    pub(super) contracts: BTreeMap<String, Contract>,
    pub(super) usages: BTreeMap<String, UsageEvent>,
    pub(super) rates: BTreeMap<String, CurrencyRate>,
    pub(super) recalls: BTreeMap<String, Recall>,
    pub(super) balances: BTreeMap<String, InventoryBalance>,
    pub(super) periods: BTreeMap<String, FiscalPeriod>,
    pub(super) accounts: BTreeMap<AccountRole, Account>,
}

macro_rules! demo_files {
    ($($noun:literal),*) => {
        vec![$(File {
            noun: $noun,
            toml: false,
            text: Cow::Borrowed(include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"), "/../../config/demo/", $noun, ".json"
            ))),
        }),*]
    };
}

/// The demo health system, which is in the binary.
pub(super) fn demo() -> Vec<File> {
    demo_files![
        "suppliers",
        "items",
        "facilities",
        "cost_centers",
        "purchase_orders",
        "receipts",
        "returns",
        "payables",
        "contracts",
        "usages",
        "rates",
        "recalls",
        "balances",
        "periods",
        "accounts"
    ]
}

/// The files of a folder.
pub(super) fn folder(path: &Path) -> Result<Vec<File>> {
    let mut faults = Vec::new();
    let mut files = Vec::new();
    if !path.is_dir() {
        let detail = format!("{} is not a folder; use \"demo\" or a folder", path.display());
        return Err(Error::invalid_field("/data", detail));
    }
    for noun in NOUNS {
        let found: Vec<_> = ["json", "toml"]
            .into_iter()
            .map(|kind| (kind, path.join(format!("{noun}.{kind}"))))
            .filter(|(_, file)| file.exists())
            .collect();
        match found.as_slice() {
            [] => {}
            [(kind, file)] => match text_of(file) {
                Ok(text) => files.push(File { noun, toml: *kind == "toml", text: text.into() }),
                Err(detail) => fault(&mut faults, noun, detail),
            },
            _ => fault(&mut faults, noun, "there is a .json and a .toml file; keep one"),
        }
    }
    if faults.is_empty() { Ok(files) } else { Err(Error::invalid_fields(faults)) }
}

fn text_of(file: &Path) -> Result<String, String> {
    let shown = file.display();
    let bytes = file.metadata().map_err(|error| format!("{shown} cannot be read: {error}"))?.len();
    if bytes > FILE_BYTES_MAX {
        return Err(format!("{shown} has {bytes} bytes; at most {FILE_BYTES_MAX}"));
    }
    std::fs::read_to_string(file).map_err(|error| format!("{shown} cannot be read: {error}"))
}

impl Data {
    /// Reads every entry that can be read; the others become faults.
    pub(super) fn read(files: &[File], faults: &mut Vec<FieldError>) -> Self {
        let suppliers: Vec<Supplier> = entries("suppliers", files, faults);
        let items: Vec<Item> = entries("items", files, faults);
        let facilities: Vec<Facility> = entries("facilities", files, faults);
        let cost_centers: Vec<CostCenter> = entries("cost_centers", files, faults);
        let orders: Vec<PurchaseOrder> = entries("purchase_orders", files, faults);
        let receipts: Vec<Receipt> = entries("receipts", files, faults);
        let returns: Vec<Return> = entries("returns", files, faults);
        let contracts = entries("contracts", files, faults);
        let usages = entries("usages", files, faults);
        let rates = entries("rates", files, faults);
        let recalls = entries("recalls", files, faults);
        let balances = entries("balances", files, faults);
        let periods = entries("periods", files, faults);
        let accounts = entries("accounts", files, faults);
        let mut data = Self {
            suppliers: keyed("suppliers", suppliers, |it| it.id.clone(), faults),
            items: keyed("items", items, |it| it.id.clone(), faults),
            facilities: keyed("facilities", facilities, |it| it.id.clone(), faults),
            cost_centers: keyed("cost_centers", cost_centers, |it| it.id.clone(), faults),
            purchase_orders: keyed("purchase_orders", orders, |it| it.number.clone(), faults),
            receipts: keyed("receipts", receipts, Self::receipt_key, faults),
            payables: entries("payables", files, faults),
            contracts: keyed("contracts", contracts, |it: &Contract| it.number.clone(), faults),
            usages: keyed("usages", usages, |it: &UsageEvent| it.number.clone(), faults),
            rates: keyed(
                "rates",
                rates,
                |it: &CurrencyRate| format!("{}{} {:?} {}", it.base, it.quote, it.kind, it.as_of),
                faults,
            ),
            recalls: keyed(
                "recalls",
                recalls,
                |it: &Recall| format!("{} {}", it.number, it.item_id),
                faults,
            ),
            balances: keyed(
                "balances",
                balances,
                |it: &InventoryBalance| {
                    format!(
                        "{} {}",
                        it.item_id,
                        it.facility_id.as_ref().map_or("", |it| it.as_str())
                    )
                },
                faults,
            ),
            periods: keyed("periods", periods, period_key, faults),
            accounts: keyed("accounts", accounts, |it: &Account| it.role, faults),
            ..Self::default()
        };
        for it in data.purchase_orders.values() {
            let made_of = it.requisition_id.iter().cloned();
            data.ordered_for.extend(made_of.map(|id| (id, it.number.clone())));
        }
        let receipts = std::mem::take(&mut data.receipts);
        receipts.into_values().for_each(|it| data.add_receipt(it));
        for it in returns {
            data.returns_of.entry(it.purchase_order_number.clone()).or_default().push(it);
        }
        data
    }

    pub(super) fn receipt_key(it: &Receipt) -> ReceiptKey {
        (it.number.clone(), it.purchase_order_number.clone(), it.purchase_order_line)
    }

    /// Puts an order in the place of the version before.
    pub(super) fn put_order(&mut self, order: PurchaseOrder) {
        if let Some(requisition) = &order.requisition_id {
            self.ordered_for.insert(requisition.clone(), order.number.clone());
        }
        self.purchase_orders.insert(order.number.clone(), order);
    }

    /// Adds a receipt line that is not there yet.
    pub(super) fn add_receipt(&mut self, receipt: Receipt) {
        let key = Self::receipt_key(&receipt);
        let of_order = self.receipts_of.entry(receipt.purchase_order_number.clone());
        of_order.or_default().push(key.clone());
        self.receipts_numbered.entry(receipt.number.clone()).or_default().push(key.clone());
        self.receipts.insert(key, receipt);
    }
}

fn period_key(it: &FiscalPeriod) -> String {
    format!("{} {}", it.legal_entity.as_deref().unwrap_or_default(), it.from)
}

fn keyed<K: Ord + std::fmt::Debug, T>(
    noun: &str,
    entries: Vec<T>,
    key: impl Fn(&T) -> K,
    faults: &mut Vec<FieldError>,
) -> BTreeMap<K, T> {
    let mut map = BTreeMap::new();
    for entry in entries {
        let key = key(&entry);
        if map.contains_key(&key) {
            fault(faults, noun, format!("{key:?} is there twice"));
        }
        map.insert(key, entry);
    }
    map
}

fn entries<T: DeserializeOwned>(
    noun: &str,
    files: &[File],
    faults: &mut Vec<FieldError>,
) -> Vec<T> {
    let Some(file) = files.iter().find(|it| it.noun == noun) else { return Vec::new() };
    let values = match values(file) {
        Ok(values) => values,
        Err(detail) => {
            fault(faults, noun, detail);
            return Vec::new();
        }
    };
    let mut read = Vec::with_capacity(values.len());
    for (index, value) in values.into_iter().enumerate() {
        match serde_path_to_error::deserialize(value) {
            Ok(entry) => read.push(entry),
            Err(error) => {
                let path = error.path().to_string();
                fault(faults, format_args!("{noun}/{index}"), format!("{path}: {}", error.inner()));
            }
        }
    }
    read
}

fn values(file: &File) -> Result<Vec<Value>, String> {
    if !file.toml {
        return serde_json::from_str(&file.text)
            .map_err(|error| format!("not a JSON array of entries: {error}"));
    }
    let mut tables: BTreeMap<String, Vec<Value>> = toml::from_str(&file.text)
        .map_err(|error| format!("not a TOML array of tables [[{}]]: {error}", file.noun))?;
    let values = tables.remove(file.noun).unwrap_or_default();
    match tables.keys().next() {
        None => Ok(values),
        Some(other) => Err(format!("there is a table {other:?}; only [[{}]] is read", file.noun)),
    }
}
