//! A volume as a Kubernetes PersistentVolume.

use crate::api::VolumeInfo;
use crate::json::encode_compact;

/// Letters of the volume's id in the name of the object.
const NAME_LENGTH: usize = 8;

/// The object, indented, without a line feed. Written by hand because the order of its keys is fixed.
pub(super) fn persistent_volume(volume: &VolumeInfo, endpoint: &str) -> String {
    let id: String = volume.id.chars().take(NAME_LENGTH).collect();
    format!(
        r#"{{
  "kind": "PersistentVolume",
  "apiVersion": "v1",
  "metadata": {{
    "name": {},
    "creationTimestamp": null,
    "annotations": {{
      "pv.beta.kubernetes.io/gid": {}
    }}
  }},
  "spec": {{
    "capacity": {{
      "storage": {}
    }},
    "glusterfs": {{
      "endpoints": {},
      "path": {}
    }},
    "accessModes": [
      "ReadWriteMany"
    ],
    "persistentVolumeReclaimPolicy": "Retain"
  }},
  "status": {{}}
}}"#,
        string(&format!("glusterfs-{id}")),
        string(&volume.gid.to_string()),
        string(&quantity(volume.size)),
        string(endpoint),
        string(&volume.name)
    )
}

/// A JSON string as Go writes it.
fn string(text: &str) -> String {
    String::from_utf8_lossy(&encode_compact(&text)).into_owned()
}

/// A size in GiB as Kubernetes writes it: in the largest unit that divides it.
fn quantity(gib: i64) -> String {
    let units = ["Gi", "Ti", "Pi", "Ei"];
    let mut size = gib;
    let mut unit = 0;
    while size != 0 && size % 1024 == 0 && unit + 1 < units.len() {
        size /= 1024;
        unit += 1;
    }
    if size == 0 { "0".to_owned() } else { format!("{size}{}", units[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_written_in_the_largest_unit() {
        let check = |gib: i64, expected: &str| assert_eq!(quantity(gib), expected);
        check(3, "3Gi");
        check(100, "100Gi");
        check(1024, "1Ti");
        check(1536, "1536Gi");
        check(1_048_576, "1Pi");
    }
}
