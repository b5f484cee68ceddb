//! What an allowance or a charge is for: the codes of X12 and of UN/EDIFACT, else its words.

use canonical::ChargeKind;

/// What a charge of X12 is: tax is sometimes sent as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nature {
    Charge(ChargeKind),
    Tax,
}

/// By the service, promotion, allowance or charge code (X12 element 1300), else by the words.
pub(super) fn of_x12(code: &str, words: &str) -> Nature {
    let kind = match code {
        "C030" | "C040" | "D200" | "D230" | "D240" | "G821" | "G830" => ChargeKind::Freight,
        "D500" | "H090" => ChargeKind::Handling,
        "D260" | "D270" => ChargeKind::Fuel,
        "D540" | "D550" | "H760" => ChargeKind::Hazmat,
        "G970" => ChargeKind::SmallOrder,
        "G470" => ChargeKind::Restocking,
        "C090" => ChargeKind::Deposit,
        "H630" | "H700" | "H730" | "H740" | "H750" | "H770" | "H850" => return Nature::Tax,
        _ => of_words(words),
    };
    Nature::Charge(kind)
}

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
        assert_eq!(of_x12("D240", "handling"), Nature::Charge(ChargeKind::Freight));
        assert_eq!(of_x12("", "Small order surcharge"), Nature::Charge(ChargeKind::SmallOrder));
        assert_eq!(of_x12("ZZZZ", "Fuel surcharge on freight"), Nature::Charge(ChargeKind::Fuel));
        assert_eq!(of_x12("H750", ""), Nature::Tax);
        assert_eq!(of_unece("ABL", "Packaging"), ChargeKind::Other);
        assert_eq!(of_unece("", "Freight charge"), ChargeKind::Freight);
    }
}
