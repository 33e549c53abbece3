//! Sizes as gluster-block prints them: `1.5 TiB`.

use crate::model::sizes::GiB;

/// GiB of each unit, whose names may end in `B` or `iB`.
const UNITS: [(char, u128); 4] = [('G', 1), ('T', 1 << 10), ('P', 1 << 20), ('E', 1 << 30)];

/// Reads a size, rounded down to GiB; none for units below that, as in heketi.
pub fn parse_size(text: &str) -> Option<GiB> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase();
    let unit = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(unit);
    let (_, factor) = UNITS.into_iter().find(|(letter, _)| unit.starts_with(*letter))?;
    if !matches!(unit.get(1..), Some("" | "B" | "IB")) {
        return None;
    }
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let tenth = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let digits: u128 = format!("{whole}{fraction}").parse().ok()?;
    let gib = digits.checked_mul(factor)?.checked_div(tenth)?;
    GiB::new(u64::try_from(gib).ok()?)
}

/// A size as gluster-block prints it: one digit behind the point, in the largest unit that it fills.
pub fn print_size(size: GiB) -> String {
    let (unit, factor) =
        UNITS.into_iter().rev().find(|(_, factor)| u128::from(size.get()) >= *factor).unwrap_or(UNITS[0]);
    // As C prints it, from a number of the same precision.
    #[expect(clippy::cast_precision_loss, reason = "so does gluster-block")]
    let number = size.get() as f64 / factor as f64;
    format!("{number:.1} {unit}iB")
}

/// What is read of a size that gluster-block has printed: 1126 GiB of 1100, which it calls 1.1 TiB.
pub fn as_printed(size: GiB) -> GiB {
    parse_size(&print_size(size)).unwrap_or(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_from_a_tebibyte_up_are_printed_with_one_digit() {
        let check = |size: u64, text: &str, read: u64| {
            let size = GiB::new(size).unwrap();
            assert_eq!((print_size(size).as_str(), as_printed(size).get()), (text, read));
        };
        check(1, "1.0 GiB", 1);
        check(1023, "1023.0 GiB", 1023);
        check(1024, "1.0 TiB", 1024);
        check(1100, "1.1 TiB", 1126);
        check(2500, "2.4 TiB", 2457);
        check(1 << 20, "1.0 PiB", 1 << 20);
    }

    #[test]
    fn sizes_are_read_in_every_unit_from_gib_up_and_rounded_down() {
        let check = |text: &str, expected: Option<u64>| {
            assert_eq!(parse_size(text).map(GiB::get), expected, "{text}");
        };
        check("1.0 GiB", Some(1));
        check("8GiB", Some(8));
        check("1.5 TiB", Some(1536));
        check("2.9 g", Some(2));
        check("1 PB", Some(1_048_576));
        check("1 E", Some(1_073_741_824));
        for none in ["", "8", "512.0 MiB", "GiB", "-1 GiB", "1.x GiB", "8 GiBs", "99999999999999 E"] {
            check(none, None);
        }
    }
}
