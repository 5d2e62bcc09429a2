//! 远教站: a lightweight video server for remote-education stations.

pub mod clock;
pub mod credit;
pub mod keys;
pub mod ledger;
pub mod store;
pub mod types;
pub mod viewing;
