mod contract;
mod dashboard;
mod keys;
mod requests;
mod sessions;
mod users;
