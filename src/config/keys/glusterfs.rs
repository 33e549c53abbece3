//! The keys of `glusterfs`.

use super::{Key, Kind};

pub(super) const VOLUME_CREATE: Key =
    Key::integer("volume_create", "4", "further tries of a volume create that failed on one placement");

pub(super) const KEYS: &[Key] = &[
    Key::text(
        "executor",
        "ssh",
        "how peers are reached: `ssh`, or simulated ones: `sim`, `mock`; with `inject/` before it, faults as `injectexec` says",
    )
    .variable("HEKETI_EXECUTOR"),
    Key::text("db", "heketi.db", "the database; the default is in the working directory")
        .variable("HEKETI_DB_PATH"),
    Key::flag(
        "db_read_only",
        "refused: set `default_state` to `read-only` instead, and changes are refused",
    ),
    Key::text("loglevel", "info", "what is logged: `none`, `critical`, `error`, `warning`, `info`, `debug`")
        .variable("HEKETI_GLUSTERAPP_LOGLEVEL"),
    Key::text("allocator", "", "").ignored("there is one allocator only, as in heketi 10"),
    Key::integer("brick_max_size_gb", "4096", "largest brick, in GiB"),
    Key::integer("brick_min_size_gb", "1", "smallest data brick, in GiB"),
    Key::integer("max_bricks_per_volume", "32", "bricks that a volume may have"),
    Key::new(
        "average_file_size_kb",
        Kind::Unsigned(u64::MAX),
        "64",
        "expected size of files in KiB, by which arbiter bricks are sized",
    ),
    Key::text(
        "pre_request_volume_options",
        "",
        "options of volumes, `key value` with commas between; those of requests come after them",
    )
    .variable("HEKETI_PRE_REQUEST_VOLUME_OPTIONS"),
    Key::text("post_request_volume_options", "", "the same, after those of requests")
        .variable("HEKETI_POST_REQUEST_VOLUME_OPTIONS"),
    Key::text("zone_checking", "none", "`none`, or `strict`: the bricks of a set are in different zones")
        .variable("HEKETI_ZONE_CHECKING"),
    Key::integer("max_volumes_per_cluster", "1000", "volumes that a cluster may have; below 0: any number")
        .variable("HEKETI_GLUSTER_MAX_VOLUMES_PER_CLUSTER"),
    Key::flag(
        "auto_create_block_hosting_volume",
        "make a volume to host block volumes where no other has room",
    )
    .variable("HEKETI_AUTO_CREATE_BLOCK_HOSTING_VOLUME"),
    Key::integer("block_hosting_volume_size", "1024", "size of such a volume, in GiB")
        .variable("HEKETI_BLOCK_HOSTING_VOLUME_SIZE"),
    Key::text("block_hosting_volume_options", "group gluster-block", "options of such a volume")
        .variable("HEKETI_BLOCK_HOSTING_VOLUME_OPTIONS"),
    Key::flag("disable_monitor_gluster_nodes", "do not look after nodes")
        .variable("HEKETI_DISABLE_HEALTH_MONITOR"),
    Key::seconds("refresh_time_monitor_gluster_nodes", "30", "seconds between two looks at nodes"),
    Key::seconds("start_time_monitor_gluster_nodes", "10", "seconds to the first look"),
    Key::flag("disable_background_cleaner", "do not clean up by itself what came unfinished with an import")
        .variable("HEKETI_DISABLE_BACKGROUND_CLEANER"),
    Key::seconds("refresh_time_background_cleaner", "3600", "seconds between two clean-ups"),
    Key::seconds("start_time_background_cleaner", "60", "seconds to the first clean-up"),
    Key::new(
        "max_inflight_operations",
        Kind::Unsigned(u64::MAX),
        "8 run and 256 wait in a cluster",
        "operations at the same time; more are refused with 429",
    )
    .variable("HEKETI_MAX_INFLIGHT_OPERATIONS"),
    Key::seconds(
        "delete_patience",
        "120",
        "seconds that a delete may be at one thing before its client is told that it goes on",
    )
    .ours(),
    Key::new("injectexec", Kind::Any, "", "the faults of the executors `inject/…`, for tests"),
];
