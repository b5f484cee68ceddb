//! Units of measure: what X12 (element 355) and UBL (UN/ECE recommendations 20 and 21) call ours.
//!
//! A code that is not in the tables passes as it is; where nobody knows it, the match says
//! `UOM-01`.

use canonical::{Decimal, Uom};

/// The unit that an X12 code names.
pub(super) fn of_x12(code: &str) -> Result<Uom, &'static str> {
    let code = code.to_ascii_uppercase();
    let ours = match code.as_str() {
        "UN" => "EA",
        "CA" => "CS",
        "DA" => "DAY",
        "GR" => "G",
        "LT" => "L",
        "MO" => "MON",
        "MR" => "M",
        same => same,
    };
    ours.parse()
}

/// The unit that a UN/ECE code names; packaging codes of recommendation 21 come with an `X`.
pub(super) fn of_unece(code: &str) -> Result<Uom, &'static str> {
    let code = code.to_ascii_uppercase();
    let ours = match code.as_str() {
        "C62" | "H87" | "NAR" | "NMB" => "EA",
        "XBX" => "BX",
        "XCS" => "CS",
        "XCT" => "CT",
        "XBG" => "BG",
        "XBO" => "BT",
        "XPK" | "XPA" | "PA" => "PK",
        "XRO" | "RO" => "RL",
        "XPX" => "PL",
        "DZN" => "DZ",
        "HUR" => "HR",
        "KGM" => "KG",
        "GRM" => "G",
        "LBR" => "LB",
        "ONZ" => "OZ",
        "LTR" => "L",
        "MLT" => "ML",
        "MTR" => "M",
        "CMT" => "CM",
        "FOT" => "FT",
        same => same,
    };
    ours.parse()
}

/// How many of the line's own unit the price is for, by X12's basis of unit price (element 639).
///
/// A basis that is a unit of its own (per pound, per each) is taken as the line's unit: where it is
/// not, the line does not add up and the match says `TOT-02`.
pub(super) fn price_base(basis: &str, uom: &Uom) -> Decimal {
    let (count, unit) = match basis {
        "PN" => (10, ""),
        "PD" | "LD" | "RD" | "TD" | "WD" => (12, "DZ"),
        "HP" | "LC" | "QH" | "RC" | "TC" | "WC" => (100, "HU"),
        "HF" => (100, "HF"),
        "TP" | "LM" | "QS" | "RM" | "TM" | "WM" => (1_000, "TH"),
        "TF" => (1_000, "TF"),
        "TT" => (10_000, ""),
        "HT" => (100_000, ""),
        _ => (1, ""),
    };
    let count = if uom.as_str() == unit { 1 } else { count };
    Decimal::new(count, 0).unwrap_or(Decimal::ONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_of_both_worlds_become_ours() {
        for (code, ours) in [("CA", "CS"), ("ea", "EA"), ("LT", "L"), ("ZQ", "ZQ")] {
            assert_eq!(of_x12(code).unwrap().as_str(), ours);
        }
        for (code, ours) in
            [("C62", "EA"), ("XBX", "BX"), ("CS", "CS"), ("HUR", "HR"), ("Q9", "Q9")]
        {
            assert_eq!(of_unece(code).unwrap().as_str(), ours);
        }
        assert!(of_x12("").is_err());
        assert!(of_unece("THIRTEENCHARS").is_err());
    }

    #[test]
    fn a_price_per_hundred_is_for_a_hundred_of_the_lines_unit() {
        let each: Uom = "EA".parse().unwrap();
        let hundred: Uom = "HU".parse().unwrap();
        assert_eq!(price_base("HP", &each).to_string(), "100");
        assert_eq!(price_base("HP", &hundred).to_string(), "1");
        assert_eq!(price_base("PN", &each).to_string(), "10");
        assert_eq!(price_base("TP", &each).to_string(), "1000");
        assert_eq!(price_base("PD", &each).to_string(), "12");
        assert_eq!(price_base("CP", &each).to_string(), "1");
        assert_eq!(price_base("", &each).to_string(), "1");
    }
}
