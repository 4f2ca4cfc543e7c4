//! The sign-in side: the recorded FDI, tokens, keys, cookies, sessions, and what bad input gets.

mod contract;
