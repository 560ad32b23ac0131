//! How good the analysis is, measured over labelled data: the table of `quality.md`, its peers, and the training of every shipped weight.
//!
//! A row is one file in [`rows`] and one line in [`rows::ROWS`]. Nothing here ships in a Lambda.

#![expect(clippy::cast_precision_loss, reason = "counts here stay far below 2^52")]
#![expect(clippy::indexing_slicing, reason = "a program over data sets: an index out of range is a bug to stop at")]

pub mod data;
pub mod dialogues;
pub mod fit;
pub mod random;
pub mod rows;
pub mod scores;
pub mod table;
pub mod train;
