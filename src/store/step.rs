//! Table `operation_step`.

use serde::Serialize;
use sqlx::SqliteConnection;

use super::{Result, json, number, to_json};
use crate::model::ids::OperationId;
use crate::model::operation::StepRecord;
use crate::model::step::{Step, StepOutput, StepState};

/// A row to be.
#[derive(Serialize)]
pub(super) struct NewStep<'a> {
    seq: u32,
    stage: u32,
    // Text, not an object: what is stored is exactly what is read back.
    step: String,
    state: StepState,
    output: &'a StepOutput,
}

impl<'a> NewStep<'a> {
    pub(super) fn new(record: &'a StepRecord) -> Result<NewStep<'a>> {
        let (seq, stage, state) = (record.seq, record.stage, record.state);
        Ok(NewStep { seq, stage, step: to_json(&record.step)?, state, output: &record.output })
    }
}

/// The steps of an operation in order.
///
/// # Errors
/// When the database refuses.
pub async fn of_operation(conn: &mut SqliteConnection, operation: OperationId) -> Result<Vec<StepRecord>> {
    let rows = sqlx::query!(
        r#"SELECT seq, stage, step, state AS "state: StepState", output
             FROM operation_step WHERE operation_id = ? ORDER BY seq"#,
        operation
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let place = format!("{operation}/{}", row.seq);
            Ok(StepRecord {
                seq: number("operation_step", "seq", &place, row.seq)?,
                stage: number("operation_step", "stage", &place, row.stage)?,
                step: json::<Step>("operation_step", "step", &place, &row.step)?,
                state: row.state,
                output: json("operation_step", "output", &place, &row.output)?,
            })
        })
        .collect()
}

/// One step's new state, with what it reported.
#[derive(Debug, Clone, Serialize)]
pub struct StepMark {
    /// The step's number.
    pub seq: u32,
    /// How far it is now.
    pub state: StepState,
    /// What it reported.
    pub output: StepOutput,
}

/// Marks steps of an operation, all in one statement.
///
/// # Errors
/// When the database refuses.
pub async fn mark(conn: &mut SqliteConnection, operation: OperationId, marks: &[StepMark]) -> Result<()> {
    if marks.is_empty() {
        return Ok(());
    }
    let rows = to_json(&marks)?;
    sqlx::query!(
        "UPDATE operation_step SET state = mark.value ->> 'state', output = mark.value -> 'output'
           FROM json_each(?1) AS mark
          WHERE operation_id = ?2 AND seq = mark.value ->> 'seq'",
        rows,
        operation
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes the steps of an operation out.
///
/// # Errors
/// When the database refuses.
pub async fn delete_of_operation(conn: &mut SqliteConnection, operation: OperationId) -> Result<()> {
    sqlx::query!("DELETE FROM operation_step WHERE operation_id = ?", operation).execute(conn).await?;
    Ok(())
}
