//! A place in the tree: an element, and the path by which a fault there is reported.

use super::tree::Node;
use crate::documents::fault::Faults;
use std::borrow::Cow;
use std::fmt::{Display, Write};
use std::str::FromStr;

/// Elements that may stand several times: their pointers always say which one is meant.
const REPEATED: [&str; 6] = [
    "AllowanceCharge",
    "CreditNoteLine",
    "InvoiceLine",
    "PartyIdentification",
    "PartyTaxScheme",
    "TaxTotal",
];

#[derive(Debug)]
pub(super) struct Spot<'t> {
    node: &'t Node<'t>,
    pointer: String,
}

impl<'t> Spot<'t> {
    pub(super) fn root(node: &'t Node<'t>) -> Self {
        Self { node, pointer: format!("/{}", node.name) }
    }

    /// Each child of this name.
    pub(super) fn each(&self, name: &'static str) -> impl Iterator<Item = Self> {
        let children = self.node.children.iter().filter(move |it| it.name == name);
        children.map(|node| Self { node, pointer: format!("{}{}", self.pointer, step(node)) })
    }

    /// The pointer of the first element by this path, there or not.
    pub(super) fn pointer(&self, path: &[&'static str]) -> String {
        let mut pointer = self.pointer.clone();
        let mut node = Some(self.node);
        for name in path {
            node = node.and_then(|it| it.child(name));
            match node {
                Some(node) => pointer.push_str(&step(node)),
                None => {
                    pointer.push('/');
                    pointer.push_str(name);
                }
            }
        }
        pointer
    }

    /// The text of the first element by this path, its blanks made single; nothing where empty.
    pub(super) fn text(&self, path: &[&str]) -> Option<Cow<'t, str>> {
        let text = self.find(path)?.text.trim();
        let is_plain =
            !text.contains(|it: char| it.is_whitespace() && it != ' ') && !text.contains("  ");
        match text {
            "" => None,
            text if is_plain => Some(Cow::Borrowed(text)),
            text => Some(Cow::Owned(text.split_whitespace().collect::<Vec<_>>().join(" "))),
        }
    }

    /// The unit, currency or scheme of the first element by this path.
    pub(super) fn attribute(&self, path: &[&str]) -> Option<&'t str> {
        let attribute = self.find(path)?.attribute.as_deref();
        attribute.map(str::trim).filter(|it| !it.is_empty())
    }

    /// The value of the first element by this path; a fault where it is there and wrong.
    pub(super) fn parse<T>(&self, path: &[&'static str], faults: &mut Faults) -> Option<T>
    where
        T: FromStr<Err: Display>,
    {
        faults.keep(self.text(path)?.parse(), || self.pointer(path))
    }

    /// The value of the only element by this path; a fault where it is wrong, not there, or there
    /// again: of two numbers nobody knows which one the sender means.
    pub(super) fn needed<T>(
        &self,
        path: &[&'static str],
        what: &str,
        faults: &mut Faults,
    ) -> Option<T>
    where
        T: FromStr<Err: Display>,
    {
        faults.need(self.text(path), || self.pointer(path), what)?;
        self.once(path, faults)?;
        self.parse(path, faults)
    }

    /// A fault where an element by this path stands several times.
    pub(super) fn once(&self, path: &[&'static str], faults: &mut Faults) -> Option<()> {
        let mut node = self.node;
        for name in path {
            let mut named = node.children.iter().filter(|it| it.name == *name);
            let Some(first) = named.next() else { break };
            if named.next().is_some() {
                faults.add(self.pointer(path), format!("{name} stands several times"));
                return None;
            }
            node = first;
        }
        Some(())
    }

    fn find(&self, path: &[&str]) -> Option<&'t Node<'t>> {
        path.iter().try_fold(self.node, |node, name| node.child(name))
    }
}

fn step(node: &Node<'_>) -> String {
    let mut step = format!("/{}", node.name);
    if node.index > 1 || REPEATED.contains(&node.name) {
        // ok: writing to a string cannot fail
        write!(step, "[{}]", node.index).unwrap_or_default();
    }
    step
}
