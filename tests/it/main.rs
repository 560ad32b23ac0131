//! Hark as its callers and its operators see it, on the local stack. See `tests/README.md`.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::string_slice,
    clippy::float_cmp,
    clippy::type_complexity,
    clippy::similar_names,
    clippy::needless_pass_by_value,
    clippy::cloned_ref_to_slice_refs,
    clippy::duration_suboptimal_units,
    reason = "a test may stumble: its numbers are small and its texts are its own"
)]

#[cfg(test)]
mod audits;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod context;
#[cfg(test)]
mod coverage;
#[cfg(test)]
mod erasure;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod insights;
#[cfg(test)]
mod interviews;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod opencx;
#[cfg(test)]
mod paging;
#[cfg(test)]
mod pipeline;
#[cfg(test)]
mod reanalysis;
#[cfg(test)]
mod resilience;
#[cfg(test)]
mod seeds;
#[cfg(test)]
mod webhooks;
