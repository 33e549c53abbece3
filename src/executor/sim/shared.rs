//! Texts that occur again and again, kept once: kinds and options of mounts, keys of volume options.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

static KNOWN: Mutex<BTreeSet<Arc<str>>> = Mutex::new(BTreeSet::new());

/// How many texts are kept before those that nobody uses any more are looked for.
const MANY: usize = 1 << 17;

/// A text that is kept once.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shared(Arc<str>);

impl From<&str> for Shared {
    fn from(text: &str) -> Shared {
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(text) {
            return Shared(found.clone());
        }
        if known.len() >= MANY && known.len().is_power_of_two() {
            known.retain(|text| Arc::strong_count(text) > 1);
        }
        let text: Arc<str> = text.into();
        known.insert(text.clone());
        Shared(text)
    }
}

impl Deref for Shared {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl Serialize for Shared {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for Shared {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
        Ok(Shared::from(&*text))
    }
}
