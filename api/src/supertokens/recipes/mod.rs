//! One file a recipe: what the FDI asks of it, and how it is answered.

pub mod emailpassword;
pub mod form;
pub mod openid;
pub mod session;
