//! heketi's rules for requests, and its messages byte for byte.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use super::block_volume::{BlockVolumeCreateRequest, BlockVolumeExpandRequest};
use super::device::{BrickEvictRequest, DeviceAddRequest};
use super::node::{Hostnames, NodeAddRequest, StateRequest, TagsRequest};
use super::operation::CleanUpRequest;
use super::service::AdminStatus;
use super::volume::{BlockRestrictionRequest, VolumeCloneRequest, VolumeCreateRequest, VolumeExpandRequest};

const BLANK: &str = "cannot be blank";
const BELOW_ONE: &str = "must be no less than 1";
const BAD_FORMAT: &str = "must be in a valid format";
const BAD_VALUE: &str = "must be a valid value";

/// Ids that a clean-up takes at once.
const MOST_IDS: usize = 32;

/// Most tags in one request.
const MAX_TAGS: usize = 32;
/// Longest name of a tag.
const MAX_TAG_NAME: usize = 32;
/// Longest value of a tag.
const MAX_TAG_VALUE: usize = 64;
/// Longest host name, its dots not counted.
const MAX_HOST: usize = 255;
/// Longest part of a host name between dots.
const MAX_LABEL: usize = 63;

/// Rules that a request must keep before anything else is looked at.
pub trait Validate {
    /// Checks the request.
    ///
    /// # Errors
    /// With all fields that break a rule.
    fn validate(&self) -> Result<(), Invalid>;
}

/// Why a request is not valid: `validation failed: ` and the fields in alphabetical order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Invalid(BTreeMap<&'static str, String>);

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "validation failed: {}", self.fields())
    }
}

impl std::error::Error for Invalid {}

impl Invalid {
    fn field(mut self, name: &'static str, broken: Option<String>) -> Invalid {
        if let Some(message) = broken {
            self.0.insert(name, message);
        }
        self
    }

    fn fields(&self) -> String {
        let fields: Vec<String> = self.0.iter().map(|(name, message)| format!("{name}: {message}")).collect();
        format!("{}.", fields.join("; "))
    }

    fn result(self) -> Result<(), Invalid> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl Validate for NodeAddRequest {
    fn validate(&self) -> Result<(), Invalid> {
        Invalid::default()
            .field("zone", at_least_one(self.zone))
            .field("hostnames", hostnames(&self.hostnames))
            .field("cluster", required_id(&self.cluster))
            .field("tags", tags(&self.tags))
            .result()
    }
}

impl Validate for DeviceAddRequest {
    fn validate(&self) -> Result<(), Invalid> {
        Invalid::default()
            .field("name", required(&self.name).or_else(|| format_of(is_device_path(&self.name))))
            .field("tags", tags(&self.tags))
            .field("node", required_id(&self.node))
            .result()
    }
}

impl Validate for BrickEvictRequest {
    fn validate(&self) -> Result<(), Invalid> {
        Invalid::default().field("healcheck", heal_check(&self.healcheck)).result()
    }
}

fn heal_check(word: &str) -> Option<String> {
    match word {
        "" | "enable" | "disable" => None,
        other => Some(format!("{other} is not valid heal info check")),
    }
}

impl Validate for CleanUpRequest {
    fn validate(&self) -> Result<(), Invalid> {
        let count = self.operations.len();
        let wrong = self.operations.iter().find(|id| !id.is_empty() && !is_id(id));
        let many = format!("too many ids specified ({count}), up to {MOST_IDS} supported");
        let found = (count > MOST_IDS)
            .then_some(many)
            .or_else(|| wrong.map(|id| format!("{id} is not a valid UUID")));
        Invalid::default().field("operations", found).result()
    }
}

impl Validate for StateRequest {
    fn validate(&self) -> Result<(), Invalid> {
        // heketi looks at it first, and at nothing else when it is wrong.
        Invalid::default().field("healcheck", heal_check(&self.healcheck)).result()?;
        let state = match self.state.as_str() {
            "" => Some(BLANK.to_owned()),
            "online" | "offline" | "failed" => None,
            other => Some(format!("{other} is not valid state")),
        };
        Invalid::default().field("state", state).result()
    }
}

impl Validate for TagsRequest {
    fn validate(&self) -> Result<(), Invalid> {
        let change =
            required(&self.change_type).or_else(|| one_of(&self.change_type, &["set", "update", "delete"]));
        Invalid::default().field("tags", tags(&self.tags)).field("change_type", change).result()
    }
}

impl Validate for VolumeCreateRequest {
    fn validate(&self) -> Result<(), Invalid> {
        Invalid::default()
            .field("size", at_least_one(self.size))
            .field("name", volume_name(&self.name))
            .result()
    }
}

impl Validate for VolumeExpandRequest {
    fn validate(&self) -> Result<(), Invalid> {
        Invalid::default().field("expand_size", at_least_one(self.expand_size)).result()
    }
}

impl Validate for VolumeCloneRequest {
    fn validate(&self) -> Result<(), Invalid> {
        Invalid::default().field("name", volume_name(&self.name)).result()
    }
}

impl Validate for BlockVolumeCreateRequest {
    fn validate(&self) -> Result<(), Invalid> {
        // No number at all stands for all hosts.
        let count = (self.hacount < 0).then(|| BELOW_ONE.to_owned());
        Invalid::default()
            .field("size", at_least_one(self.size))
            .field("name", volume_name(&self.name))
            .field("hacount", count)
            .result()
    }
}

impl Validate for BlockVolumeExpandRequest {
    fn validate(&self) -> Result<(), Invalid> {
        Invalid::default().field("new_size", at_least_one(self.new_size)).result()
    }
}

impl Validate for BlockRestrictionRequest {
    fn validate(&self) -> Result<(), Invalid> {
        Invalid::default().field("restriction", one_of(&self.restriction, &["", "locked"])).result()
    }
}

impl Validate for AdminStatus {
    fn validate(&self) -> Result<(), Invalid> {
        let states = &["normal", "read-only", "local-client"];
        Invalid::default()
            .field("state", required(&self.state).or_else(|| one_of(&self.state, states)))
            .result()
    }
}

fn required(text: &str) -> Option<String> {
    text.is_empty().then(|| BLANK.to_owned())
}

fn format_of(valid: bool) -> Option<String> {
    (!valid).then(|| BAD_FORMAT.to_owned())
}

fn one_of(text: &str, words: &[&str]) -> Option<String> {
    (!words.contains(&text)).then(|| BAD_VALUE.to_owned())
}

fn at_least_one(number: i64) -> Option<String> {
    match number {
        0 => Some(BLANK.to_owned()),
        1.. => None,
        _ => Some(BELOW_ONE.to_owned()),
    }
}

/// An id in either case: one in upper case is valid, and not found later.
fn required_id(id: &str) -> Option<String> {
    let valid = is_id(id);
    required(id).or_else(|| (!valid).then(|| format!("{id} is not a valid UUID")))
}

fn volume_name(name: &str) -> Option<String> {
    format_of(name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-'))
}

fn is_device_path(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_.:/-".contains(&b);
    name.strip_prefix('/').is_some_and(|rest| !rest.is_empty() && rest.bytes().all(allowed))
}

fn hostnames(names: &Hostnames) -> Option<String> {
    let nested = Invalid::default()
        .field("manage", hosts(&names.manage, "manage"))
        .field("storage", hosts(&names.storage, "storage"));
    (!nested.0.is_empty()).then(|| format!("({})", nested.fields()))
}

fn hosts(names: &[String], what: &str) -> Option<String> {
    if names.is_empty() {
        return Some(BLANK.to_owned());
    }
    let valid = names.iter().all(|name| is_host(name));
    (!valid).then(|| format!("[{}] is not a valid {what} hostname", names.join(" ")))
}

/// An address or what looks like a DNS name; never something that begins with `-`.
fn is_host(name: &str) -> bool {
    if name.parse::<IpAddr>().is_ok() {
        return true;
    }
    let name = name.strip_suffix(['.', '_']).filter(|rest| !rest.is_empty()).unwrap_or(name);
    let labels = || name.split('.');
    labels().map(str::len).sum::<usize>() <= MAX_HOST && labels().all(is_label)
}

fn is_label(label: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    (1..=MAX_LABEL).contains(&label.len()) && !label.starts_with('-') && label.bytes().all(allowed)
}

fn tags(tags: &BTreeMap<String, String>) -> Option<String> {
    if tags.len() > MAX_TAGS {
        return Some(format!("too many tags specified ({}), up to 32 supported", tags.len()));
    }
    tags.iter().find_map(|(name, value)| tag(name, value))
}

fn tag(name: &str, value: &str) -> Option<String> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
    if name.is_empty() {
        Some("tag names may not be empty".to_owned())
    } else if name.chars().count() > MAX_TAG_NAME {
        Some(format!("tag name {name}: the length must be between 1 and 32"))
    } else if value.chars().count() > MAX_TAG_VALUE {
        Some(format!("value of tag {name}: the length must be no more than 64"))
    } else if !name.bytes().all(allowed) {
        Some(format!("invalid characters in tag name {name}"))
    } else {
        None
    }
}

fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
