//! The store against a `DynamoDB` emulator in this process (dynoxide: SQLite behind `DynamoDB`'s protocol), through the real SDK.

mod blocks;
mod conversations;
mod gate;
mod tasks;
mod tenants;
mod world;
