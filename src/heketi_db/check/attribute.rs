//! Facts about the database itself.

use super::super::entities::attribute::KNOWN;
use super::super::kind::Kind;
use super::Check;

pub(super) fn check(check: &mut Check<'_>) {
    let database = check.database;
    for (id, entry) in &database.attributes {
        let mut subject = check.subject(Kind::Attribute, id, &entry.key);
        let known = KNOWN.contains(&id.as_str());
        subject.say_if(!known, "is not known to heketi 10.4, which would refuse the database as a newer one");
    }
}
