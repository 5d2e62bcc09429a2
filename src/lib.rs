//! 远教站: a lightweight video server for remote-education stations.

pub mod clock;
pub mod types;
