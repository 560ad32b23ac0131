//! Encoding of fact rows for DynamoDB blocks.
