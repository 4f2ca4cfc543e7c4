//! What SeaORM's documentation shows, on a transaction of pg-scope.

mod bakery;
mod nested;
mod queries;
mod session;
mod types;
