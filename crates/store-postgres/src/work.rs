//! A transaction under way, with the statements that its connection has prepared.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use postgres::fallible_iterator::FallibleIterator as _;
use postgres::types::ToSql;
use postgres::{IsolationLevel, Row as Columns, Statement, Transaction};
use store::Fault;

use crate::fault;
use crate::pool::Connection;

/// Values of a statement.
pub(crate) type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

/// A transaction. Dropped without [`Work::commit`], it is rolled back.
pub(crate) struct Work<'a> {
    transaction: Transaction<'a>,
    statements: &'a mut HashMap<String, Statement>,
    warned: &'a AtomicBool,
}

impl<'a> Work<'a> {
    /// A transaction that begins on a connection: a change, or what only reads.
    pub(crate) fn begin(connection: &'a mut Connection, reads: bool) -> Result<Self, Fault> {
        let level = if reads {
            IsolationLevel::RepeatableRead
        } else {
            IsolationLevel::ReadCommitted
        };
        let transaction = connection
            .client
            .build_transaction()
            .isolation_level(level)
            .read_only(reads)
            .start()
            .map_err(fault)?;
        Ok(Self {
            transaction,
            statements: &mut connection.statements,
            warned: &connection.warned,
        })
    }

    /// Makes it final. A fault leaves open whether it was.
    pub(crate) fn commit(self) -> Result<(), Fault> {
        self.warned.store(false, Ordering::Relaxed);
        self.transaction.commit().map_err(fault)?;
        // A server whose wait for its standby was cancelled says so in a warning, and that all went well.
        if self.warned.load(Ordering::Relaxed) {
            return Err(Fault::engine("the server made a change final with a warning"));
        }
        Ok(())
    }

    /// Runs a statement; gives how many rows it concerned.
    pub(crate) fn run(&mut self, sql: &str, values: Values<'_>) -> Result<u64, Fault> {
        let statement = self.prepared(sql)?;
        self.transaction.execute(&statement, values).map_err(fault)
    }

    /// Gives every row of a query to `visit` as it comes.
    pub(crate) fn each(
        &mut self,
        sql: &str,
        values: Values<'_>,
        mut visit: impl FnMut(&Columns) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let statement = self.prepared(sql)?;
        let mut rows = self
            .transaction
            .query_raw(&statement, values.iter().copied())
            .map_err(fault)?;
        while let Some(row) = rows.next().map_err(fault)? {
            visit(&row)?;
        }
        Ok(())
    }

    /// The rows of a query.
    pub(crate) fn all<T>(
        &mut self,
        sql: &str,
        values: Values<'_>,
        read: impl Fn(&Columns) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        let mut list = vec![];
        self.each(sql, values, |row| {
            list.push(read(row)?);
            Ok(())
        })?;
        Ok(list)
    }

    fn prepared(&mut self, sql: &str) -> Result<Statement, Fault> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.transaction.prepare(sql).map_err(fault)?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}
