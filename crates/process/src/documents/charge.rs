//! What an allowance or a charge is for: the codes of UN/EDIFACT, else its words.

use canonical::ChargeKind;

/// By the charge reason code of UBL (UNCL 7161), else by the words.
pub(super) fn of_unece(code: &str, words: &str) -> ChargeKind {
    match code {
        "FC" | "DL" => ChargeKind::Freight,
        "HD" | "SH" | "FH" => ChargeKind::Handling,
        _ => of_words(words),
    }
}

fn of_words(words: &str) -> ChargeKind {
    const WORDS: [(&str, ChargeKind); 12] = [
        ("fuel", ChargeKind::Fuel),
        ("hazard", ChargeKind::Hazmat),
        ("hazmat", ChargeKind::Hazmat),
        ("dangerous goods", ChargeKind::Hazmat),
        ("freight", ChargeKind::Freight),
        ("shipping", ChargeKind::Freight),
        ("delivery", ChargeKind::Freight),
        ("handling", ChargeKind::Handling),
        ("small order", ChargeKind::SmallOrder),
        ("minimum order", ChargeKind::SmallOrder),
        ("restock", ChargeKind::Restocking),
        ("deposit", ChargeKind::Deposit),
    ];
    let words = words.to_lowercase();
    let found = WORDS.iter().find(|(word, _kind)| words.contains(word));
    found.map_or(ChargeKind::Other, |(_word, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_come_before_words() {
        assert_eq!(of_unece("ABL", "Packaging"), ChargeKind::Other);
        assert_eq!(of_unece("", "Freight charge"), ChargeKind::Freight);
    }
}
