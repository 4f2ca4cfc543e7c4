//! One file a recipe: what the FDI asks of it, and how it is answered.

pub mod dashboard;
pub mod emailpassword;
pub mod emailverification;
pub mod form;
pub mod multitenancy;
pub mod openid;
pub mod password_reset;
pub mod session;
pub mod thirdparty;
pub mod userroles;
