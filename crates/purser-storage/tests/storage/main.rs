//! The storage through its public face, on an SQLite file always, and on PostgreSQL if
//! `PURSER_TEST_POSTGRES` names a server (`cargo xtask postgres` starts one).

mod alone;
mod claims;
mod constraints;
mod database;
mod evidence;
mod history;
mod leases;
mod payments;
mod plans;
mod records;
mod reservations;
mod round_trips;
mod scopes;
mod transactions;
mod world;
