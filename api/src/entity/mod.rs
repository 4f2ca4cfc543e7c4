//! SeaORM entities, one a table.

pub mod todo;
