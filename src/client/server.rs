//! Calls that are about the server itself: its operations, its database, its log, its mode.

use super::{Client, Result};
use crate::api::{
    AdminStatus, CleanUpRequest, FindingList, LogLevels, OperationProgressList, OperationsInfo,
    PendingOperationDetails, PendingOperationList,
};

impl Client {
    /// How many operations are unfinished.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn operations_info(&self) -> Result<OperationsInfo> {
        self.get("/operations")
    }

    /// All unfinished operations.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn operations_pending(&self) -> Result<PendingOperationList> {
        self.get("/operations/pending")
    }

    /// All unfinished operations with what they do, where, since when, and why they wait. heketi has no such path.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn operations_progress(&self) -> Result<OperationProgressList> {
        self.get("/operations/progress")
    }

    /// One unfinished operation.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn operation_info(&self, id: &str) -> Result<PendingOperationDetails> {
        self.get(&format!("/operations/pending/{id}"))
    }

    /// Cleans up operations that failed or were left.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn operations_clean_up(&self, request: &CleanUpRequest) -> Result<()> {
        let answer = self.0.send_json("POST", "/operations/pending/cleanup", request)?;
        let answer = answer.expect(&[200, 202])?;
        if answer.is_accepted() { self.0.wait(answer)?.expect(&[204]).map(drop) } else { Ok(()) }
    }

    /// What an import from heketi could not reconcile. heketi has no such path.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn findings(&self) -> Result<FindingList> {
        self.get("/findings")
    }

    /// Takes a finding out of the list.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn finding_clear(&self, number: i64) -> Result<()> {
        self.0.send("DELETE", &format!("/findings/{number}"))?.expect(&[200]).map(drop)
    }

    /// What the peers have against what the database says: the JSON as it came.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn examine_gluster(&self) -> Result<Vec<u8>> {
        Ok(self.0.send_research("GET", "/internal/state/examine/gluster")?.expect(&[200])?.into_body())
    }

    /// All that the database holds: the JSON as it came.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn db_dump(&self) -> Result<Vec<u8>> {
        Ok(self.0.send("GET", "/db/dump")?.expect(&[200])?.into_body())
    }

    /// What contradicts itself in the database: the JSON as it came.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn db_check(&self) -> Result<Vec<u8>> {
        Ok(self.0.send("GET", "/db/check")?.expect(&[200])?.into_body())
    }

    /// The database itself: a verified copy, byte for byte.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn backup_db(&self) -> Result<Vec<u8>> {
        Ok(self.0.send("GET", "/backup/db")?.expect(&[200])?.into_body())
    }

    /// How much is logged.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn log_levels(&self) -> Result<LogLevels> {
        self.get("/internal/logging")
    }

    /// Sets how much is logged.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn set_log_levels(&self, levels: &LogLevels) -> Result<()> {
        self.0.send_json("POST", "/internal/logging", levels)?.expect(&[200]).map(drop)
    }

    /// Which requests are taken.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn admin_status(&self) -> Result<AdminStatus> {
        self.get("/admin")
    }

    /// Sets which requests are taken.
    ///
    /// # Errors
    /// See [`Client::cluster_list`].
    pub fn set_admin_status(&self, status: &AdminStatus) -> Result<()> {
        self.0.send_json("POST", "/admin", status)?.expect(&[200, 204]).map(drop)
    }
}
