//! The postings of goods and their invoices by account role (`domain.md` A15.1): pure.
//!
//! What was received and not billed, and what was billed and not received, lie in layers with the
//! value at which they came. What meets them takes that value out, to the last cent, so that the
//! clearing account is exactly nothing once everything was received and billed, in the order's
//! currency and in the ledger's. What is left over is of the price, or of the rate (A13).

use canonical::{AccountRole, Currency, Exact, Money, Side};
use std::collections::VecDeque;

/// What an order line's goods are worth.
#[derive(Clone, Debug)]
pub(super) struct Worth {
    /// The price of one.
    pub(super) price: Exact,
    /// The currency of the order.
    pub(super) currency: Currency,
    /// The currency of the ledger.
    pub(super) functional: Currency,
    /// Where goods go: inventory, or expense.
    pub(super) charged: AccountRole,
}

/// Something that happened; below zero it takes back.
#[derive(Clone, Debug)]
pub(super) enum Fact {
    /// Goods moved: a receipt or a return.
    Moved {
        /// How many.
        quantity: Exact,
        /// How much of the ledger's currency one of the order's was.
        rate: Exact,
    },
    /// They were billed: an invoice or a credit.
    Billed {
        /// How many.
        quantity: Exact,
        /// For how much, in minor units of the order's currency.
        net: i128,
        /// As above.
        rate: Exact,
    },
}

/// One side of a posting; above zero on the left.
pub(super) type Posting = (AccountRole, i128);

/// Goods that wait for their other half.
#[derive(Clone, Debug)]
struct Layer {
    quantity: Exact,
    /// Minor units of the order's currency.
    amount: i128,
    /// Minor units of the ledger's.
    base: i128,
}

/// What was taken out of layers.
#[derive(Default)]
struct Taken {
    quantity: Exact,
    amount: i128,
    base: i128,
}

/// The clearing account of an order line.
#[derive(Debug)]
pub(super) struct Clearing {
    worth: Worth,
    received: VecDeque<Layer>,
    billed: VecDeque<Layer>,
}

impl Clearing {
    pub(super) fn new(worth: Worth) -> Self {
        Self { worth, received: VecDeque::new(), billed: VecDeque::new() }
    }

    /// What is received and not billed less what is billed and not received, in the order's
    /// currency and in the ledger's; above zero it is owed.
    pub(super) fn balance(&self) -> (Money, Money) {
        let sum = |it: fn(&Layer) -> i128| {
            let of = |layers: &VecDeque<Layer>| layers.iter().map(it).sum::<i128>();
            of(&self.received) - of(&self.billed)
        };
        let (amount, base) = (sum(|it| it.amount), sum(|it| it.base));
        (
            Money::from_minor(amount, self.worth.currency),
            Money::from_minor(base, self.worth.functional),
        )
    }

    /// Posts what happened; debits and credits add up.
    pub(super) fn post(&mut self, fact: &Fact) -> Vec<Posting> {
        let mut postings = match fact {
            Fact::Moved { quantity, rate } => self.moved(quantity, rate),
            Fact::Billed { quantity, net, rate } => self.billed(quantity, *net, rate),
        };
        postings.retain(|it| it.1 != 0);
        postings
    }

    /// Goods against the clearing account; a rate that moved since the invoice is of the rate.
    fn moved(&mut self, quantity: &Exact, rate: &Exact) -> Vec<Posting> {
        let is_back = *quantity < zero();
        let size = absolute(quantity);
        let (meets, waits) = if is_back {
            (&mut self.received, &mut self.billed)
        } else {
            (&mut self.billed, &mut self.received)
        };
        let taken = take(meets, &size);
        let rest = layer(&self.worth, &size - &taken.quantity, rate);
        let at_rate = in_base(&self.worth, taken.amount, rate);
        let cleared = taken.base + rest.base;
        // what goes back leaves at the value at which it came
        let goods = if is_back { cleared } else { at_rate + rest.base };
        keep(waits, rest);
        let sign = if is_back { -1 } else { 1 };
        vec![
            (self.worth.charged, sign * goods),
            (AccountRole::FxVariance, sign * (cleared - goods)),
            (AccountRole::Grni, -sign * cleared),
        ]
    }

    /// The clearing account against what is owed; what differs is of the price or of the rate.
    fn billed(&mut self, quantity: &Exact, net: i128, rate: &Exact) -> Vec<Posting> {
        let is_back = *quantity < zero();
        let size = absolute(quantity);
        let (meets, waits) = if is_back {
            (&mut self.billed, &mut self.received)
        } else {
            (&mut self.received, &mut self.billed)
        };
        let taken = take(meets, &size);
        let rest = layer(&self.worth, &size - &taken.quantity, rate);
        let sign = if is_back { -1 } else { 1 };
        let owed = sign * in_base(&self.worth, net, rate);
        let ordered = in_base(&self.worth, taken.amount + rest.amount, rate);
        let cleared = taken.base + rest.base;
        keep(waits, rest);
        vec![
            (AccountRole::Grni, sign * cleared),
            (AccountRole::PriceVariance, sign * (owed - ordered)),
            (AccountRole::FxVariance, sign * (ordered - cleared)),
            (AccountRole::Ap, -sign * owed),
        ]
    }
}

/// A posting as a side and an amount above zero.
pub(super) fn side((_role, minor): &Posting) -> Side {
    if *minor > 0 { Side::Debit } else { Side::Credit }
}

/// Takes up to a quantity out of layers, the oldest first; the last of a layer takes what is left.
fn take(layers: &mut VecDeque<Layer>, quantity: &Exact) -> Taken {
    let mut taken = Taken::default();
    while let Some(first) = layers.front_mut() {
        let open = quantity - &taken.quantity;
        if open <= zero() {
            break;
        }
        if first.quantity <= open {
            taken.quantity += &first.quantity;
            taken.amount += first.amount;
            taken.base += first.base;
            layers.pop_front();
            continue;
        }
        let share = &open / &first.quantity;
        let part = |of: i128| {
            let exact = Exact::from_integer(of.into()) * &share;
            // ok: R3 over two shares; minor units of a currency without places
            minor_of(&exact)
        };
        let (amount, base) = (part(first.amount), part(first.base));
        first.quantity -= &open;
        first.amount -= amount;
        first.base -= base;
        taken.quantity += open;
        taken.amount += amount;
        taken.base += base;
    }
    taken
}

fn keep(layers: &mut VecDeque<Layer>, layer: Layer) {
    if layer.quantity > zero() {
        layers.push_back(layer);
    }
}

/// So many goods at the order's price (R1), at a rate (R4).
fn layer(worth: &Worth, quantity: Exact, rate: &Exact) -> Layer {
    let amount = Money::round(&(&quantity * &worth.price), worth.currency).minor();
    Layer { base: in_base(worth, amount, rate), quantity, amount }
}

/// An amount of the order's currency in the ledger's (R4).
fn in_base(worth: &Worth, amount: i128, rate: &Exact) -> i128 {
    let amount = Money::from_minor(amount, worth.currency);
    Money::round(&(amount.exact() * rate), worth.functional).minor()
}

fn minor_of(exact: &Exact) -> i128 {
    // a hundredth of it is the amount of a currency with two places
    Money::round(&(exact / Exact::from_integer(100.into())), Currency::USD).minor()
}

fn zero() -> Exact {
    Exact::from_integer(0.into())
}

fn absolute(value: &Exact) -> Exact {
    if *value < zero() { zero() - value } else { value.clone() }
}

#[cfg(test)]
mod tests;
