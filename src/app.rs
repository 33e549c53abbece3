//! The server put together: configuration, database, executor, engine, routes.

pub mod check;
pub mod database;
pub mod examine;
pub mod import;
pub mod moving_in;
pub mod offline;
pub mod restore;

use std::net::{Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use axum::body::Bytes;
use tokio::net::{TcpListener, TcpSocket};
use tokio::signal::unix::{SignalKind, signal};
use tracing::{info, warn};

use self::moving_in::{Damage, Home, MoveError};
use crate::config::{AuthConfig, Config, ConfigError, ExecutorConfig, ExecutorKind, Timing, TlsConfig};
use crate::executor::faulty::Faulty;
use crate::executor::settings::PeerSettings;
use crate::executor::sim::{Flavour, SimCluster};
use crate::executor::ssh::{HostKeys, Ssh, SshConfig};
use crate::executor::{Executor, Measured};
use crate::files::beside;
use crate::http::auth::Keys;
use crate::http::shell::{self, AdminState, SharedAdminState, ShellOptions};
use crate::http::tls::Tls;
use crate::http::{self, App, connections};
use crate::metrics::Metrics;
use crate::model::clock::SystemClock;
use crate::model::ids::RandomIds;
use crate::model::sizes::KiB;
use crate::operations::{self, OperationSettings, Operations, Parts, Rhythm, Stopped};
use crate::placement::{PlacementLimits, ZoneChecking};
use crate::store::{OpenError, Sharing, Store, backup};
use crate::telemetry::{self, LogHandle};

/// How long a delete is tried before its client is told that the background goes on with it.
const DELETE_BUDGET: std::time::Duration = std::time::Duration::from_secs(20);

/// The first pause before something is tried again.
const FIRST_RETRY: std::time::Duration = std::time::Duration::from_secs(1);

/// The smallest XFS that `mkfs.xfs` makes, since xfsprogs 5.19: 300 MB. heketi's mock makes them of any size.
const XFS_MIN: KiB = KiB::of(307_200);

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;

/// A server that is ready to serve.
pub struct Server {
    operations: Operations,
    store: Arc<Store>,
    router: axum::Router,
    admin_state: SharedAdminState,
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    // heketi's lock on the old file is held for as long as we work on what was made of it.
    _home: Home,
}

impl Server {
    /// Opens the database, recovers what an earlier server left unfinished, and binds the port. `log` is the log that
    /// clients may make louder.
    ///
    /// # Errors
    /// With one sentence that says what is wrong and what to do.
    pub async fn start(config: Config, log: LogHandle) -> anyhow::Result<Server> {
        config.warnings.iter().for_each(|warning| warn!("{warning}"));
        config.refuse_to_serve().map_err(|(_, refused)| refused)?;
        let tls = config.tls.as_ref().map(tls).transpose()?;
        let (store, home) = open(&config).await?;
        let database = home.path.clone();
        if let Err(refused) = backup::sweep(&database) {
            warn!("left-overs of earlier backups beside {} stay: {refused}", database.display());
        }
        // Before anything is changed on a peer: a port that is taken ends the start.
        let listener = listen(config.port)?;
        let metrics = Metrics::new()?;
        let executor = executor(&config.executor, &database, &store).await?;
        info!("Loaded {} executor", executor_name(&config.executor));
        settings(&config).warnings().iter().for_each(|warning| warn!("{warning}"));
        let operations = engine(&config, &store, executor, metrics.clone());
        let unfinished = operations.recover().await?;
        if unfinished > 0 {
            warn!(
                "{unfinished} operations of an earlier server were left unfinished; they are being taken care of"
            );
        }
        info!("GlusterFS Application Loaded");
        operations.start_background();
        operations.start_rounds();
        operations.start_learning();
        let (router, admin_state) = router(&config, operations.clone(), database, log, metrics)?;
        Ok(Server { operations, store, router, admin_state, listener, tls, _home: home })
    }

    /// Where the server listens.
    ///
    /// # Errors
    /// When the socket is gone.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Whether it speaks TLS, and nothing else.
    pub fn is_encrypted(&self) -> bool {
        self.tls.is_some()
    }

    /// Serves until SIGINT or SIGTERM. Then no more work is taken, running commands are waited for, and the
    /// database is closed last.
    ///
    /// # Errors
    /// When the signals cannot be listened to, or the listener fails.
    pub async fn serve(self) -> anyhow::Result<()> {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut normal = signal(SignalKind::user_defined2())?;
        // heketi ignores it; without this it would end us.
        let _ignored = signal(SignalKind::user_defined1())?;
        let mut serving = std::pin::pin!(connections::serve(self.listener, self.router, self.tls.clone()));
        let follower = self.tls.map(|tls| tokio::spawn(tls.follow_files()));
        loop {
            tokio::select! {
                never = &mut serving => match never {},
                _ = interrupt.recv() => break,
                _ = terminate.recv() => break,
                // heketi's way out of a restricted state.
                _ = normal.recv() => self.admin_state.set(AdminState::Normal),
            }
        }
        follower.inspect(tokio::task::JoinHandle::abort);
        telemetry::say("Shutting down...");
        match self.operations.stop().await {
            Stopped::Cleanly => {}
            Stopped::LeftRunning(count) => {
                warn!("{count} operations still run; the next start takes care of them")
            }
        }
        self.store.close().await;
        info!("Closed");
        Ok(())
    }
}

/// In the words of heketi for a listener that cannot be had.
fn tls(files: &TlsConfig) -> anyhow::Result<Arc<Tls>> {
    let read = Tls::new(files.certificate.clone(), files.key.clone());
    Ok(Arc::new(read.context("HTTP Server error: enable_tls is set")?))
}

/// Opens the database, which is made of heketi's where that is named, and locked as long as its home lives.
async fn open(config: &Config) -> anyhow::Result<(Arc<Store>, Home)> {
    let refused = |error: MoveError| {
        ConfigError::Application(format!("Unable to open database: {:#}", anyhow::Error::from(error)))
    };
    let home = moving_in::settle(&config.database.path, Damage::Refused).await.map_err(refused)?;
    let store = open_at(config, &home.path).await.map_err(MoveError::from).map_err(refused)?;
    Ok((store, home))
}

/// Opens a file as the configured database is opened.
async fn open_at(config: &Config, path: &Path) -> Result<Arc<Store>, OpenError> {
    let sharing = if config.database.alone { Sharing::Alone } else { Sharing::AsFileSystem };
    Ok(Arc::new(Store::open(path, sharing).await?))
}

fn engine(config: &Config, store: &Arc<Store>, executor: Arc<dyn Executor>, metrics: Metrics) -> Operations {
    Operations::new(Parts {
        store: Arc::clone(store),
        executor: Arc::new(Measured::new(executor, metrics.clone())),
        peer_settings: config.executor.peer.clone(),
        settings: settings(config),
        metrics,
        clock: Arc::new(SystemClock),
        ids: Arc::new(RandomIds),
    })
}

fn settings(config: &Config) -> OperationSettings {
    let (bounds, standard) = (&config.bounds, PlacementLimits::default());
    OperationSettings {
        placement: PlacementLimits {
            min_brick: bounds.brick_min.unwrap_or(standard.min_brick),
            max_brick: bounds.brick_max.unwrap_or(standard.max_brick),
            max_bricks: bounds.max_bricks.unwrap_or(standard.max_bricks),
            min_arbiter: match config.executor.kind {
                ExecutorKind::Mock => standard.min_arbiter,
                ExecutorKind::Ssh | ExecutorKind::Sim => XFS_MIN,
            },
            average_file_size: bounds.average_file.unwrap_or(standard.average_file_size),
            zone_checking: ZoneChecking::from_word(&bounds.zone_checking).unwrap_or_default(),
        },
        unknown_zone_checking: Some(&bounds.zone_checking)
            .filter(|word| !word.is_empty() && ZoneChecking::from_word(word).is_none())
            .cloned(),
        max_volumes_per_cluster: bounds.max_volumes,
        volume_create_retries: config.background.create_retries,
        max_inflight: config.background.max_inflight,
        pre_options: config.options.pre.clone(),
        post_options: config.options.post.clone(),
        block_hosting_options: config.options.block_hosting.clone(),
        auto_hosting: config.hosting.auto_create,
        hosting_size: config.hosting.size,
        any_option: config.executor.kind == ExecutorKind::Mock,
        delete_budget: DELETE_BUDGET,
        node_monitor: config.background.node_monitor.map(rhythm),
        cleaner: config.background.cleaner.map(rhythm),
        rebalance: config.background.rebalance,
        delete_patience: config.background.delete_patience,
        first_retry: FIRST_RETRY,
    }
}

fn rhythm(timing: Timing) -> Rhythm {
    Rhythm { start: timing.start, refresh: timing.refresh }
}

fn executor_name(config: &ExecutorConfig) -> &'static str {
    match (config.kind, config.inject.is_some()) {
        (ExecutorKind::Ssh, false) => "ssh",
        (ExecutorKind::Ssh, true) => "inject/ssh",
        (ExecutorKind::Sim, false) => "sim",
        (ExecutorKind::Sim, true) => "inject/sim",
        (ExecutorKind::Mock, false) => "mock",
        (ExecutorKind::Mock, true) => "inject/mock",
    }
}

async fn executor(
    config: &ExecutorConfig,
    database: &Path,
    store: &Store,
) -> anyhow::Result<Arc<dyn Executor>> {
    let plain: Arc<dyn Executor> = match config.kind {
        ExecutorKind::Ssh => Arc::new(ssh(config, database)?),
        ExecutorKind::Sim => Arc::new(simulated(Flavour::Strict, database, store, &config.peer).await?),
        ExecutorKind::Mock => Arc::new(simulated(Flavour::Mock, database, store, &config.peer).await?),
    };
    match &config.inject {
        None => Ok(plain),
        Some(faults) => {
            let wrong = |error| ConfigError::Application(format!("injectexec cannot be read: {error}"));
            let faults = serde_json::from_value(faults.clone()).map_err(wrong)?;
            Ok(Arc::new(Faulty::new(plain, faults)?))
        }
    }
}

fn ssh(config: &ExecutorConfig, database: &Path) -> anyhow::Result<Ssh> {
    let settings = config.ssh.clone().context("the ssh executor has no settings")?;
    let host_keys = match (settings.strict, settings.unchecked) {
        (Some(files), _) => HostKeys::Strict(files),
        (None, true) => HostKeys::Unchecked,
        (None, false) => HostKeys::Learn,
    };
    Ok(Ssh::new(SshConfig {
        user: settings.user,
        key: settings.key,
        port: settings.port,
        sudo: settings.sudo,
        host_keys,
        known_hosts: beside(database, ".known_hosts"),
        control: beside(database, ".ssh"),
        lock_wait: settings.lock_wait,
    })
    .map_err(|error| ConfigError::Application(error.to_string()))?)
}

/// The simulated peers have their state beside the database; without it they are made to match the database.
async fn simulated(
    flavour: Flavour,
    database: &Path,
    store: &Store,
    settings: &PeerSettings,
) -> anyhow::Result<SimCluster> {
    let peers = SimCluster::open(&beside(database, ".peers"), flavour)?;
    for (manage, storage) in operations::seed::names(store).await? {
        peers.introduce(&manage, &storage);
    }
    if peers.is_fresh() {
        peers.seed(&operations::seed::seed(store, settings).await?)?;
    }
    Ok(peers)
}

fn router(
    config: &Config,
    operations: Operations,
    database: PathBuf,
    log: LogHandle,
    metrics: Metrics,
) -> anyhow::Result<(axum::Router, SharedAdminState)> {
    let state: AdminState = config.default_state.parse()?;
    let admin_state = SharedAdminState::new(state);
    let app = App {
        operations,
        database: Arc::new(database),
        admin_state: admin_state.clone(),
        log,
        metrics: metrics.clone(),
        document: Bytes::new(),
    };
    let (inner, document) = http::router(app)?;
    let keys = config.auth.as_ref().map(|AuthConfig { admin, user }| Keys {
        admin: admin.expose_bytes().to_owned(),
        user: user.expose_bytes().to_owned(),
    });
    let options = ShellOptions {
        keys,
        iat_leeway: config.iat_leeway,
        scoped_tokens: config.scoped_tokens,
        admin_state: admin_state.clone(),
        max_body: shell::MAX_BODY,
        clock: Arc::new(SystemClock),
        ids: Arc::new(RandomIds),
        metrics,
    };
    Ok((shell::wrap(inner, &document, options), admin_state))
}

/// Binds the port on all addresses, IPv4 and IPv6.
fn listen(port: u16) -> anyhow::Result<TcpListener> {
    let bind = |address: SocketAddr| -> std::io::Result<TcpListener> {
        let socket = if address.is_ipv6() { TcpSocket::new_v6()? } else { TcpSocket::new_v4()? };
        socket.set_reuseaddr(true)?;
        socket.set_send_buffer_size(connections::SEND_BUFFER)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    let any_v6 = SocketAddr::from((Ipv6Addr::UNSPECIFIED, port));
    // A machine without IPv6 has IPv4 at least.
    let bound = bind(any_v6).or_else(|_| bind(SocketAddr::from(([0, 0, 0, 0], port))));
    bound.with_context(|| {
        format!("HTTP Server error: cannot listen on port {port}; is another server running there?")
    })
}
