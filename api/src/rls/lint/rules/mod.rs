//! The rules, by what they look at.

mod function;
mod grant;
mod key;
mod login;
mod owner;
mod policy;
mod relation;
mod server;

use super::Rule;

pub use self::server::SERVER_WITH_LEAKS;

/// All of them, in the order in which `docs/rls-lint.md` lists them.
pub const RULES: &[&Rule] = &[
    &login::SUPERUSER,
    &login::BYPASSES_RLS,
    &login::OWNS_TABLE,
    &login::IS_NO_MEMBER,
    &login::STARTS_AS_ANOTHER,
    &relation::WITHOUT_RLS,
    &relation::WITHOUT_FORCE,
    &relation::VIEW_OF_OWNER,
    &relation::MATERIALIZED_VIEW,
    &relation::FOREIGN_TABLE,
    &policy::TRUE_FOR_CHANGES,
    &policy::TRUE_FOR_READING,
    &policy::FOR_PUBLIC,
    &policy::UPDATE_WITHOUT_CHECK,
    &policy::NOT_INITPLAN,
    &policy::WITHOUT_INDEX,
    &grant::BEYOND_ROWS,
    &grant::OWNER_COLUMN,
    &grant::TO_PUBLIC,
    &owner::NULLABLE,
    &owner::WITHOUT_DEFAULT,
    &key::CHOOSABLE,
    &key::UNIQUE_ACROSS_USERS,
    &key::REFERENCE_ACROSS_USERS,
    &function::DEFINER_WITHOUT_SEARCH_PATH,
    &function::DEFINER,
    &function::WITHOUT_SEARCH_PATH,
    &SERVER_WITH_LEAKS,
];
