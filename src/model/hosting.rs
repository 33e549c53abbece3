//! Room for block volumes in the volumes that host them.

use serde::Serialize;

use super::sizes::GiB;

/// How much of a hosting volume block volumes may take, of 100.
const USABLE_PERCENT: u64 = 98;

/// What keeps new block volumes away from a hosting volume. Stored: variants are added, never renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, sqlx::Type)]
#[serde(rename_all = "kebab-case")]
#[sqlx(rename_all = "kebab-case")]
pub enum Restriction {
    /// Nothing.
    #[default]
    None,
    /// An admin.
    Locked,
    /// An update of the database that found too little kept back.
    LockedByUpdate,
}

impl Restriction {
    /// The word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Restriction::None => "",
            Restriction::Locked => "locked",
            Restriction::LockedByUpdate => "locked-by-update",
        }
    }

    /// What a word of the API means.
    pub fn from_word(word: &str) -> Option<Restriction> {
        let all = [Restriction::None, Restriction::Locked, Restriction::LockedByUpdate];
        all.into_iter().find(|restriction| restriction.as_str() == word)
    }
}

/// What an admin asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Keep new block volumes away.
    Locked,
    /// Let them in.
    Unlocked,
}

/// Too little is free to keep back what has to be. The text is heketi's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Can not unlock volume. {}GiB free space is required, but found {}GiB", .needed.get(), .free.get())]
pub struct TooFull {
    /// What has to be kept back.
    pub needed: GiB,
    /// What is free.
    pub free: GiB,
}

/// The room in a hosting volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hosting {
    /// Left for further block volumes.
    pub free: GiB,
    /// Kept back.
    pub reserved: GiB,
    /// What keeps new block volumes away.
    pub restriction: Restriction,
}

impl Hosting {
    /// The room in `size` with nothing in it: 98 % rounded down, and what is kept back.
    pub fn empty(size: GiB) -> Hosting {
        let usable = size.get() * USABLE_PERCENT / 100;
        let gib = |gib| GiB::new(gib).unwrap_or_default();
        Hosting { free: gib(usable), reserved: gib(size.get() - usable), restriction: Restriction::None }
    }

    /// Whether this, what is kept back, and block volumes that take so much are the whole of `size`.
    pub fn adds_up(self, size: GiB, taken: GiB) -> bool {
        let sum =
            self.free.get().checked_add(self.reserved.get()).and_then(|sum| sum.checked_add(taken.get()));
        sum == Some(size.get())
    }

    /// The room after an admin has asked for `wanted`, in a volume of this size.
    ///
    /// # Errors
    /// When an update has locked it and there is too little free to keep back what has to be.
    pub fn restricted(self, wanted: Wanted, size: GiB) -> Result<Hosting, TooFull> {
        let kept = self.keeping_back(size);
        match (self.restriction, wanted, kept) {
            (Restriction::LockedByUpdate, _, None) => {
                Err(TooFull { needed: Hosting::empty(size).reserved, free: self.free })
            }
            (_, Wanted::Locked, _) => Ok(Hosting { restriction: Restriction::Locked, ..self }),
            (_, Wanted::Unlocked, kept) => {
                Ok(Hosting { restriction: Restriction::None, ..kept.unwrap_or(self) })
            }
        }
    }

    /// The room as heketi puts it right when it opens a database, with block volumes in it that take so much.
    pub fn put_right(self, size: GiB, taken: GiB) -> Hosting {
        let used = self.reserved.get().checked_add(taken.get());
        let left = used.and_then(|used| size.get().checked_sub(used)).and_then(GiB::new);
        match left {
            Some(free) if free != self.free => {
                Hosting { free, restriction: Restriction::LockedByUpdate, ..self }
            }
            _ if self.restriction == Restriction::LockedByUpdate => self,
            _ => {
                let locked = Hosting { restriction: Restriction::LockedByUpdate, ..self };
                self.keeping_back(size).unwrap_or(locked)
            }
        }
    }

    /// With something kept back; `None` where too little is free for that.
    fn keeping_back(self, size: GiB) -> Option<Hosting> {
        if self.reserved > GiB::default() {
            return Some(self);
        }
        let reserved = Hosting::empty(size).reserved;
        let free = self.free.get().checked_sub(reserved.get()).and_then(GiB::new)?;
        Some(Hosting { free, reserved, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(free: u64, reserved: u64, restriction: Restriction) -> Hosting {
        Hosting { free: GiB::new(free).unwrap(), reserved: GiB::new(reserved).unwrap(), restriction }
    }

    #[test]
    fn two_percent_are_kept_back_rounded_up() {
        for (size, free, reserved) in [(1, 0, 1), (10, 9, 1), (50, 49, 1), (100, 98, 2), (1024, 1003, 21)] {
            let found = Hosting::empty(GiB::new(size).unwrap());
            assert_eq!(found, room(free, reserved, Restriction::None), "{size}");
        }
    }

    #[test]
    fn an_admin_locks_and_unlocks_and_an_update_asks_for_room_first() {
        use Restriction::{Locked, LockedByUpdate, None};
        let size = GiB::new(100).unwrap();
        let check = |from: Hosting, wanted: Wanted, expected: Result<Hosting, &str>| {
            let found = from.restricted(wanted, size).map_err(|refused| refused.to_string());
            assert_eq!(found, expected.map_err(str::to_owned), "{from:?} {wanted:?}");
        };
        check(room(98, 2, None), Wanted::Locked, Ok(room(98, 2, Locked)));
        check(room(98, 2, Locked), Wanted::Locked, Ok(room(98, 2, Locked)));
        check(room(98, 2, Locked), Wanted::Unlocked, Ok(room(98, 2, None)));
        check(room(98, 2, None), Wanted::Unlocked, Ok(room(98, 2, None)));
        check(room(0, 2, LockedByUpdate), Wanted::Unlocked, Ok(room(0, 2, None)));
        check(room(7, 0, LockedByUpdate), Wanted::Unlocked, Ok(room(5, 2, None)));
        check(room(7, 0, LockedByUpdate), Wanted::Locked, Ok(room(7, 0, Locked)));
        let refused = "Can not unlock volume. 2GiB free space is required, but found 1GiB";
        check(room(1, 0, LockedByUpdate), Wanted::Unlocked, Err(refused));
        check(room(1, 0, LockedByUpdate), Wanted::Locked, Err(refused));
        // What an admin has locked an admin may unlock.
        check(room(1, 0, Locked), Wanted::Unlocked, Ok(room(1, 0, None)));
    }

    #[test]
    fn what_another_database_says_is_put_right_as_heketi_does() {
        use Restriction::{Locked, LockedByUpdate, None};
        let check = |taken: u64, from: Hosting, expected: Hosting| {
            let found = from.put_right(GiB::new(100).unwrap(), GiB::new(taken).unwrap());
            assert_eq!(found, expected, "{from:?} with {taken} in it");
        };
        check(0, room(98, 2, None), room(98, 2, None));
        check(0, room(98, 2, Locked), room(98, 2, Locked));
        check(0, room(100, 0, None), room(98, 2, None));
        check(0, room(100, 0, LockedByUpdate), room(100, 0, LockedByUpdate));
        check(0, room(50, 2, None), room(98, 2, LockedByUpdate));
        check(0, room(50, 0, None), room(100, 0, LockedByUpdate));
        check(40, room(58, 2, None), room(58, 2, None));
        check(40, room(60, 0, None), room(58, 2, None));
        check(40, room(98, 2, Locked), room(58, 2, LockedByUpdate));
        // Full before anything was kept back.
        check(99, room(1, 0, None), room(1, 0, LockedByUpdate));
        // More is in it than it has: nothing can be put right.
        check(120, room(0, 2, None), room(0, 2, None));
    }
}
