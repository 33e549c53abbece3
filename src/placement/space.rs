//! What a brick takes of its device.

use crate::model::brick::BrickSpace;
use crate::model::sizes::KiB;

/// Pool metadata over pool data.
const METADATA_SHARE: f64 = 0.005;

/// The most pool metadata that every LVM makes as told: 15.8125 GiB. heketi asks for up to 16 GiB; LVM warns,
/// makes less, and from then on the books differ from the volume group. Pools of 3.09 TiB and more are
/// affected; below that the sizes are heketi's to the KiB. Bricks made by heketi keep their recorded sizes.
const MAX_METADATA: KiB = KiB::of(16_580_608);

/// Computes what a brick of `size` takes on a device with this `extent`. `None` for a factor below 1, for an
/// extent of 0, and for what no device can hold.
///
/// The factor is widened from 32 bits before it is multiplied, as heketi does: the rounding can cost an extent,
/// and clients see it in the free space of devices.
pub fn space(size: KiB, factor: f32, extent: KiB) -> Option<BrickSpace> {
    if factor.is_nan() || factor < 1.0 {
        return None;
    }
    let thin_pool = scaled(size, f64::from(factor))?.round_up(extent)?;
    let metadata = scaled(thin_pool, METADATA_SHARE)?.round_up(extent)?;
    // Whole extents, but never more than LVM makes; a single extent may be larger than that.
    let most = MAX_METADATA.get() / extent.get() * extent.get();
    let most = KiB::new(most)?.max(extent);
    Some(BrickSpace { size, thin_pool, metadata: metadata.min(most) })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "heketi truncates; the cast saturates and KiB::new refuses what is too large"
)]
fn scaled(size: KiB, by: f64) -> Option<KiB> {
    KiB::new((size.get() as f64 * by) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kib(n: u64) -> KiB {
        KiB::new(n).unwrap()
    }

    fn check(size: u64, factor: f32, extent: u32, thin_pool: u64, metadata: u64, total: u64) {
        let found = space(kib(size), factor, KiB::of(extent)).unwrap();
        let expected = BrickSpace { size: kib(size), thin_pool: kib(thin_pool), metadata: kib(metadata) };
        assert_eq!(found, expected, "{size} × {factor} in extents of {extent}");
        assert_eq!(found.total(), Some(kib(total)), "{size} × {factor} in extents of {extent}");
    }

    #[test]
    fn sizes_are_heketis_with_factor_1() {
        check(16_384, 1.0, 4096, 16_384, 4_096, 20_480);
        check(163_840, 1.0, 4096, 163_840, 4_096, 167_936);
        check(1_638_400, 1.0, 4096, 1_638_400, 8_192, 1_646_592);
        check(1_048_576, 1.0, 4096, 1_048_576, 8_192, 1_056_768);
        check(1_310_720, 1.0, 4096, 1_310_720, 8_192, 1_318_912);
        check(2_621_440, 1.0, 4096, 2_621_440, 16_384, 2_637_824);
        check(5_242_880, 1.0, 4096, 5_242_880, 28_672, 5_271_552);
        check(10_485_760, 1.0, 4096, 10_485_760, 53_248, 10_539_008);
        check(13_107_200, 1.0, 4096, 13_107_200, 65_536, 13_172_736);
        check(26_214_400, 1.0, 4096, 26_214_400, 131_072, 26_345_472);
        check(41_943_040, 1.0, 4096, 41_943_040, 212_992, 42_156_032);
        check(52_428_800, 1.0, 4096, 52_428_800, 262_144, 52_690_944);
        check(104_857_600, 1.0, 4096, 104_857_600, 524_288, 105_381_888);
        check(262_144_000, 1.0, 4096, 262_144_000, 1_310_720, 263_454_720);
        check(508_559_360, 1.0, 4096, 508_559_360, 2_543_616, 511_102_976);
        check(671_088_640, 1.0, 4096, 671_088_640, 3_358_720, 674_447_360);
        check(1_073_741_824, 1.0, 4096, 1_073_741_824, 5_369_856, 1_079_111_680);
        check(1_342_177_280, 1.0, 4096, 1_342_177_280, 6_713_344, 1_348_890_624);
        check(2_684_354_560, 1.0, 4096, 2_684_354_560, 13_422_592, 2_697_777_152);
    }

    #[test]
    fn sizes_are_heketis_with_factor_1_5() {
        check(16_384, 1.5, 4096, 24_576, 4_096, 28_672);
        check(163_840, 1.5, 4096, 245_760, 4_096, 249_856);
        check(1_638_400, 1.5, 4096, 2_457_600, 12_288, 2_469_888);
        check(1_048_576, 1.5, 4096, 1_572_864, 8_192, 1_581_056);
        check(1_310_720, 1.5, 4096, 1_966_080, 12_288, 1_978_368);
        check(2_621_440, 1.5, 4096, 3_932_160, 20_480, 3_952_640);
        check(5_242_880, 1.5, 4096, 7_864_320, 40_960, 7_905_280);
        check(10_485_760, 1.5, 4096, 15_728_640, 81_920, 15_810_560);
        check(13_107_200, 1.5, 4096, 19_660_800, 98_304, 19_759_104);
        check(26_214_400, 1.5, 4096, 39_321_600, 196_608, 39_518_208);
        check(41_943_040, 1.5, 4096, 62_914_560, 315_392, 63_229_952);
        check(52_428_800, 1.5, 4096, 78_643_200, 393_216, 79_036_416);
        check(104_857_600, 1.5, 4096, 157_286_400, 786_432, 158_072_832);
        check(262_144_000, 1.5, 4096, 393_216_000, 1_966_080, 395_182_080);
        check(508_559_360, 1.5, 4096, 762_839_040, 3_817_472, 766_656_512);
        check(671_088_640, 1.5, 4096, 1_006_632_960, 5_033_984, 1_011_666_944);
        check(1_073_741_824, 1.5, 4096, 1_610_612_736, 8_056_832, 1_618_669_568);
        check(1_342_177_280, 1.5, 4096, 2_013_265_920, 10_067_968, 2_023_333_888);
    }

    #[test]
    fn roundings_that_surprise_are_heketis_too() {
        check(104_857_600, 1.1, 4096, 115_347_456, 577_536, 115_924_992);
        check(2_097_152, 1.0, 4096, 2_097_152, 12_288, 2_109_440);
        check(1_048_576, 1.0, 32_768, 1_048_576, 32_768, 1_081_344);
    }

    /// heketi's rows say 16,777,216 here, which LVM does not make.
    #[test]
    fn pool_metadata_stays_under_what_lvm_makes() {
        check(4_294_967_296, 1.0, 4096, 4_294_967_296, 16_580_608, 4_311_547_904);
        check(2_684_354_560, 1.5, 4096, 4_026_531_840, 16_580_608, 4_043_112_448);
        check(4_294_967_296, 1.5, 4096, 6_442_450_944, 16_580_608, 6_459_031_552);
        check(4_294_967_296, 100.0, 4096, 429_496_729_600, 16_580_608, 429_513_310_208);
        let odd = space(kib(4_294_967_296), 1.0, KiB::of(12_288)).unwrap();
        assert!(odd.metadata <= MAX_METADATA && odd.metadata.get().is_multiple_of(12_288));
    }

    #[test]
    fn what_no_device_can_hold_has_no_size() {
        assert_eq!(space(KiB::MAX, 2.0, KiB::of(4096)), None);
        assert_eq!(space(KiB::of(1), 1.0, KiB::ZERO), None);
        assert_eq!(space(KiB::of(1), 0.5, KiB::of(4096)), None);
        assert_eq!(space(KiB::of(1), f32::NAN, KiB::of(4096)), None);
        assert_eq!(space(KiB::of(1), f32::INFINITY, KiB::of(4096)), None);
    }
}
