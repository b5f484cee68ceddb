//! Units of measure: what UBL (UN/ECE recommendations 20 and 21) calls ours. What X12 calls them is
//! mapping (`config/mappings`).
//!
//! A code that is not in the tables passes as it is; where nobody knows it, the match says
//! `UOM-01`.

use canonical::Uom;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_of_the_united_nations_become_ours() {
        for (code, ours) in
            [("C62", "EA"), ("XBX", "BX"), ("CS", "CS"), ("HUR", "HR"), ("Q9", "Q9")]
        {
            assert_eq!(of_unece(code).unwrap().as_str(), ours);
        }
        assert!(of_unece("THIRTEENCHARS").is_err());
    }
}
