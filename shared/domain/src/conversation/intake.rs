//! Unchecked input to [`super::Conversation`].
