//! Who is asking, and what they may.

use crate::{Error, Result, SupplierId};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// An authenticated caller. Made by the stack from a verified token or from the signature of a
/// webhook; nothing else makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Who: the token's issuer and subject, or `webhook:` and the sender's name.
    pub id: String,
    /// The role the token was issued for, where it names one of ours; it picks the rate plan.
    pub role: Option<Role>,
    /// The scopes granted.
    pub scopes: BTreeSet<String>,
    /// The supplier this principal acts for; it then sees that supplier's documents and no others.
    pub supplier_id: Option<SupplierId>,
}

impl Principal {
    /// The gateway itself, or a person at its command line: no supplier, and no rate plan.
    #[must_use]
    pub fn local(id: &str) -> Self {
        Self { id: id.to_owned(), role: None, scopes: BTreeSet::new(), supplier_id: None }
    }

    /// Refuses whoever acts for a supplier: what it asks for, in the plural, is not theirs at all.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn for_staff(&self, what: &str) -> Result<()> {
        match self.supplier_id {
            Some(_) => Err(Error::forbidden(format!("{what} are not for suppliers"))),
            None => Ok(()),
        }
    }

    /// Whether this principal may see what belongs to `supplier`.
    #[must_use]
    pub fn may_see(&self, supplier: &SupplierId) -> bool {
        self.supplier_id.as_ref().is_none_or(|own| own == supplier)
    }
}

/// The roles that the sandbox issuer hands out and that rate plans name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Accounts payable: invoices and cases.
    Ap,
    /// Planners and buyers: budget.
    Planner,
    /// Analysts: consumption reads.
    Analyst,
    /// A supplier's user: its own documents and nothing else.
    Supplier,
    /// Operators: replay, configuration, console.
    Operator,
    /// Everything.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 6] =
        [Self::Ap, Self::Planner, Self::Analyst, Self::Supplier, Self::Operator, Self::Admin];

    /// The word for this role in tokens, configuration and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ap => "ap",
            Self::Planner => "planner",
            Self::Analyst => "analyst",
            Self::Supplier => "supplier",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|it| it.name() == text).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|it| it.name()).collect();
            format!("there is no role {text:?}; roles are {}", names.join(", "))
        })
    }
}
