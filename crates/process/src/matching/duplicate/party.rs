//! Who counts as the same sender: a supplier group, or supplier numbers that share the account paid
//! to or the tax id (D8).

use crate::matching::index::{Index, plain};
use crate::matching::request::Facts;
use canonical::{Invoice, KnownInvoice, Supplier, SupplierId};
use std::cell::OnceCell;
use std::collections::BTreeSet;

/// How the sender of an earlier invoice is the sender of this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kin {
    /// The same supplier group.
    Group,
    /// Another one, with the same account or tax id.
    Shared,
}

/// The sender of the invoice, and the suppliers that are known.
pub(super) struct Parties<'g, 'a> {
    invoice: &'a Invoice,
    facts: &'a Facts,
    index: &'g Index<'a>,
    group: &'a SupplierId,
    names: OnceCell<BTreeSet<String>>,
}

impl<'g, 'a> Parties<'g, 'a> {
    pub(super) fn new(invoice: &'a Invoice, facts: &'a Facts, index: &'g Index<'a>) -> Self {
        let own = supplier(facts, &invoice.supplier_id);
        let group = own.map_or(&invoice.supplier_id, |it| it.group());
        Self { invoice, facts, index, group, names: OnceCell::new() }
    }

    /// The accounts and tax ids of the sender.
    fn names(&self) -> &BTreeSet<String> {
        self.names.get_or_init(|| {
            let own = supplier(self.facts, &self.invoice.supplier_id);
            let stated = self.invoice.remit_to.as_deref().map(account);
            own.into_iter().flat_map(names).chain(stated).collect()
        })
    }

    /// `None` for somebody else.
    pub(super) fn kin(&self, known: &KnownInvoice) -> Option<Kin> {
        let id = &known.supplier_id;
        if self.index.same_group(&self.invoice.supplier_id, id)
            || known.supplier_group.as_ref() == Some(self.group)
        {
            return Some(Kin::Group);
        }
        let sender = self.names();
        if sender.is_empty() {
            return None;
        }
        let own = supplier(self.facts, id).into_iter().flat_map(names);
        let stated = known.remit_to.as_deref().map(account).into_iter();
        let tax = known.tax_id.as_deref().map(tax).into_iter();
        let is_shared = own.chain(stated).chain(tax).any(|it| sender.contains(&it));
        is_shared.then_some(Kin::Shared)
    }
}

fn supplier<'a>(facts: &'a Facts, id: &SupplierId) -> Option<&'a Supplier> {
    facts.suppliers.iter().find(|it| it.id == *id)
}

/// The accounts and tax ids of a supplier.
fn names(it: &Supplier) -> impl Iterator<Item = String> {
    let taxes = it.external_ids.iter().filter(|it| it.system == "tax").map(|it| tax(&it.key));
    it.remit_to.iter().map(|it| account(it)).chain(taxes)
}

fn account(fingerprint: &str) -> String {
    format!("account:{}", fingerprint.to_ascii_lowercase())
}

fn tax(id: &str) -> String {
    format!("tax:{}", plain(id))
}
