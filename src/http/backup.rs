//! The database as a file, while it is in use.

use anyhow::Context as _;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use tokio::io::AsyncReadExt as _;

use super::{ApiError, App};
use crate::store::backup;

/// Bytes sent at a time.
const PIECE: usize = 64 * 1024;

/// A verified copy of the database, the same that `mortard backup` makes.
#[utoipa::path(get, path = "/backup/db", tag = "database", operation_id = "backup_db",
    responses((status = 200, description = "The database", body = Vec<u8>, content_type = "application/octet-stream")))]
pub(super) async fn download(State(app): State<App>) -> Result<Response, ApiError> {
    let copy = make_copy(&app).await.map_err(ApiError::Backup)?;
    let length = copy.metadata().await.context("cannot read the copy").map_err(ApiError::Backup)?.len();
    let headers = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_DISPOSITION, r#"attachment; filename="heketi.db""#.to_owned()),
        (CONTENT_LENGTH, length.to_string()),
    ];
    Ok((headers, Body::from_stream(pieces(copy))).into_response())
}

/// The copy has no name any more when it is sent: it is gone with the answer, however that ends.
async fn make_copy(app: &App) -> anyhow::Result<tokio::fs::File> {
    let mut name = app.database.as_os_str().to_owned();
    name.push(format!(".backup-{}", app.operations.fresh_name()));
    let path = std::path::PathBuf::from(name);
    let mut conn = app.operations.store().read().await?;
    backup::backup_through(&mut conn, &app.database, &path).await?;
    drop(conn);
    let file =
        tokio::fs::File::open(&path).await.with_context(|| format!("cannot open {}", path.display()))?;
    tokio::fs::remove_file(&path).await.with_context(|| format!("cannot remove {}", path.display()))?;
    Ok(file)
}

fn pieces(file: tokio::fs::File) -> impl stream::Stream<Item = std::io::Result<Vec<u8>>> {
    stream::unfold(file, |mut file| async move {
        let mut piece = vec![0; PIECE];
        match file.read(&mut piece).await {
            Ok(0) => None,
            Ok(read) => {
                piece.truncate(read);
                Some((Ok(piece), file))
            }
            Err(error) => Some((Err(error), file)),
        }
    })
}
