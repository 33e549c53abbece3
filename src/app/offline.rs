//! `mortard offline cleanup-operations|update-dbvol`: the engine without a server.

use crate::config::Config;
use crate::metrics::Metrics;
use crate::operations::Operations;

/// Takes up all that was left unfinished, and waits until each was tried. Gives a line for each that is left.
///
/// # Errors
/// When the database cannot be opened, for example because a server runs on it, or the executor cannot.
pub async fn clean_up(config: Config) -> anyhow::Result<Vec<String>> {
    with_engine(&config, async |operations: &Operations| {
        operations.clean_up_all().await?;
        let left = operations.unfinished().await?;
        let line = |op: &crate::model::operation::Operation| {
            let reason = op.parked.as_ref().map_or("it is still being worked on", |parked| &parked.reason);
            format!("{} of {} is left: {reason}", op.kind.as_str(), op.target)
        };
        Ok(left.iter().map(line).collect())
    })
    .await
}

/// Sets the options of the gluster volume that holds the database, where it has none of that kind.
///
/// # Errors
/// When there is no such volume, or gluster refuses.
pub async fn update_dbvol(config: Config, volume: &str) -> anyhow::Result<()> {
    with_engine(&config, async |operations: &Operations| {
        Ok(operations.set_database_volume_options(volume).await?)
    })
    .await
}

async fn with_engine<T>(
    config: &Config,
    work: impl AsyncFnOnce(&Operations) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let (store, home) = super::open(config).await?;
    let executor = super::executor(&config.executor, &home.path, &store).await?;
    let operations = super::engine(config, &store, executor, Metrics::new()?);
    let done = work(&operations).await;
    operations.stop().await;
    store.close().await;
    done
}
