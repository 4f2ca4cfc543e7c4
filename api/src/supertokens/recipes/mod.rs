//! One file a recipe: what the FDI asks of it, and how it is answered.

pub mod emailpassword;
pub mod form;
pub mod multitenancy;
pub mod openid;
pub mod session;
pub mod thirdparty;
