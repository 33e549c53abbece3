//! Speed and memory of the server on simulated peers. Prints figures and ratios; asserts nothing: the machine may
//! be busy.

mod common;
#[path = "../tests/ssh/sshd.rs"]
#[expect(dead_code, clippy::unwrap_used, reason = "most of it is for tests, where a failure may panic")]
mod sshd;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use common::{Connection, Server, VOLUME, quantile};
use mortar::store::{Sharing, Store};
use serde_json::{Value, json};
use sshd::Sshd;

const SIZES: [u32; 4] = [250, 1_000, 10_000, 50_000];
const READ_SIZES: [u32; 2] = [250, 10_000];
const STARTS: usize = 9;
const WARM_UP: usize = 10;
/// Each database in turn is worked on so often without a pause: a server that wakes up for each request pays for that.
const BURST: usize = 10;
const BURSTS: usize = 8;
const READS: usize = 60;
const MEMORY_VOLUMES: u32 = 10_000;
const MEMORY_OPERATIONS: usize = 20;
/// The peers of the filled database, on this machine.
const LOCAL: [&str; 3] = ["127.0.0.1", "127.0.0.2", "127.0.0.3"];
/// No command that the server sends may do anything to this machine.
const NOTHING_RUNS: &str = "ForceCommand echo 'nothing runs here' >&2; exit 1";

/// One cluster of three nodes with 24 devices of 4 TiB each.
const TOPOLOGY: [&str; 4] = [
    "INSERT INTO cluster (id, file, block) VALUES (printf('%032x', 1), 1, 1)",
    "INSERT INTO node (id, cluster_id, zone, state, phase)
     SELECT printf('%032x', 16 + value), printf('%032x', 1), value, 'online', 'ready' FROM json_each('[1, 2, 3]')",
    "INSERT INTO node_hostname (node_id, use, seq, name)
     SELECT node.id, use.value, 0, '127.0.0.' || node.zone FROM node, json_each('[\"manage\", \"storage\"]') AS use",
    "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 23)
     INSERT INTO device (id, node_id, name, state, phase, total_kib, free_kib, used_kib, extent_kib)
     SELECT printf('%032x', 4096 * node.zone + i), node.id, printf('/dev/bench%d', i), 'online', 'ready',
            4294967296, 4294967296, 0, 4096 FROM node, n",
];

/// Volumes with ids in no order, as real ones have.
const VOLUMES: &str = "
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?),
         fresh (id) AS MATERIALIZED (SELECT lower(hex(randomblob(16))) FROM n)
    INSERT INTO volume (id, cluster_id, name, size_gib, durability, replica, disperse_data, redundancy, gid, options,
                        block, snapshot_enable, snapshot_factor, phase, by_user)
    SELECT id, printf('%032x', 1), 'vol_' || id, 1, 'replicate', 3, 0, 0, 0, '[\"\",\"\"]', 0, 0, 1.0, 'ready', 0
      FROM fresh";

/// Three bricks of 1 GiB each, one a node, spread over the devices.
const BRICKS: &str = "
    WITH fresh (id, volume, node, device, position) AS MATERIALIZED (
         SELECT lower(hex(randomblob(16))), volume.id, node.id,
                printf('%032x', 4096 * node.zone + volume.rowid % 24), node.zone - 1 FROM volume, node)
    INSERT INTO brick (id, volume_id, device_id, node_id, set_no, position, role, size_kib, thin_pool_kib,
                       metadata_kib, thin_pool, path, phase)
    SELECT id, volume, device, node, 0, position, 'data', 1048576, 1048576, 8192, 'tp_' || id,
           '/var/lib/heketi/mounts/vg_' || device || '/brick_' || id || '/brick', 'ready' FROM fresh";

fn main() -> Result<()> {
    start()?;
    latency()?;
    reads()?;
    memory()
}

fn fill(directory: &Path, volumes: u32) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let store = Store::open(&directory.join("bench.db"), Sharing::default()).await?;
        let mut tx = store.write().await?;
        for statement in TOPOLOGY {
            sqlx::query(statement).execute(&mut *tx).await?;
        }
        sqlx::query(VOLUMES).bind(volumes).execute(&mut *tx).await?;
        sqlx::query(BRICKS).execute(&mut *tx).await?;
        tx.commit().await?;
        store.close().await;
        Ok(())
    })
}

fn start() -> Result<()> {
    let sshd = Sshd::start_with(&LOCAL, NOTHING_RUNS);
    start_with("sim", &json!({ "executor": "sim" }))?;
    start_with("ssh", &by_ssh(&sshd))
}

/// From nothing to the first answer.
fn start_with(what: &str, executor: &Value) -> Result<()> {
    let mut times = Vec::new();
    let mut resident = 0;
    for _ in 0..STARTS {
        let directory = tempfile::tempdir()?;
        let begun = Instant::now();
        let server = Server::start(directory.path(), executor)?;
        server.connect()?.ask("GET", "/hello", "")?;
        times.push(begun.elapsed());
        resident = server.resident_kib()?;
    }
    println!(
        "{what}, start, empty database   median {} ms, least {} ms, memory {} MiB",
        ms(quantile(&times, 0.5)),
        ms(quantile(&times, 0.0)),
        mib(resident)
    );
    Ok(())
}

/// How the server reaches peers that are on this machine.
fn by_ssh(sshd: &Sshd) -> Value {
    let config = sshd.config();
    let section = json!({ "keyfile": config.key, "user": config.user, "port": sshd.port.to_string() });
    json!({ "executor": "ssh", "sshexec": section })
}

/// All databases side by side and in turn: what else the machine does meets all of them.
fn latency() -> Result<()> {
    let mut runs = Vec::new();
    for volumes in SIZES {
        let directory = tempfile::tempdir()?;
        fill(directory.path(), volumes)?;
        let begun = Instant::now();
        let server = Server::start(directory.path(), &json!({ "executor": "sim" }))?;
        println!("start, {volumes:6} volumes      {} ms, peers made from the database", ms(begun.elapsed()));
        let mut connection = server.connect()?;
        for _ in 0..WARM_UP {
            create_and_delete(&mut connection)?;
        }
        runs.push((volumes, directory, server, connection, Vec::new(), Vec::new()));
    }
    for _ in 0..BURSTS {
        for (_, _, _, connection, creates, deletes) in &mut runs {
            for _ in 0..BURST {
                let (create, delete) = create_and_delete(connection)?;
                creates.push(create);
                deletes.push(delete);
            }
        }
    }
    let mut first = None;
    for (volumes, _, _, _, creates, deletes) in &runs {
        let medians = (quantile(creates, 0.5), quantile(deletes, 0.5));
        let (create, delete) = *first.get_or_insert(medians);
        print_latency("create", *volumes, creates, create);
        print_latency("delete", *volumes, deletes, delete);
    }
    Ok(())
}

fn create_and_delete(connection: &mut Connection) -> Result<(Duration, Duration)> {
    let (create, volume) = connection.change("POST", "/volumes", VOLUME)?;
    let (delete, _) = connection.change("DELETE", &volume, "")?;
    Ok((create, delete))
}

fn print_latency(what: &str, volumes: u32, times: &[Duration], first: Duration) {
    let median = quantile(times, 0.5);
    println!(
        "{:<8}{volumes:6} volumes     p50 {} ms, p99 {} ms, least {} ms, p50 / first {:.2}",
        format!("{what},"),
        ms(median),
        ms(quantile(times, 0.99)),
        ms(quantile(times, 0.0)),
        median.as_secs_f64() / first.as_secs_f64()
    );
}

/// A server that is only read from.
struct Reader {
    volumes: u32,
    _directory: tempfile::TempDir,
    _server: Server,
    connection: Connection,
    /// The list of all volumes, one of them, and a scrape; each with its times.
    measured: [(&'static str, String, Vec<Duration>); 3],
}

impl Reader {
    fn start(volumes: u32) -> Result<Reader> {
        let directory = tempfile::tempdir()?;
        fill(directory.path(), volumes)?;
        let server = Server::start(directory.path(), &json!({ "executor": "sim" }))?;
        let mut connection = server.connect()?;
        let list: Value = serde_json::from_slice(&connection.ask("GET", "/volumes", "")?.body)?;
        let middle = list["volumes"][volumes as usize / 2].as_str().context("GET /volumes gave no list")?;
        let measured = [
            ("list", "/volumes".to_owned(), Vec::new()),
            ("info", format!("/volumes/{middle}"), Vec::new()),
            ("metrics", "/metrics".to_owned(), Vec::new()),
        ];
        Ok(Reader { volumes, _directory: directory, _server: server, connection, measured })
    }

    fn read(&mut self) -> Result<()> {
        for (what, path, times) in &mut self.measured {
            let begun = Instant::now();
            let answer = self.connection.ask("GET", path, "")?;
            times.push(begun.elapsed());
            anyhow::ensure!(answer.status == 200, "{what}: GET {path}: {}", answer.status);
        }
        Ok(())
    }
}

/// Both sizes in turn, as for changes.
fn reads() -> Result<()> {
    let mut readers = READ_SIZES.into_iter().map(Reader::start).collect::<Result<Vec<_>>>()?;
    for round in 0..WARM_UP + READS {
        for reader in &mut readers {
            reader.read()?;
            if round < WARM_UP {
                reader.measured.iter_mut().for_each(|(_, _, times)| times.clear());
            }
        }
    }
    let Some(least) = readers.first() else { return Ok(()) };
    for (at, (what, _, first)) in least.measured.iter().enumerate() {
        for reader in &readers {
            print_latency(what, reader.volumes, &reader.measured[at].2, quantile(first, 0.5));
        }
    }
    Ok(())
}

/// The server as it runs in earnest: nothing of simulated peers is in its memory. Its peers answer to SSH and refuse
/// every command: what is asked of them is begun and undone.
fn memory() -> Result<()> {
    let directory = tempfile::tempdir()?;
    fill(directory.path(), MEMORY_VOLUMES)?;
    let sshd = Sshd::start_with(&LOCAL, NOTHING_RUNS);
    let begun = Instant::now();
    let server = Server::start(directory.path(), &by_ssh(&sshd))?;
    let started = begun.elapsed();
    let idle = server.resident_kib()?;
    let mut connection = server.connect()?;
    let list: Value = serde_json::from_slice(&connection.ask("GET", "/volumes", "")?.body)?;
    let volumes = list["volumes"].as_array().context("GET /volumes gave no list")?;
    for id in volumes.iter().filter_map(Value::as_str).take(20) {
        let answer = connection.ask("GET", &format!("/volumes/{id}"), "")?;
        anyhow::ensure!(answer.status == 200, "GET /volumes/{id}: {}", answer.status);
    }
    let read = server.resident_kib()?;
    for _ in 0..MEMORY_OPERATIONS {
        let Err(refused) = connection.change("POST", "/volumes", VOLUME) else {
            anyhow::bail!("a volume was made on peers that refuse everything");
        };
        let refused = refused.to_string();
        anyhow::ensure!(refused.contains("nothing runs here"), "the peers were not reached: {refused}");
    }
    println!(
        "ssh, {} of {MEMORY_VOLUMES} volumes   start {} ms, memory {} MiB, after reading {} MiB, after connecting and \
         {MEMORY_OPERATIONS} operations {} MiB",
        volumes.len(),
        ms(started),
        mib(idle),
        mib(read),
        mib(server.resident_kib()?)
    );
    Ok(())
}

fn ms(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1000.0)
}

fn mib(kib: u64) -> String {
    format!("{:.1}", kib as f64 / 1024.0)
}
