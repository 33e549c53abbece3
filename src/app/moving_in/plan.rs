//! `mortard migrate --plan`: what an import would do. Nothing is written.

use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Damage, MoveError, SUFFIX, foresee, is_heketis};
use crate::files::{beside, real_name};
use crate::heketi_db::entities::attribute::KNOWN;
use crate::heketi_db::{self, Class, ReadError, Reading, bolt};
use crate::model::everything::{Imported, Unfinished};
use crate::model::finding::Finding;
use crate::model::operation::{Detail, OperationKind};
use crate::moving_in;

/// What is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// heketi's database file.
    Database,
    /// What heketi exports of it.
    Export,
}

/// What an import would do.
#[derive(Debug)]
pub struct Plan {
    /// What would be imported.
    pub file: PathBuf,
    /// What that is.
    pub source: Source,
    /// What would be made; an export is imported into whatever `db import` is given.
    pub into: Option<PathBuf>,
    /// Why a server would not do it by itself.
    pub refusal: Option<MoveError>,
    /// What it comes to.
    pub imported: Imported,
}

/// Says what an import of a database or an export of heketi's would do.
///
/// # Errors
/// When nothing of it can be read.
pub async fn plan(file: &Path) -> Result<Plan, MoveError> {
    if !is_heketis(file) {
        let text = bolt::load(file)?;
        let looks = bolt::Looks::of(&text);
        if !matches!(looks, bolt::Looks::Json | bolt::Looks::Text) {
            let why = heketi_db::ReadError::Open(bolt::OpenError::NotBolt(looks));
            return Err(MoveError::Unreadable { path: file.to_owned(), why });
        }
        let reading = read_export(file, &text)?;
        let refusal = refuse_export(file, &reading).err();
        let imported = moving_in::take_over(reading);
        return Ok(Plan { file: file.to_owned(), source: Source::Export, into: None, refusal, imported });
    }
    let real = real_name(file).map_err(|source| MoveError::io("find", file, source))?;
    let bytes = match bolt::load(&real) {
        Err(bolt::LoadError::InUse(path)) => return Err(MoveError::InUse(path)),
        read => read?,
    };
    let reading = read(&real, &bytes)?;
    // The state of the file comes first: what is in it matters only where it is to be read.
    let refusal = foresee(&real).await.err();
    let into = Some(beside(&real, SUFFIX));
    let imported = moving_in::take_over(reading);
    Ok(Plan { file: real, source: Source::Database, into, refusal, imported })
}

/// Reads an export of heketi's, whatever is in it.
///
/// # Errors
/// When it is none.
pub(in crate::app) fn read_export(file: &Path, text: &[u8]) -> Result<Reading, MoveError> {
    heketi_db::json::read(text).map_err(|why| MoveError::NoExport { path: file.to_owned(), why })
}

/// Refuses an export with values that do not fit, as heketi does: objects would be missing, or be others.
///
/// # Errors
/// With the first of them.
pub(in crate::app) fn refuse_export(file: &Path, reading: &Reading) -> Result<(), MoveError> {
    let mut damaged = reading.findings.iter().filter(|finding| is_damage(finding));
    let Some(first) = damaged.next() else { return Ok(()) };
    let (count, first) = (1 + damaged.count(), first.to_string());
    Err(MoveError::DamagedExport { path: file.to_owned(), count, first })
}

/// What a database file of heketi's comes to.
pub(super) fn understood(path: &Path, bytes: &[u8], damage: Damage) -> Result<Imported, MoveError> {
    let reading = match (read(path, bytes), damage) {
        (Err(MoveError::Unreadable { why, .. }), Damage::Accepted) => read_before(path, bytes, why)?,
        (read, _) => read?,
    };
    if damage == Damage::Refused {
        refuse(path, &reading)?;
    }
    Ok(moving_in::take_over(reading))
}

/// The state before the last change, where that is all that can be read.
fn read_before(path: &Path, bytes: &[u8], newest: ReadError) -> Result<Reading, MoveError> {
    let Ok(mut reading) = heketi_db::read_before(bytes) else {
        return Err(MoveError::Unreadable { path: path.to_owned(), why: newest });
    };
    let text =
        format!("has a newest state that cannot be read ({newest}); that before the last change was read");
    reading.findings.push(heketi_db::Finding { class: Class::Damage, place: heketi_db::Place::File, text });
    Ok(reading)
}

fn read(path: &Path, bytes: &[u8]) -> Result<Reading, MoveError> {
    heketi_db::read(bytes).map_err(|why| MoveError::Unreadable { path: path.to_owned(), why })
}

fn is_damage(finding: &heketi_db::Finding) -> bool {
    matches!(finding.class, Class::Damage | Class::Misfit)
}

/// What is missing, or not understood, somebody has to decide about. heketi writes nothing that does not fit: whatever
/// does not is damage, too.
fn refuse(path: &Path, reading: &Reading) -> Result<(), MoveError> {
    let mut damaged = reading.findings.iter().filter(|finding| is_damage(finding));
    if let Some(first) = damaged.next() {
        let (count, first) = (1 + damaged.count(), first.to_string());
        return Err(MoveError::Damaged { path: path.to_owned(), count, first });
    }
    let attributes = reading.database.attributes.keys();
    if let Some(other) = attributes.into_iter().find(|key| !KNOWN.contains(&key.as_str())) {
        let what = format!("the attribute {}", other.escape_debug());
        return Err(MoveError::Newer { path: path.to_owned(), what });
    }
    let unknown = reading.findings.iter().find(|finding| finding.class == Class::Unknown);
    match unknown {
        Some(finding) => {
            Err(MoveError::Newer { path: path.to_owned(), what: format!("more than is known: {finding}") })
        }
        None => Ok(()),
    }
}

/// How much there is of everything.
pub(super) fn counts(imported: &Imported) -> String {
    let objects = &imported.objects;
    format!(
        "{} clusters, {} nodes, {} devices, {} volumes, {} bricks, {} block volumes, {} unfinished operations, {} findings",
        objects.clusters.len(),
        objects.nodes.len(),
        objects.devices.len(),
        objects.volumes.len(),
        objects.bricks.len(),
        objects.block_volumes.len(),
        imported.unfinished.len(),
        imported.findings.len()
    )
}

/// A finding in one line.
pub(in crate::app) fn line(finding: &Finding) -> String {
    let Finding { subject, id, what, consequence, cure, devices } = finding;
    let mut text = format!("{} {id}", subject.as_str()).trim_end().to_owned();
    write!(text, " {}: {}. {cure}", one_line(what), one_line(consequence)).unwrap_or_default();
    if !devices.is_empty() {
        let devices: Vec<String> = devices.iter().map(ToString::to_string).collect();
        write!(text, " (no new bricks on {})", devices.join(", ")).unwrap_or_default();
    }
    text
}

/// What came out of a file may have anything in it.
fn one_line(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

/// What becomes of an operation when it is cleaned up.
fn fate(one: &Unfinished) -> &'static str {
    match one.kind {
        OperationKind::VolumeCreate => "is undone; what somebody wrote into it is kept, and told",
        OperationKind::VolumeDelete | OperationKind::BlockVolumeDelete => "is gone on with",
        OperationKind::VolumeExpand => "is undone, unless gluster has taken the bricks: then it is finished",
        OperationKind::BrickEvict => "is undone, unless gluster has taken the new brick: then it is finished",
        OperationKind::BlockVolumeCreate => "is undone",
        OperationKind::BlockVolumeExpand => {
            "is finished, if gluster-block has done it; else its room is given back"
        }
        _ => "is taken off the list; ask for it again",
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.source {
            Source::Database => "a database",
            Source::Export => "an export",
        };
        writeln!(f, "{} is {what} of heketi's: {}.", self.file.display(), counts(&self.imported))?;
        match &self.into {
            Some(into) if into.exists() => {
                writeln!(f, "It has been imported into {} already.", into.display())?
            }
            Some(into) => writeln!(f, "A server on it would import it into {}.", into.display())?,
            None => writeln!(f, "`mortard db import` makes a database of it.")?,
        }
        if let Some(refusal) = &self.refusal {
            writeln!(f, "It would not, though: {refusal}.")?;
        }
        if !self.imported.unfinished.is_empty() {
            writeln!(f, "\nUnfinished operations, which stay stale until they are cleaned up:")?;
        }
        for one in &self.imported.unfinished {
            writeln!(f, "  {} {} of {}: {}", one.kind.as_str(), one.id, one.target, fate(one))?;
        }
        if !self.imported.unknown_sets.is_empty() {
            writeln!(
                f,
                "\nVolumes of which gluster is asked which bricks belong together, before that matters:"
            )?;
        }
        for volume in &self.imported.unknown_sets {
            writeln!(f, "  {volume}")?;
        }
        if !self.imported.findings.is_empty() {
            writeln!(f, "\nFindings:")?;
        }
        for finding in &self.imported.findings {
            writeln!(f, "  {}", line(finding))?;
        }
        writeln!(f, "\nNothing was written.")
    }
}

impl Plan {
    /// The same for programs.
    pub fn to_json(&self) -> Value {
        let objects = &self.imported.objects;
        let unfinished = self.imported.unfinished.iter().map(|one| {
            let size = match one.detail {
                Detail::Expand { grow } => Some(grow.get()),
                Detail::BlockExpand { size } => Some(size.get()),
                _ => None,
            };
            json!({"id": one.id, "kind": one.kind.as_str(), "target": one.target, "size": size, "fate": fate(one)})
        });
        json!({
            "file": self.file.display().to_string(),
            "into": self.into.as_ref().map(|into| into.display().to_string()),
            "refusal": self.refusal.as_ref().map(ToString::to_string),
            "clusters": objects.clusters.len(),
            "nodes": objects.nodes.len(),
            "devices": objects.devices.len(),
            "volumes": objects.volumes.len(),
            "bricks": objects.bricks.len(),
            "blockvolumes": objects.block_volumes.len(),
            "unfinished": unfinished.collect::<Vec<_>>(),
            "unknown_sets": self.imported.unknown_sets,
            "findings": self.imported.findings.iter().map(finding_json).collect::<Vec<_>>(),
        })
    }
}

/// A finding for programs.
pub(in crate::app) fn finding_json(finding: &Finding) -> Value {
    json!({
        "subject": finding.subject.as_str(), "id": finding.id, "what": finding.what,
        "consequence": finding.consequence, "cure": finding.cure, "devices": finding.devices,
    })
}
