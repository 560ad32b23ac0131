//! Hark as its callers and its operators see it, on the local stack. See `tests/README.md`.

#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod coverage;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod insights;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod paging;
#[cfg(test)]
mod pipeline;
#[cfg(test)]
mod resilience;
