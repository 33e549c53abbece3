//! `mortard offline state examine gluster`: the examination without a server.

use crate::api::Examination;
use crate::config::Config;
use crate::json;
use crate::metrics::Metrics;

/// Compares what the peers have with the database: the JSON. Nothing that is unfinished is taken up.
///
/// # Errors
/// When the database cannot be opened, for example because a server runs on it, or the executor cannot.
pub async fn examine(config: Config) -> anyhow::Result<Vec<u8>> {
    let (store, home) = super::open(&config).await?;
    let executor = super::executor(&config.executor, &home.path, &store).await?;
    let operations = super::engine(&config, &store, executor, Metrics::new()?);
    let found = operations.examine().await;
    store.close().await;
    let found = found?;
    Ok(json::encode_indented(&Examination::new(&found.database, &found.clusters, found.report)))
}
