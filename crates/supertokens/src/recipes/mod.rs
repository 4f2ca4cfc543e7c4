//! The recipes: a folder each, with its calls to the Core (`cdi`), its routes (`fdi`) and its functions for the server
//! (`server`).

pub mod dashboard;
pub mod emailpassword;
pub mod emailverification;
pub(crate) mod form;
pub(crate) mod multitenancy;
pub(crate) mod openid;
pub mod thirdparty;
pub mod userroles;
