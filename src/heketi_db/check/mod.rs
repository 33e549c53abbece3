//! What contradicts itself in a database: every reference, every sum, every word that can only be one of a few. It reports
//! less than heketi's own check in one respect: what operations that have not ended cause is
//! no contradiction.

mod attribute;
mod block_volume;
mod brick;
mod cluster;
mod device;
mod links;
mod node;
mod operation;
mod subject;
mod volume;

use super::entities::Database;
use super::finding::{Class, Finding, Findings};
use super::kind::Kind;
use links::Links;
use subject::Subject;

/// Lists what contradicts itself. What is listed is in the database nevertheless.
pub fn check(database: &Database) -> Vec<Finding> {
    let mut check = Check { database, links: Links::of(database), findings: Findings::default() };
    cluster::check(&mut check);
    node::check(&mut check);
    device::check(&mut check);
    volume::check(&mut check);
    brick::check(&mut check);
    block_volume::check(&mut check);
    operation::check(&mut check);
    attribute::check(&mut check);
    check.findings.into_list()
}

/// A check that is under way.
struct Check<'a> {
    database: &'a Database,
    links: Links<'a>,
    findings: Findings,
}

impl<'a> Check<'a> {
    /// Checks what all objects have, and gives one to say more of it.
    fn subject(&mut self, kind: Kind, id: &'a str, own: &str) -> Subject<'_, 'a> {
        let mut subject =
            Subject { database: self.database, links: &self.links, findings: &mut self.findings, kind, id };
        subject.identity(own);
        subject
    }

    fn contradiction(&mut self, kind: Kind, id: &str, text: String) {
        self.findings.about(Class::Contradiction, kind, id, text);
    }
}
