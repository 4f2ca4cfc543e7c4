//! Statements that the server knows by a name.

use std::sync::Arc;

use fallible_iterator::FallibleIterator as _;
use hashlink::LruCache;
use postgres_protocol::message::{
    backend::{Field, RowDescriptionBody},
    frontend,
};
use tokio_postgres::{error::SqlState, types::Type};

use super::{
    Connection, TypeCache,
    exchange::{Request, Step},
};
use crate::{
    batch::{Column, Statement},
    error::{DbError, Error},
};

/// How many prepared statements a connection keeps, here and on the server.
pub(super) const PREPARED_STATEMENTS: usize = 100;

/// A statement that the server knows by a name.
#[derive(Debug, Clone)]
pub(super) struct Prepared {
    pub name: Arc<str>,
    pub types: Arc<[Type]>,
    pub columns: Arc<[Column]>,
}

impl Connection {
    pub(super) fn send<'b>(&mut self, request: &Request<'b>) -> Result<Vec<Step<'b>>, Error> {
        let outgoing = self.framed.outgoing();
        for name in std::mem::take(&mut self.closes) {
            frontend::close(b'S', &name, outgoing)?;
        }
        let mut steps = Vec::with_capacity(request.statements.len());
        for (index, statement) in request.statements.iter().enumerate() {
            let known = self.statements.as_mut().and_then(|known| known.get(&*statement.sql));
            let known = known.filter(|known| *known.types == *statement.types).cloned();
            let new_name = match (&known, &self.statements) {
                (None, Some(_)) => {
                    let name = Arc::from(format!("s{:x}_{}", self.name_prefix, self.next_name));
                    self.next_name += 1;
                    Some(name)
                }
                _ => None,
            };
            let name: &str = match (&known, &new_name) {
                (Some(known), _) => &known.name,
                (None, Some(name)) => name,
                (None, None) => "",
            };
            let outgoing = self.framed.outgoing();
            if known.is_none() {
                let types = statement.types.iter().map(Type::oid);
                frontend::parse(name, &statement.sql, types, outgoing)?;
                frontend::describe(b'S', name, outgoing)?;
            }
            statement.bind(name, outgoing);
            frontend::execute("", 0, outgoing)?;
            let returns_rows = index == request.result_index;
            let columns = known.map(|known| known.columns);
            steps.push(Step { statement, columns, new_name, returns_rows });
        }
        frontend::sync(self.framed.outgoing());
        Ok(steps)
    }

    /// The server has prepared the statement: it belongs to the connection.
    pub(super) fn keep(&mut self, step: &mut Step<'_>, columns: Arc<[Column]>) {
        step.columns = Some(Arc::clone(&columns));
        let Some((statements, name)) = self.statements.as_mut().zip(step.new_name.take()) else {
            return;
        };
        let oldest =
            if statements.len() < PREPARED_STATEMENTS { None } else { statements.remove_lru() };
        let Statement { sql, types, .. } = step.statement;
        let prepared = Prepared { name, types: types.as_slice().into(), columns };
        let replaced = statements.insert(sql.clone().into_owned(), prepared);
        let closed = replaced.into_iter().chain(oldest.map(|(_, oldest)| oldest));
        self.closes.extend(closed.map(|closed| closed.name));
    }

    /// Closes a prepared statement that is stale, or that failed while it was prepared.
    pub(super) fn discard(&mut self, step: &mut Step<'_>, error: &DbError) {
        if *error.code() == SqlState::INVALID_SQL_STATEMENT_NAME {
            // DISCARD ALL, or a pooler with another server behind it: the other names are unknown there, too.
            self.statements.iter_mut().for_each(LruCache::clear);
        }
        let stale = match &mut self.statements {
            Some(statements) if error.is_stale_statement() => {
                statements.remove(&*step.statement.sql)
            }
            _ => None,
        };
        self.closes.extend(stale.map(|stale| stale.name).or(step.new_name.take()));
    }
}

pub(super) fn columns(
    description: &RowDescriptionBody,
    types: &TypeCache,
) -> Result<Arc<[Column]>, Error> {
    let column = |field: Field<'_>| {
        Ok(Column { name: field.name().into(), ty: types.get(field.type_oid()) })
    };
    Ok(description.fields().map(column).collect::<Vec<_>>()?.into())
}
