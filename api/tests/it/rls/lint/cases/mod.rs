//! Broken schemas, and what the lint finds in each.

mod access;
mod columns;
mod objects;

pub use self::{
    access::{GRANTS, POLICIES, RELATIONS},
    columns::{COLUMNS, KEYS},
    objects::{FUNCTIONS, OBJECTS},
};

/// A table without a fault, before its policies.
pub const NOTES: &str = "
    create table notes (
        id bigint generated always as identity primary key,
        user_id text not null default auth.user_id(),
        title text
    );
    create index on notes (user_id, id);
    alter table notes enable row level security;
    alter table notes force row level security;
    grant select, delete, insert (title), update (title) on notes to authenticated;";

pub const OWN: &str = "(select auth.user_id()) = user_id";

/// Statements after [`NOTES`], and what is found then: rules and objects.
pub type Case = (&'static str, &'static [(&'static str, &'static str)]);
