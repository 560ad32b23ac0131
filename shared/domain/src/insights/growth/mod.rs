//! Reports about growth and about what to do.

pub mod mentions;
pub mod recommendations;
