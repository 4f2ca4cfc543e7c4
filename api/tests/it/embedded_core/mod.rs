mod contract;
mod keys;
mod requests;
mod sessions;
mod users;
