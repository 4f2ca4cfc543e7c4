//! The rules, by what they look at.

mod function;
mod grant;
mod key;
mod login;
mod object;
mod owner;
mod policy;
mod relation;
mod server;
mod setting;

use super::Rule;

pub use self::{object::CREATE_IN_PUBLIC, server::SERVER_WITH_LEAKS};

/// All of them, in the order in which `docs/rls-lint.md` lists them.
pub const RULES: &[&Rule] = &[
    &login::SUPERUSER,
    &login::BYPASSES_RLS,
    &login::CREATES_ROLES,
    &login::REPLICATES,
    &login::HAS_PREDEFINED_ROLE,
    &login::ADMINISTERS_ROLE,
    &login::OWNS_TABLE,
    &login::OWNS_OBJECT,
    &login::IS_NO_MEMBER,
    &login::STARTS_AS_ANOTHER,
    &setting::BECOMES_ANOTHER,
    &setting::CLAIMS,
    &setting::SEARCH_PATH,
    &setting::DANGEROUS_PARAMETER,
    &setting::PARAMETER,
    &relation::WITHOUT_RLS,
    &relation::WITHOUT_FORCE,
    &relation::VIEW_OF_OWNER,
    &relation::MATERIALIZED_VIEW,
    &relation::FOREIGN_TABLE,
    &policy::TRUE_FOR_CHANGES,
    &policy::TRUE_FOR_READING,
    &policy::NOT_OWN_ROWS,
    &policy::UNSIGNED_CLAIMS,
    &policy::SEVERAL,
    &policy::FOR_PUBLIC,
    &policy::UPDATE_WITHOUT_CHECK,
    &policy::NOT_INITPLAN,
    &policy::WITHOUT_INDEX,
    &grant::BEYOND_ROWS,
    &grant::OWNER_COLUMN,
    &grant::TO_PUBLIC,
    &grant::SEQUENCE,
    &grant::SYSTEM,
    &owner::NULLABLE,
    &owner::WITHOUT_DEFAULT,
    &key::CHOOSABLE,
    &key::UNIQUE_ACROSS_USERS,
    &key::REFERENCE_ACROSS_USERS,
    &function::DEFINER_WITHOUT_SEARCH_PATH,
    &function::DEFINER,
    &function::WITHOUT_SEARCH_PATH,
    &function::LEAKPROOF,
    &function::AUTH_REPLACED,
    &function::AUTH_ADDED,
    &object::CREATE,
    &CREATE_IN_PUBLIC,
    &object::DEFAULT_PRIVILEGES,
    &object::REWRITE_RULE,
    &object::FOREIGN_SERVER,
    &SERVER_WITH_LEAKS,
];
