//! How each change is asked for.

use serde_json::{Value, json};

use super::changes::{CLONE, Change, SPARE};
use super::layouts::Layout;
use crate::support::operator::DISKS;
use crate::support::{Lab, Reply};

/// A request, about an object that is there.
#[derive(Debug)]
pub struct Request {
    pub method: &'static str,
    path: &'static str,
    subject: String,
    body: Option<Value>,
    key: Option<&'static str>,
}

impl Request {
    fn post(path: &'static str, subject: &str, body: Value) -> Request {
        Request { method: "POST", path, subject: subject.to_owned(), body: Some(body), key: None }
    }

    fn delete(path: &'static str, subject: &str) -> Request {
        Request { method: "DELETE", path, subject: subject.to_owned(), body: None, key: None }
    }

    /// The route, as the OpenAPI document names it.
    pub fn route(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    pub fn send(&self, lab: &Lab) -> anyhow::Result<Reply> {
        let headers: Vec<(&str, &str)> = self.key.iter().map(|key| ("Idempotency-Key", *key)).collect();
        let body = self.body.as_ref().map(|body| body.to_string().into_bytes());
        lab.try_send(self.method, &self.path.replace("{id}", &self.subject), &headers, body.as_deref())
    }
}

/// With a login, on two hosts that have to be found.
pub fn new_block() -> Value {
    json!({"size": 8, "name": "disk", "auth": true, "hacount": 2})
}

fn node(cluster: &str) -> Value {
    json!({"zone": 1, "hostnames": {"manage": [SPARE], "storage": [SPARE]}, "cluster": cluster})
}

impl Change {
    /// The request; `subject`: the id of what it is about.
    pub fn request(self, subject: &str) -> Request {
        let to = |path, body| Request::post(path, subject, body);
        let failed = || json!({"state": "failed"});
        match self {
            Change::Create(layout) => to("/volumes", layout.body()),
            Change::Delete(_) | Change::SourceDelete | Change::CloneDelete => {
                Request::delete("/volumes/{id}", subject)
            }
            Change::Expand(layout) => to("/volumes/{id}/expand", json!({"expand_size": layout.more()})),
            Change::Clone(_) => to("/volumes/{id}/clone", json!({"name": CLONE})),
            Change::Evict(_) | Change::CloneEvict => to("/bricks/to-evict/{id}", json!({})),
            Change::FirstNode | Change::NodeAdd => to("/nodes", node(subject)),
            Change::NodeDelete | Change::NodeDeleteBesideDown => Request::delete("/nodes/{id}", subject),
            Change::DeviceAdd => to("/devices", json!({"name": DISKS[0], "node": subject})),
            Change::DeviceErase => {
                to("/devices", json!({"name": DISKS[1], "node": subject, "destroydata": true}))
            }
            Change::DeviceDelete => Request::delete("/devices/{id}", subject),
            Change::DeviceForget => {
                let body = Some(json!({"forceforget": true}));
                Request { body, ..Request::delete("/devices/{id}", subject) }
            }
            Change::DeviceRemove => to("/devices/{id}/state", failed()),
            Change::NodeRemove => to("/nodes/{id}/state", failed()),
            Change::DeviceResync => {
                Request { method: "GET", ..Request::delete("/devices/{id}/resync", subject) }
            }
            Change::BlockCreate => to("/blockvolumes", new_block()),
            Change::BlockBeside => to("/blockvolumes", json!({"size": 4, "name": "second"})),
            Change::BlockDelete => Request::delete("/blockvolumes/{id}", subject),
            Change::BlockExpand => to("/blockvolumes/{id}/expand", json!({"new_size": 12})),
            Change::CleanUp => to("/operations/pending/cleanup", json!({})),
            Change::KeyedCreate => Change::Create(Layout::Copied).with_key(subject),
            Change::KeyedExpand => Change::Expand(Layout::Copied).with_key(subject),
            Change::KeyedClone => Change::Clone(Layout::Copied).with_key(subject),
            Change::KeyedBlockCreate => Change::BlockCreate.with_key(subject),
            Change::KeyedBlockExpand => Change::BlockExpand.with_key(subject),
        }
    }

    fn with_key(self, subject: &str) -> Request {
        Request { key: Some("once"), ..self.request(subject) }
    }
}
