//! Files of bbolt with pages of several sizes and buckets of all forms. What is in them: `tests/golang/shapes.go`.

use mortar::heketi_db::bolt::{Bolt, Bucket, OpenError};
use mortar::heketi_db::{ReadError, read};

use super::fixtures::made;

const SIZES: [usize; 3] = [1024, 4096, 65536];

fn find<'b, 'a>(buckets: &'b [Bucket<'a>], name: &str) -> &'b Bucket<'a> {
    buckets.iter().find(|bucket| bucket.name == name.as_bytes()).unwrap()
}

#[test]
fn buckets_of_all_forms_are_read_at_all_sizes_of_pages() {
    for size in SIZES {
        let file = made(&format!("pages-{size}"));
        let bolt = Bolt::open(&file).unwrap();
        assert_eq!(bolt.page_size(), size);
        let (buckets, findings) = bolt.buckets().unwrap();
        assert_eq!(findings, [], "{size}");
        let names: Vec<&[u8]> = buckets.iter().map(|bucket| bucket.name).collect();
        assert_eq!(names, [&b"empty"[..], b"inline", b"long", b"outer", b"tree"]);
        assert_eq!(find(&buckets, "empty").pairs, []);
        assert_eq!(find(&buckets, "inline").pairs, [(&b"k"[..], &b"v"[..])]);
        check_long(find(&buckets, "long"));
        check_tree(find(&buckets, "tree"));
        check_outer(find(&buckets, "outer"));
    }
}

fn check_long(bucket: &Bucket<'_>) {
    assert_eq!(bucket.pairs.len(), 2);
    assert_eq!(bucket.pairs[0], (&b"a"[..], &[b'x'; 300_000][..]));
    assert_eq!(bucket.pairs[1], (&b"b"[..], &b""[..]));
}

fn check_tree(bucket: &Bucket<'_>) {
    assert_eq!(bucket.pairs.len(), 1500);
    for (number, (key, value)) in (0..3000_usize).step_by(2).zip(&bucket.pairs) {
        assert_eq!(*key, format!("key{number:06}").as_bytes());
        assert_eq!(*value, vec![u8::try_from(number % 256).unwrap(); number % 50]);
    }
}

fn check_outer(bucket: &Bucket<'_>) {
    assert_eq!(bucket.pairs, [(&b"own"[..], &b"1"[..])]);
    let middle = find(&bucket.buckets, "middle");
    assert_eq!(middle.pairs.len(), 300);
    assert_eq!(find(&middle.buckets, "inside").pairs, [(&b"deep"[..], &b"2"[..])]);
}

#[test]
fn the_state_before_the_last_change_is_read_whole() {
    for size in SIZES {
        let file = made(&format!("pages-{size}"));
        let newest = Bolt::open(&file).unwrap();
        let older = newest.older().unwrap();
        assert_eq!(older.transaction() + 1, newest.transaction());
        let (buckets, findings) = older.buckets().unwrap();
        assert_eq!(findings, [], "{size}");
        assert_eq!(find(&buckets, "tree").pairs.len(), 3000);
    }
}

#[test]
fn page_1_is_found_when_page_0_is_lost() {
    for size in SIZES {
        let mut file = made(&format!("pages-{size}"));
        let whole = Bolt::open(&file).unwrap().transaction();
        file[..64].fill(0xff);
        let bolt = Bolt::open(&file).unwrap();
        assert_eq!(bolt.page_size(), size);
        assert!(bolt.older().is_none());
        let (buckets, findings) = bolt.buckets().unwrap();
        let tree = find(&buckets, "tree").pairs.len();
        assert_eq!(tree, if bolt.transaction() == whole { 1500 } else { 3000 });
        assert!(
            findings[0].to_string().starts_with("page 0 cannot be used (is not marked as one of BoltDB)")
        );
        assert_eq!(findings.len(), 1);
    }
}

#[test]
fn a_file_without_any_first_page_is_an_error() {
    let mut file = made("pages-4096");
    // Behind the version: the checksum does not fit any more.
    file[40] ^= 1;
    file[4096 + 40] ^= 1;
    let error = Bolt::open(&file).unwrap_err();
    let OpenError::Metas { .. } = &error else { panic!("{error}") };
    let expected = "the BoltDB file is damaged: page 0 has a wrong checksum, and page 1 has a wrong checksum";
    assert!(error.to_string().starts_with(expected), "{error}");
}

#[test]
fn somebody_elses_database_is_told_from_heketis() {
    let error = read(&made("pages-4096")).unwrap_err();
    assert!(matches!(error, ReadError::NotHeketi { .. }));
    let expected = "this is a BoltDB file, but not heketi's: it has no bucket CLUSTER, and 5 buckets of other names \
                    (empty, inline, long, outer, tree)";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_file_of_another_kind_is_named() {
    let check = |bytes: &[u8], expected: &str| {
        let error = read(bytes).unwrap_err().to_string();
        assert_eq!(error, format!("this is no BoltDB file, as heketi's databases are: {expected}"));
    };
    check(b"", "it is empty");
    check(b"SQLite format 3\0", "it is a SQLite database");
    check(br#"{"clusterentries": {}}"#, "it is JSON, perhaps an export; import it as such");
    check(&[0x1f, 0x8b, 8], "it is compressed; `gunzip` it first");
    check(&[1; 70_000], "it is nothing that is known here");
    check("Löschen? ja\n".repeat(1000).as_bytes(), "it is a text");
}
