//! Damage by numbers: the same seed gives the same damage.

/// Numbers that look random (SplitMix64).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below a limit; 0 if that is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }

    /// A number as damage and malice have them: small, huge, or one off a power of two.
    fn number(&mut self) -> u64 {
        let power = 1_u64 << self.below(64);
        match self.below(6) {
            0 => 0,
            1 => u64::MAX,
            2 => power,
            3 => power.wrapping_sub(1),
            4 => self.next() % 64,
            _ => self.next(),
        }
    }
}

const PAGE: usize = 4096;

/// Damages a database file in one to four ways.
pub fn damage_file(file: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(4) {
        match random.below(10) {
            0..=1 => flip(file, random),
            2..=3 => damage_page_header(file, random),
            4 => damage_element(file, random),
            5 => swap_pages(file, random),
            6 => damage_meta(file, random),
            7 => resize(file, random),
            _ => damage_bytes(file, random),
        }
    }
}

/// Damages any bytes in one way; numbers in them may be anywhere.
pub fn damage_bytes(bytes: &mut Vec<u8>, random: &mut Random) {
    match random.below(7) {
        0 => flip(bytes, random),
        1 => {
            let (start, length) = (random.below(bytes.len()), random.below(200));
            bytes.iter_mut().skip(start).take(length).for_each(|byte| *byte = random.byte());
        }
        2 => copy(bytes, random),
        3 => {
            let place = random.below(bytes.len());
            put(bytes, place, random.number(), 1 << random.below(4));
        }
        4 => {
            let start = random.below(bytes.len());
            let end = (start + random.below(20)).min(bytes.len());
            bytes.drain(start..end);
        }
        5 => {
            let (start, count) = (random.below(bytes.len()), random.below(20));
            let new: Vec<u8> = (0..count).map(|_| random.byte()).collect();
            bytes.splice(start..start, new);
        }
        _ => resize(bytes, random),
    }
}

fn flip(bytes: &mut [u8], random: &mut Random) {
    for _ in 0..=random.below(8) {
        let (place, bit) = (random.below(bytes.len()), random.below(8));
        bytes.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= 1 << bit);
    }
}

/// Writes the lowest bytes of a number.
fn put(bytes: &mut [u8], place: usize, number: u64, width: usize) {
    let number = number.to_le_bytes();
    bytes.iter_mut().skip(place).zip(&number[..width]).for_each(|(byte, new)| *byte = *new);
}

fn copy(bytes: &mut [u8], random: &mut Random) {
    let (from, to) = (random.below(bytes.len()), random.below(bytes.len()));
    let part: Vec<u8> = bytes.iter().skip(from).take(random.below(600)).copied().collect();
    bytes.iter_mut().skip(to).zip(part).for_each(|(byte, new)| *byte = new);
}

fn resize(bytes: &mut Vec<u8>, random: &mut Random) {
    if random.below(4) == 0 {
        bytes.resize(bytes.len() + random.below(3 * PAGE), random.byte());
    } else {
        bytes.truncate(random.below(bytes.len()));
    }
}

fn page(file: &[u8], random: &mut Random) -> usize {
    random.below(file.len() / PAGE) * PAGE
}

/// Number, flags, count or further pages.
fn damage_page_header(file: &mut [u8], random: &mut Random) {
    let (place, width) = [(0, 8), (8, 2), (10, 2), (12, 4)][random.below(4)];
    let number = if random.below(2) == 0 { random.number() } else { random.next() % 40 };
    put(file, page(file, random) + place, number, width);
}

/// A place, a size or the number of a page in one of the first elements.
fn damage_element(file: &mut [u8], random: &mut Random) {
    let place = page(file, random) + 16 + 16 * random.below(10) + 4 * random.below(4);
    let number = if random.below(2) == 0 { random.number() } else { random.next() % 40 };
    put(file, place, number, 4 << random.below(2));
}

fn swap_pages(file: &mut [u8], random: &mut Random) {
    let (one, two) = (page(file, random), page(file, random));
    let both = random.below(2) == 0;
    for at in 0..PAGE {
        if let (Some(first), Some(second)) = (file.get(one + at).copied(), file.get(two + at).copied()) {
            file[one + at] = second;
            if both {
                file[two + at] = first;
            }
        }
    }
}

/// A first page that says something else and whose checksum fits.
fn damage_meta(file: &mut [u8], random: &mut Random) {
    let start = random.below(2) * PAGE + 16;
    let place = [8, 16, 16, 24, 32, 40, 48][random.below(7)];
    let number = if random.below(2) == 0 { random.number() } else { random.next() % 40 };
    put(file, start + place, number, if place == 8 { 4 } else { 8 });
    let Some(checked) = file.get(start..start + 56) else { return };
    let sum = checked.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    put(file, start + 56, sum, 8);
}
