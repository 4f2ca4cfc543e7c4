//! What is asked of everyone.

use std::fmt;

use api::{
    rls::{Access, prologue},
    todos::{ADD_TODOS, Arguments, Column, List},
};
use clap::ValueEnum;
use sea_orm::{DbBackend, QuerySelect as _, QueryTrait as _};

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Workload {
    /// The user's twenty todos.
    Read,
    /// One todo.
    Add,
}

/// The fields that the page asks for.
const TODO: &str = "id task isComplete insertedAt";

impl Workload {
    pub const ALL: [Self; 2] = [Self::Read, Self::Add];

    pub fn service_query(self) -> String {
        match self {
            Self::Read => format!(
                "{{ todos(first: 50) {{ nodes {{ {TODO} }} pageInfo {{ hasNextPage endCursor }} }} }}"
            ),
            Self::Add => format!(
                r#"mutation {{ addTodo(input: {{task: "One more of mine"}}) {{ todo {{ {TODO} }} }} }}"#
            ),
        }
    }

    /// The same in PostGraphile's schema, in an order of those it offers that an index has as it is.
    pub fn postgraphile_query(self) -> String {
        match self {
            Self::Read => format!(
                "{{ todos: allTodos(first: 50, orderBy: [INSERTED_AT_DESC, PRIMARY_KEY_DESC]) \
                 {{ nodes {{ {TODO} }} pageInfo {{ hasNextPage endCursor }} }} }}"
            ),
            Self::Add => format!(
                r#"mutation {{ createTodo(input: {{todo: {{task: "One more of mine"}}}}) {{ todo {{ {TODO} }} }} }}"#
            ),
        }
    }

    /// How many todos an answer must have.
    pub fn todos(self) -> u64 {
        match self {
            Self::Read => super::database::TODOS_EACH,
            Self::Add => 1,
        }
    }

    /// The statement that the service sends, with pgbench's variables for its parameters.
    pub fn statement(self) -> String {
        match self {
            Self::Read => {
                let arguments = Arguments { first: Some(50), ..Arguments::default() };
                let list = List::new(&arguments, None, None)
                    .unwrap_or_else(|_| unreachable!("fifty may be asked for"));
                // The columns that the query asks for, and those of the cursor.
                let columns = [Column::Id, Column::Task, Column::IsComplete, Column::InsertedAt];
                let page = list.select_all().select_only().columns(columns);
                page.build(DbBackend::Postgres).sql.replace("$1", ":limit")
            }
            Self::Add => ADD_TODOS.replace("$1", ":new"),
        }
    }

    /// The statement that says whose the transaction is: role, claims and signature are its parameters.
    pub fn claim(self) -> &'static str {
        match self {
            Self::Read => prologue(Access::Read),
            Self::Add => prologue(Access::Write),
        }
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "todos(first: 50), 20 rows",
            Self::Add => "addTodo",
        })
    }
}
