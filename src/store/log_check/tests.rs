//! Logs that SQLite has written, as they are and with what power cuts and broken disks make of them.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};
use tempfile::TempDir;

use super::*;

/// Small pages make many frames in few bytes.
const PAGE: u32 = 512;
const FRAME: usize = PAGE as usize + 24;

/// How many rows each transaction adds: those of one make one frame, or many.
const ROWS: [i64; 6] = [1, 9, 1, 30, 5, 12];

struct Written {
    folder: TempDir,
    conn: SqliteConnection,
    /// How long the log was after each transaction.
    ends: Vec<usize>,
}

impl Written {
    /// A database with a table in it, and an empty log.
    async fn new() -> Written {
        let folder = tempfile::tempdir().unwrap();
        let mut conn = connect(folder.path()).await;
        for sql in ["PRAGMA wal_autocheckpoint = 0", "CREATE TABLE filled (by INTEGER, with BLOB)"] {
            sqlx::query(sql).execute(&mut conn).await.unwrap();
        }
        let mut written = Written { folder, conn, ends: Vec::new() };
        written.checkpoint("TRUNCATE").await;
        written
    }

    async fn with_transactions() -> Written {
        let mut written = Written::new().await;
        for rows in ROWS {
            written.commit(rows).await;
        }
        written
    }

    async fn commit(&mut self, rows: i64) {
        let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
                   INSERT INTO filled SELECT ?, randomblob(300) FROM n";
        let by = i64::try_from(self.ends.len()).unwrap();
        sqlx::query(sql).bind(rows).bind(by).execute(&mut self.conn).await.unwrap();
        self.ends.push(self.log().len());
    }

    async fn checkpoint(&mut self, how: &str) {
        let sql = format!("PRAGMA wal_checkpoint({how})");
        let ask = sqlx::query_as(sqlx::AssertSqlSafe(sql));
        let (busy, _, _): (i64, i64, i64) = ask.fetch_one(&mut self.conn).await.unwrap();
        assert_eq!(busy, 0);
    }

    fn log(&self) -> Vec<u8> {
        std::fs::read(self.folder.path().join("x.db-wal")).unwrap()
    }

    /// What is found where the log is this one.
    fn found(&self, log: &[u8]) -> Option<Damage> {
        damage_in(log, &self.folder.path().join("x.db")).unwrap()
    }

    fn copied(&self, log: &[u8]) -> TempDir {
        let copy = tempfile::tempdir().unwrap();
        std::fs::copy(self.folder.path().join("x.db"), copy.path().join("x.db")).unwrap();
        std::fs::write(copy.path().join("x.db-wal"), log).unwrap();
        copy
    }

    /// How many transactions SQLite finds where the log is this one.
    async fn kept(&self, log: &[u8]) -> usize {
        let copy = self.copied(log);
        let mut conn = connect(copy.path()).await;
        let count = sqlx::query_scalar("SELECT count(DISTINCT by) FROM filled");
        let kept: i64 = count.fetch_one(&mut conn).await.unwrap();
        conn.close().await.unwrap();
        usize::try_from(kept).unwrap()
    }
}

async fn connect(folder: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(folder.join("x.db")).create_if_missing(true);
    let options = options.page_size(PAGE).journal_mode(sqlx::sqlite::SqliteJournalMode::Wal);
    SqliteConnection::connect_with(&options).await.unwrap()
}

fn flipped(log: &[u8], bit: usize) -> Vec<u8> {
    let mut log = log.to_owned();
    log[bit / 8] ^= 1 << (bit % 8);
    log
}

/// As a power cut leaves it that comes while `log` becomes `next`: each sector is the one or the other.
fn torn(log: &[u8], next: &[u8], dice: &mut StdRng) -> Vec<u8> {
    let length =
        if dice.random() { next.len() } else { dice.random_range(log.len().min(next.len())..=next.len()) };
    let mut torn = log.to_owned();
    torn.resize(length.max(log.len()), 0);
    for at in (0..next.len()).step_by(512).filter(|_| dice.random()) {
        let end = (at + 512).min(next.len()).min(torn.len());
        if at < end {
            torn[at..end].copy_from_slice(&next[at..end]);
        }
    }
    torn
}

/// The same log as a machine with the other order of bytes writes it.
fn in_order(log: &[u8], order: Order) -> Vec<u8> {
    let mut log = log.to_owned();
    log[3] = if order == Order::Big { 0x83 } else { 0x82 };
    let put = |log: &mut [u8], at: usize, (s0, s1): frames::Sum| {
        log[at..at + 4].copy_from_slice(&s0.to_be_bytes());
        log[at + 4..at + 8].copy_from_slice(&s1.to_be_bytes());
    };
    let mut sum = frames::sum((0, 0), &log[..24], order);
    put(&mut log, 24, sum);
    for at in (32..log.len()).step_by(FRAME) {
        sum = frames::sum(sum, &log[at..at + 8], order);
        sum = frames::sum(sum, &log[at + 24..at + FRAME], order);
        put(&mut log, at + 16, sum);
    }
    log
}

#[tokio::test]
async fn a_bit_that_flips_is_told_wherever_a_whole_transaction_stands_behind_it() {
    let written = Written::with_transactions().await;
    let log = written.log();
    assert_eq!((written.found(&log), written.kept(&log).await), (None, ROWS.len()));
    for log in [in_order(&log, Order::Little), in_order(&log, Order::Big)] {
        assert_eq!((written.found(&log), written.kept(&log).await), (None, ROWS.len()));
        let last = written.ends[ROWS.len() - 2];
        // All bits of the heads, and some of each page.
        let in_head = |at: usize| at < 32 || (at - 32) % FRAME < 24;
        let frame_of = |at: usize| (at - 32) / FRAME * FRAME + 32;
        // A frame that others follow is none that a power cut has left, unless it has left a half of its head.
        let whole_head = |at: usize| at / 512 == (at + 23) / 512;
        let makes_a_commit = |at| {
            let (frame, in_head) = (frame_of(at), (at - 32) % FRAME);
            (4..8).contains(&in_head) && frame + FRAME < log.len() && whole_head(frame)
        };
        for bit in (0..log.len() * 8).filter(|bit| in_head(bit / 8) || bit % 1009 == 0) {
            let expected = match bit / 8 {
                at if at < 32 => Some(Damage::Head),
                at if at < last || makes_a_commit(at) => Some(Damage::Frame(frame_of(at))),
                _ => None,
            };
            assert_eq!(written.found(&flipped(&log, bit)), expected, "bit {bit}");
        }
        // What passes loses the last transaction at most, and what is refused would lose more.
        for bit in (256..log.len() * 8).step_by(19_997) {
            let flipped = flipped(&log, bit);
            let refused = written.found(&flipped).is_some();
            let kept = written.kept(&flipped).await;
            assert_eq!(kept < ROWS.len() - 1, refused, "bit {bit}: {kept}");
        }
    }
}

#[tokio::test]
async fn zeros_in_the_place_of_a_block_are_told() {
    let written = Written::with_transactions().await;
    let log = written.log();
    let last = written.ends[ROWS.len() - 2];
    // Where the head of the commit before the last one is gone, the two look like one.
    for at in (0..last - FRAME - 512).step_by(512) {
        let mut zeroed = log.clone();
        zeroed[at..at + 512].fill(0);
        assert!(written.found(&zeroed).is_some(), "{at}");
    }
}

#[tokio::test]
async fn a_log_that_ends_anywhere_is_what_a_power_cut_leaves() {
    let written = Written::with_transactions().await;
    let log = written.log();
    for length in (0..log.len()).filter(|length| length % 61 == 0 || (length % FRAME).abs_diff(32) < 2) {
        assert_eq!(written.found(&log[..length]), None, "{length}");
    }
}

#[tokio::test]
async fn a_power_cut_in_a_commit_is_no_damage_whatever_of_it_is_on_the_disk() {
    let mut dice = StdRng::seed_from_u64(20_261_129);
    let mut written = Written::new().await;
    let mut before = written.log();
    for round in 0..60 {
        // Behind the end there may be frames of a transaction that was too large for the cache, and was not wanted then; and
        // those from before the log was begun anew.
        match round % 10 {
            3 => {
                sqlx::query("PRAGMA cache_size = 2").execute(&mut written.conn).await.unwrap();
                sqlx::query("BEGIN").execute(&mut written.conn).await.unwrap();
                written.commit(40).await;
                sqlx::query("ROLLBACK").execute(&mut written.conn).await.unwrap();
            }
            6 => written.checkpoint("RESTART").await,
            _ => {}
        }
        let base = if round % 10 == 3 { written.log() } else { before };
        written.commit(dice.random_range(1..40)).await;
        let after = written.log();
        for _ in 0..40 {
            // The head is on the disk before the frames are.
            let mut base = base.clone();
            base.resize(base.len().max(32), 0);
            base[..32].copy_from_slice(&after[..32]);
            let torn = torn(&base, &after, &mut dice);
            assert_eq!(written.found(&torn), None, "round {round}");
        }
        assert_eq!(written.found(&after), None, "round {round}");
        before = after;
    }
}

#[tokio::test]
async fn a_head_that_is_torn_while_the_log_is_begun_anew_is_no_damage() {
    let mut dice = StdRng::seed_from_u64(20_261_129);
    let mut written = Written::with_transactions().await;
    for round in 0..8 {
        written.checkpoint("PASSIVE").await;
        assert_eq!(
            written.found(&flipped(&written.log(), 8 * 17)),
            None,
            "round {round}: the database has everything"
        );
        let before = written.log();
        // The database as it is now, and the head as it is going to be.
        let copy = written.copied(&before);
        written.commit(7).await;
        let after = written.log();
        assert_ne!(before[..32], after[..32], "it was begun anew");
        for _ in 0..100 {
            let mut torn = before.clone();
            for at in (0..32).filter(|_| dice.random()) {
                torn[at] = after[at];
            }
            assert_eq!(damage_in(&torn, &copy.path().join("x.db")).unwrap(), None);
        }
        // The frames from before are behind those that are new now, and nobody needs them.
        for bit in
            (0..before.len().min(after.len()) * 8).step_by(4001).filter(|bit| bit / 8 > 32 + 20 * FRAME)
        {
            assert_eq!(written.found(&flipped(&after, bit)), None, "bit {bit}");
        }
        // The new ones are in no database.
        assert_eq!(written.found(&flipped(&after, 8 * 17)), Some(Damage::Head), "round {round}");
    }
}

#[tokio::test]
async fn no_log_and_an_empty_one_are_no_damage_and_one_of_zeros_is_an_empty_one() {
    let written = Written::new().await;
    for log in [vec![], vec![0; 31], vec![0; 32], vec![0; 10_000], vec![0xFF; 10_000]] {
        assert_eq!(written.found(&log), None);
    }
    let nowhere = tempfile::tempdir().unwrap();
    assert_eq!(damage(&nowhere.path().join("x.db")).unwrap(), None);
    std::fs::write(nowhere.path().join("x.db-wal"), vec![1; 10_000]).unwrap();
    assert_eq!(damage(&nowhere.path().join("x.db")).unwrap(), None);
}
