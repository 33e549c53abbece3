//! The objects of Kubernetes that put the server's database into its volume.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::manifest::{Node, list, number, object, text};
use crate::json::encode_manifest;

const SECRET: &str = "heketi-storage-secret";
const ENDPOINTS: &str = "heketi-storage-endpoints";
const JOB: &str = "heketi-storage-copy-job";

/// Secret, Endpoints, Service and Job in one list.
pub(super) struct StorageList<'a> {
    pub(super) database: &'a [u8],
    /// Addresses that gluster is reached by.
    pub(super) hosts: &'a [String],
    pub(super) volume: &'a str,
    pub(super) image: &'a str,
    /// A label of the nodes that the job may run on.
    pub(super) selector: Option<(&'a str, &'a str)>,
}

/// A key and a value around the only `=`; anything else is no label, and is ignored.
pub(super) fn selector(text: &str) -> Option<(&str, &str)> {
    text.split_once('=').filter(|(_, value)| !value.contains('='))
}

impl StorageList<'_> {
    /// Without a line feed at its end.
    pub(super) fn to_json(&self) -> Vec<u8> {
        encode_manifest(&object([
            ("apiVersion", text("v1")),
            ("kind", text("List")),
            ("items", list([self.secret(), self.endpoints(), service(), self.job()])),
        ]))
    }

    fn secret(&self) -> Node {
        object([
            ("kind", text("Secret")),
            ("apiVersion", text("v1")),
            ("metadata", labelled(SECRET)),
            ("data", object([("heketi.db", text(STANDARD.encode(self.database)))])),
        ])
    }

    fn endpoints(&self) -> Node {
        let subset = |host: &String| {
            object([
                ("addresses", list([object([("ip", text(host.as_str()))])])),
                ("ports", list([object([("port", number(1))])])),
            ])
        };
        object([
            ("kind", text("Endpoints")),
            ("apiVersion", text("v1")),
            ("metadata", named(ENDPOINTS)),
            ("subsets", list(self.hosts.iter().map(subset))),
        ])
    }

    fn job(&self) -> Node {
        let template = object([("metadata", named(JOB)), ("spec", self.pod())]);
        object([
            ("kind", text("Job")),
            ("apiVersion", text("batch/v1")),
            ("metadata", labelled(JOB)),
            (
                "spec",
                object([("parallelism", number(1)), ("completions", number(1)), ("template", template)]),
            ),
            ("status", object([])),
        ])
    }

    fn pod(&self) -> Node {
        let source = object([("endpoints", text(ENDPOINTS)), ("path", text(self.volume))]);
        let secret = object([("secretName", text(SECRET))]);
        let volumes = [
            object([("name", text("heketi-storage")), ("glusterfs", source)]),
            object([("name", text(SECRET)), ("secret", secret)]),
        ];
        let mut fields = vec![
            ("volumes", list(volumes)),
            ("containers", list([self.container()])),
            ("restartPolicy", text("Never")),
        ];
        if let Some((key, value)) = self.selector {
            fields.push(("nodeSelector", Node::Object(vec![(key.to_owned(), text(value))])));
        }
        object(fields)
    }

    fn container(&self) -> Node {
        let mount = |name: &str, path: &str| object([("name", text(name)), ("mountPath", text(path))]);
        object([
            ("name", text("heketi")),
            ("image", text(self.image)),
            ("command", list(["cp", "/db/heketi.db", "/heketi"].map(text))),
            ("resources", object([])),
            ("volumeMounts", list([mount("heketi-storage", "/heketi"), mount(SECRET, "/db")])),
        ])
    }
}

fn service() -> Node {
    let port = object([("port", number(1)), ("targetPort", number(0))]);
    object([
        ("kind", text("Service")),
        ("apiVersion", text("v1")),
        ("metadata", named(ENDPOINTS)),
        ("spec", object([("ports", list([port]))])),
        ("status", object([("loadBalancer", object([]))])),
    ])
}

fn named(name: &str) -> Node {
    object([("name", text(name)), ("creationTimestamp", Node::Null)])
}

fn labelled(name: &str) -> Node {
    let labels = object([("deploy-heketi", text("support"))]);
    object([("name", text(name)), ("creationTimestamp", Node::Null), ("labels", labels)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_has_one_equals_sign() {
        assert_eq!(selector("disk=fast"), Some(("disk", "fast")));
        assert_eq!(selector("disk="), Some(("disk", "")));
        for none in ["", "disk", "a=b=c"] {
            assert_eq!(selector(none), None, "{none}");
        }
    }

    #[test]
    fn the_list_begins_and_ends_as_heketi_cli_writes_it() {
        let hosts = ["10.0.0.1".to_owned(), "10.0.0.2".to_owned()];
        let selector = Some(("disk", "fast"));
        let list = StorageList { database: b"db", hosts: &hosts, volume: "v", image: "i:1", selector };
        let written = String::from_utf8(list.to_json()).unwrap();
        let begin = concat!(
            "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"List\",\n  \"items\": [\n    {\n      \"kind\": \"Secret\",\n",
            "      \"apiVersion\": \"v1\",\n      \"metadata\": {\n        \"name\": \"heketi-storage-secret\",\n",
            "        \"creationTimestamp\": null,\n        \"labels\": {\n          \"deploy-heketi\": \"support\"\n",
            "        }\n      },\n      \"data\": {\n        \"heketi.db\": \"ZGI=\"\n      }\n    },\n"
        );
        assert!(written.starts_with(begin), "{written}");
        let end = concat!(
            "            \"restartPolicy\": \"Never\",\n            \"nodeSelector\": {\n              \"disk\": \"fast\"\n",
            "            }\n          }\n        }\n      },\n      \"status\": {}\n    }\n  ]\n}"
        );
        assert!(written.ends_with(end), "{written}");
        assert_eq!(written.matches("\"ip\": \"10.0.0.").count(), 2);
    }
}
