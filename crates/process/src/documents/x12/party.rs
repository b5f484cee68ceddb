//! The parties of a transaction set: its N1 loops.

use super::Context;
use super::segment::Segment;
use crate::documents::PartyNames;
use crate::documents::fault::Faults;
use crate::documents::mapping::Table;
use canonical::{ExternalId, FacilityId, SupplierId};

const PARTIES_MAX: usize = 200;
/// The most identifiers of the supplier, and of the places; each is looked up.
const IDS_MAX: usize = 50;

/// Which identifier is taken first as the supplier's number: our own number for it comes first.
const PREFERENCE: [&str; 8] = ["x12:92", "x12:91", "x12:ZZ", "duns", "duns4", "gln", "tax", "hin"];

#[derive(Debug, Default)]
pub(super) struct Parties<'t>(Vec<Party<'t>>);

#[derive(Debug)]
struct Party<'t> {
    role: &'t str,
    name: &'t str,
    ids: Vec<(String, &'t str)>,
}

impl<'t> Parties<'t> {
    /// Takes an N1: the segments after it belong to this party.
    pub(super) fn open(&mut self, segment: &Segment<'t>, table: &Table, faults: &mut Faults) {
        if self.0.len() == PARTIES_MAX {
            faults.add(segment.place(), format!("a document names at most {PARTIES_MAX} parties"));
        }
        if self.0.len() >= PARTIES_MAX {
            return;
        }
        let ids = match (segment.element(3), segment.element(4)) {
            ("", _) | (_, "") => Vec::new(),
            (qualifier, key) => vec![(table.party_system(qualifier), key)],
        };
        self.0.push(Party { role: segment.element(1), name: segment.element(2), ids });
    }

    /// Takes a REF of the party opened last: its tax numbers are identifiers, too.
    pub(super) fn reference(&mut self, segment: &Segment<'t>) {
        if let Some(party) = self.0.last_mut()
            && matches!(segment.element(1), "TJ" | "EI")
            && !segment.element(2).is_empty()
            && party.ids.len() < IDS_MAX
        {
            party.ids.push(("tax".to_owned(), segment.element(2)));
        }
    }

    /// The supplier among these roles, in their order; the trading partner where none has a number.
    pub(super) fn supplier(
        &self,
        roles: &[&str],
        is_sender: bool,
        context: &Context<'_, 't>,
    ) -> (Option<SupplierId>, PartyNames) {
        let mut ids: Vec<ExternalId> = self
            .of(roles)
            .flat_map(|it| it.ids.iter())
            .map(|(system, key)| external(system, "supplier", key))
            .collect();
        let rank = |id: &ExternalId| PREFERENCE.iter().position(|it| *it == id.system);
        ids.sort_by_key(|id| rank(id).unwrap_or(PREFERENCE.len()));
        let partner = if is_sender { context.sender } else { context.receiver };
        if !partner.id.is_empty() {
            let system = context.table.interchange_system(partner.qualifier);
            ids.push(external(&system, "supplier", partner.id));
        }
        let ids = unique(ids);
        let name = self.of(roles).map(|it| it.name).find(|it| !it.is_empty());
        let best = ids.iter().find_map(|it| it.key.parse().ok());
        let id = best.or_else(|| name.and_then(|it| it.parse().ok()));
        (id, PartyNames { ids, name: name.map(str::to_owned) })
    }

    /// The buyer's places: ship-to, buyer, bill-to; and our own number for the first.
    pub(super) fn facilities(&self) -> (Option<FacilityId>, Vec<ExternalId>) {
        const ROLES: [&str; 3] = ["ST", "BY", "BT"];
        let ids = self.of(&ROLES).flat_map(|it| {
            let named = (!it.name.is_empty()).then(|| external("name", "facility", it.name));
            it.ids.iter().map(|(system, key)| external(system, "facility", key)).chain(named)
        });
        let own = self
            .of(&["ST"])
            .flat_map(|it| it.ids.iter())
            .find(|(system, _key)| system == "x12:92")
            .and_then(|(_system, key)| key.parse().ok());
        (own, unique(ids.collect()))
    }

    fn of(&self, roles: &[&str]) -> impl Iterator<Item = &Party<'t>> {
        roles.iter().flat_map(|role| self.0.iter().filter(move |it| it.role == *role))
    }
}

fn external(system: &str, entity: &str, key: &str) -> ExternalId {
    ExternalId { system: system.to_owned(), entity: entity.to_owned(), key: key.to_owned() }
}

/// The identifiers once each, the first of them.
fn unique(ids: Vec<ExternalId>) -> Vec<ExternalId> {
    let mut kept: Vec<ExternalId> = Vec::new();
    for id in ids {
        if kept.len() < IDS_MAX && !kept.contains(&id) {
            kept.push(id);
        }
    }
    kept
}
