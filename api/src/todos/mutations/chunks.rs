//! Changes of as many rows as there are, chunk by chunk: each chunk is a statement and a transaction of its own, and no id
//! leaves the database.

use std::time::{Duration, Instant};

use async_graphql::Context;
use sea_orm::{
    ConnectionTrait, EntityTrait, Iterable as _, PrimaryKeyToColumn, QueryFilter, QuerySelect as _,
    QueryTrait as _, Select,
    sea_query::{
        CommonTableExpression, DeleteStatement, Expr, ExprTrait as _, Query, SubQueryStatement,
        UpdateStatement, WithQuery,
    },
};
use supertokens::Claims;

use crate::{
    graphql::{Error, context::begin_work},
    rls::{Access, Rls, Role, UserTransaction},
    todos::{entity::Entity, filter::TodoFilter},
};

/// How many rows one transaction changes.
const CHUNK: u64 = 5_000;

/// A call starts no chunk after this time.
const MAX_DURATION: Duration = Duration::from_secs(5);

/// What a call did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    /// How many todos it changed.
    pub count: u64,
    /// Whether its time ended before all were changed.
    pub has_more: bool,
}

/// What to do to the rows of a chunk.
pub enum Change {
    Update(UpdateStatement),
    Delete(DeleteStatement),
}

/// Changes the todos of `filter` that meet `condition`, until none is left or the time is over. An error does not undo the
/// chunks before. Calling it again continues.
pub async fn change(
    context: &Context<'_>,
    filter: &TodoFilter,
    condition: Expr,
    change: Change,
) -> Result<Changed, Error> {
    filter.check()?;
    let of_filter = filter.condition().add(condition);
    let chunk = Chunk::new(
        Entity::find().filter(of_filter.clone()),
        // Once more of each row: another transaction may have changed it meanwhile.
        match change {
            Change::Update(mut update) => Change::Update(update.cond_where(of_filter).take()),
            Change::Delete(mut delete) => Change::Delete(delete.cond_where(of_filter).take()),
        },
    )?;
    let started = Instant::now();
    let mut count = 0;
    loop {
        let transaction = begin_work(context, Access::Write, filter.work()).await?;
        let done = chunk.run(transaction).await.map_err(|error| filter.explain(error))?;
        count += done.changed;
        let has_more = done.found == CHUNK;
        if !has_more || started.elapsed() >= MAX_DURATION {
            return Ok(Changed { count, has_more });
        }
    }
}

/// Deletes every row of the user in a table. An error does not undo the chunks before. Calling it again continues.
pub async fn delete_all<E: EntityTrait>(table: E, rls: &Rls, claims: &Claims) -> Result<(), Error> {
    let delete = Query::delete().from_table(table).take();
    let chunk = Chunk::new(E::find(), Change::Delete(delete))?;
    loop {
        let transaction = rls.begin(Role::Authenticated, Access::Write, claims).await?;
        if chunk.run(transaction).await?.found < CHUNK {
            return Ok(());
        }
    }
}

/// The statement of a chunk. It returns how many rows it found and how many of them it changed: a concurrent transaction
/// may have changed the same rows before.
struct Chunk(WithQuery);

/// How many rows a chunk found and changed.
struct Done {
    found: u64,
    changed: u64,
}

impl Chunk {
    fn new<E: EntityTrait>(rows: Select<E>, change: Change) -> Result<Self, Error> {
        let keys: Vec<E::Column> =
            E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column).collect();
        let [key] = &keys[..] else {
            return Err(Error::Internal("a chunk needs a primary key of one column".into()));
        };
        let found = rows.select_only().column_as(*key, "id").limit(CHUNK).into_query();
        // IS TRUE makes PostgreSQL look the ids up in a hash table. As a join, with statistics that say that the filter
        // finds few rows, it would compare each row with each id: minutes for 100,000 rows.
        let is_found = Expr::col(*key)
            .in_subquery(Query::select().expr(Expr::cust("id")).from("found").take());
        let is_found = Expr::cust_with_expr("($1) IS TRUE", is_found);
        let change = match change {
            Change::Update(mut update) => SubQueryStatement::UpdateStatement(
                update.and_where(is_found).returning_col(*key).take(),
            ),
            Change::Delete(mut delete) => SubQueryStatement::DeleteStatement(
                delete.and_where(is_found).returning_col(*key).take(),
            ),
        };
        let cte = |name: &'static str| CommonTableExpression::new().table_name(name).to_owned();
        let with = Query::with()
            .cte(cte("found").query(found).materialized(true).to_owned())
            .cte(cte("changed").query(change).to_owned())
            .to_owned();
        let count = |of: &str| Expr::cust(format!("(SELECT count(*) FROM {of})"));
        let counts = Query::select()
            .expr_as(count("found"), "found")
            .expr_as(count("changed"), "changed")
            .take();
        Ok(Self(counts.with(with)))
    }

    async fn run(&self, transaction: UserTransaction) -> Result<Done, Error> {
        let row = transaction.ending().query_one(&self.0).await?;
        let row = row.ok_or_else(|| Error::Internal("a count has no row".into()))?;
        let count = |name| row.try_get::<i64>("", name).map(i64::unsigned_abs);
        Ok(Done { found: count("found")?, changed: count("changed")? })
    }
}
