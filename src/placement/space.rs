//! What one brick takes of its device. Source: heketi's sizes, which stored databases and clients hold.

use crate::model::brick::BrickSpace;
use crate::model::sizes::KiB;

/// The most metadata a thin pool gets, before it is rounded up to extents: 16 GiB.
const METADATA_CAP: u64 = 16_777_216;

/// The share of the thin pool that its metadata gets.
const METADATA_SHARE: f64 = 0.005;

/// The space of a brick of `size` on a device with this extent: `thin pool = size × factor` and
/// `metadata = 0.5 % of that, at most 16 GiB`, both truncated to KiB and rounded up to extents.
///
/// `None` where it does not fit into 63 bits, or for an extent of 0.
pub fn space(size: KiB, factor: f32, extent: KiB) -> Option<BrickSpace> {
    let thin_pool = scaled(size.get(), f64::from(factor))?.round_up(extent)?;
    let metadata = scaled(thin_pool.get(), METADATA_SHARE)?;
    let metadata = metadata.min(KiB::new(METADATA_CAP)?).round_up(extent)?;
    // Even a pool too small for one KiB of metadata needs an extent of it.
    Some(BrickSpace { size, thin_pool, metadata: metadata.max(extent) })
}

/// A product in 64-bit floating point, truncated. The factor was a 32-bit float before: 1.1 is a little more than
/// that, and the sizes show it.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "heketi computes so, and its databases hold the results"
)]
fn scaled(kib: u64, factor: f64) -> Option<KiB> {
    let product = kib as f64 * factor;
    (product >= 0.0 && product < KiB::MAX.get() as f64).then(|| KiB::new(product as u64))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(size: u64, factor: f32, extent: u32, thin_pool: u64, metadata: u64) {
        let found = space(KiB::new(size).unwrap(), factor, KiB::of(extent)).unwrap();
        assert_eq!((found.thin_pool.get(), found.metadata.get()), (thin_pool, metadata), "{size} × {factor}");
    }

    #[test]
    fn sizes_are_heketis_without_room_for_snapshots() {
        check(16_384, 1.0, 4096, 16_384, 4_096);
        check(163_840, 1.0, 4096, 163_840, 4_096);
        check(1_638_400, 1.0, 4096, 1_638_400, 8_192);
        check(1_048_576, 1.0, 4096, 1_048_576, 8_192);
        check(2_097_152, 1.0, 4096, 2_097_152, 12_288);
        check(10_485_760, 1.0, 4096, 10_485_760, 53_248);
        check(104_857_600, 1.0, 4096, 104_857_600, 524_288);
        check(508_559_360, 1.0, 4096, 508_559_360, 2_543_616);
        check(1_342_177_280, 1.0, 4096, 1_342_177_280, 6_713_344);
        check(4_294_967_296, 1.0, 4096, 4_294_967_296, 16_777_216);
    }

    #[test]
    fn sizes_are_heketis_with_room_for_snapshots() {
        check(16_384, 1.5, 4096, 24_576, 4_096);
        check(1_638_400, 1.5, 4096, 2_457_600, 12_288);
        check(10_485_760, 1.5, 4096, 15_728_640, 81_920);
        check(2_684_354_560, 1.5, 4096, 4_026_531_840, 16_777_216);
        check(4_294_967_296, 100.0, 4096, 429_496_729_600, 16_777_216);
    }

    #[test]
    fn the_32_bit_factor_and_other_extents_show() {
        check(104_857_600, 1.1, 4096, 115_347_456, 577_536);
        check(1_048_576, 1.0, 32_768, 1_048_576, 32_768);
    }

    #[test]
    fn what_does_not_fit_has_no_space() {
        assert_eq!(space(KiB::MAX, 100.0, KiB::of(4096)), None);
        assert_eq!(space(KiB::of(1), 1.0, KiB::ZERO), None);
    }
}
