//! The tables of SAP's training company as canonical orders, receipts and items. Every row is
//! taken or named as left out; nothing is dropped in silence.

use canonical::{Decimal, Exact, exact_text};
use num_traits::Zero as _;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use tests::shared::{self, Row};

/// An order line with what was received on it.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) order: String,
    pub(super) number: u32,
    pub(super) supplier: String,
    /// Company code: whose books, and so whose policy.
    pub(super) company: String,
    pub(super) currency: String,
    pub(super) order_date: String,
    pub(super) item: String,
    pub(super) quantity: Exact,
    pub(super) uom: String,
    pub(super) base_uom: String,
    /// Base units of one order unit, `UMREZ / UMREN`.
    pub(super) factor: Exact,
    /// `NETPR`, of so many order units as `price_base` says: the table's price is per `PEINH` of
    /// `BPRME`, of which `BPUMZ / BPUMN` make one order unit.
    pub(super) unit_price: Exact,
    pub(super) price_base: Exact,
    pub(super) movements: Vec<Movement>,
}

/// A goods movement on an order line.
#[derive(Clone, Debug)]
pub(super) struct Movement {
    pub(super) document: String,
    /// 101 receipt, 102 its reversal, 122 return to the supplier.
    pub(super) kind: String,
    /// `MENGE`, in base units.
    pub(super) base: Exact,
    /// `ERFMG` in `ERFME`, as the clerk entered it.
    pub(super) entered: Exact,
    pub(super) entered_uom: String,
    /// `DMBTR`: what the ledger posted.
    pub(super) value: Exact,
    pub(super) date: String,
}

/// What the tables hold.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) lines: Vec<Line>,
    /// Order lines that are no order yet, with the reason.
    pub(super) left_out: Vec<String>,
    /// Rows of EKPO and MSEG as read.
    pub(super) rows: (usize, usize),
    /// The sums of EKPO.MENGE, MSEG.MENGE and MSEG.ERFMG over the rows as read.
    pub(super) sums: [Exact; 3],
}

pub(super) fn exact(text: &str) -> Exact {
    text.parse::<Decimal>().unwrap_or_else(|error| panic!("{text}: {error}")).exact()
}

fn number(row: &Row, column: &str) -> Exact {
    exact(&row.digits(column))
}

/// `1/18/19` as `2019-01-18`.
fn date(text: &str) -> String {
    let parts: Vec<u16> = text.split('/').map(|it| it.parse().unwrap()).collect();
    format!("20{:02}-{:02}-{:02}", parts[2], parts[0], parts[1])
}

impl Tables {
    pub(super) fn read(folder: &Path) -> Self {
        let heads = by_key(shared::table(folder, "EKKO_Base.csv"), &["EBELN"]);
        let posted = by_key(shared::table(folder, "MKPF_Base.csv"), &["MBLNR", "MJAHR"]);
        let (items, moves) =
            (shared::table(folder, "EKPO_Base.csv"), shared::table(folder, "MSEG_Base.csv"));
        let sum = |rows: &[Row], column| rows.iter().map(|it| number(it, column)).sum::<Exact>();
        let mut tables = Self {
            rows: (items.len(), moves.len()),
            sums: [sum(&items, "MENGE"), sum(&moves, "MENGE"), sum(&moves, "ERFMG")],
            ..Self::default()
        };
        let mut movements: BTreeMap<(String, u32), Vec<Movement>> = BTreeMap::new();
        for row in &moves {
            let key = (row.text("EBELN").to_owned(), row.text("EBELP").parse().unwrap());
            let head = &posted[&key_of(row, &["MBLNR", "MJAHR"])];
            movements.entry(key).or_default().push(Movement::of(row, head));
        }
        for row in &items {
            let head = &heads[row.text("EBELN")];
            let key = (row.text("EBELN").to_owned(), row.text("EBELP").parse().unwrap());
            let movements = movements.remove(&key).unwrap_or_default();
            match Line::of(row, head, movements) {
                Ok(line) => tables.lines.push(line),
                Err(why) => tables.left_out.push(format!("{} {}: {why}", key.0, key.1)),
            }
        }
        assert!(movements.is_empty(), "movements without an order: {movements:?}");
        tables
    }

    pub(super) fn received(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|it| !it.movements.is_empty())
    }

    /// The items, with a packaging row for each unit that an order uses besides the base unit.
    pub(super) fn items(&self) -> BTreeMap<String, Value> {
        let mut levels: BTreeMap<(&str, &str), BTreeSet<(&str, String)>> = BTreeMap::new();
        for line in &self.lines {
            let rows = levels.entry((&line.item, &line.base_uom)).or_default();
            if line.uom != line.base_uom {
                rows.insert((&line.uom, exact_text(&line.factor)));
            }
        }
        let one = |((id, base), rows): ((&str, &str), BTreeSet<(&str, String)>)| {
            let packaging: Vec<Value> = rows
                .iter()
                .map(|(uom, factor)| json!({ "uom": uom, "numerator": factor, "denominator": "1" }))
                .collect();
            let item = json!({
                "id": id, "base_uom": base, "indivisible": true, "packaging": packaging,
            });
            (id.to_owned(), item)
        };
        levels.into_iter().map(one).collect()
    }
}

fn key_of(row: &Row, columns: &[&str]) -> String {
    columns.iter().map(|it| row.text(it)).collect::<Vec<_>>().join("/")
}

fn by_key(rows: Vec<Row>, columns: &[&str]) -> BTreeMap<String, Row> {
    let count = rows.len();
    let map: BTreeMap<String, Row> =
        rows.into_iter().map(|it| (key_of(&it, columns), it)).collect();
    assert_eq!(map.len(), count, "a key of {columns:?} is there twice");
    map
}

impl Line {
    fn of(row: &Row, head: &Row, movements: Vec<Movement>) -> Result<Self, &'static str> {
        let (base, price_factor) = (number(row, "PEINH"), number(row, "BPUMZ"));
        if base.is_zero() {
            // an order that was kept on hold before it was complete
            assert!(movements.is_empty(), "received on an order without a price: {movements:?}");
            return Err("on hold, without a price unit");
        }
        assert!(!head.text("LIFNR").is_empty(), "an order without a supplier: {head:?}");
        Ok(Self {
            order: row.text("EBELN").to_owned(),
            number: row.text("EBELP").parse().unwrap(),
            supplier: head.text("LIFNR").to_owned(),
            company: head.text("BUKRS").to_owned(),
            currency: head.text("WAERS").to_owned(),
            order_date: date(head.text("BEDAT")),
            item: row.text("MATNR").to_owned(),
            quantity: number(row, "MENGE"),
            uom: row.text("MEINS").to_owned(),
            base_uom: row.text("LMEIN").to_owned(),
            factor: number(row, "UMREZ") / number(row, "UMREN"),
            unit_price: number(row, "NETPR") * price_factor,
            price_base: base * number(row, "BPUMN"),
            movements,
        })
    }

    /// Whether the order's unit is another than the item's.
    pub(super) fn is_packed(&self) -> bool {
        self.uom != self.base_uom
    }

    /// Received less reversed and returned, in base units.
    pub(super) fn received(&self) -> Exact {
        self.movements.iter().map(Movement::signed).sum()
    }

    /// What the ledger posted for it.
    pub(super) fn value(&self) -> Exact {
        let signed = |it: &Movement| if it.adds() { it.value.clone() } else { -it.value.clone() };
        self.movements.iter().map(signed).sum()
    }
}

impl Movement {
    fn of(row: &Row, head: &Row) -> Self {
        let kind = row.text("BWART");
        assert!(["101", "102", "122"].contains(&kind), "a movement of another kind: {row:?}");
        Self {
            document: format!("{}-{}", key_of(row, &["MBLNR", "MJAHR"]), row.text("ZEILE")),
            kind: kind.to_owned(),
            base: number(row, "MENGE"),
            entered: number(row, "ERFMG"),
            entered_uom: row.text("ERFME").to_owned(),
            value: number(row, "DMBTR"),
            date: date(head.text("BUDAT")),
        }
    }

    pub(super) fn adds(&self) -> bool {
        self.kind == "101"
    }

    fn signed(&self) -> Exact {
        if self.adds() { self.base.clone() } else { -self.base.clone() }
    }
}
