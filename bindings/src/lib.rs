//! The N-API layer of trust-quorum: conversion only, no logic, and no API of its own. It belongs to
//! the adapters in `ts/core/src/crypto/native.ts` and, for the `host` functions, `ts/daemon/src/host`,
//! which check what callers pass in.
//!
//! # Rules
//!
//! - One crossing for each step of the protocol, however many shares it has.
//! - Byte strings are flat, and results go into buffers that JavaScript made, so that it decides where
//!   secrets lie and when they are zeroed. An output buffer never shares memory with another argument.
//!   Only long results lie in memory from here, which JavaScript is lent once they are complete.
//! - Rack secrets stay here, behind handles, and are zeroed when the handle is disposed of or collected.
//! - Whatever computes with a secret does so in `with_stack_overwritten`, which leaves nothing on the stack.
//! - An error has the stable code of `ts/core/src/base/errors.ts` as its `code`, and its details as JSON
//!   as its `message`. A code that does not begin with `ERR_TQ_` is a programming error.
//! - A panic becomes an exception.

mod buffers;
mod chunked;
mod failure;
mod fast_path;
mod handles;
mod host;
mod pages;
mod sharing;
mod stack;

pub use crate::chunked::{CombineChunk, LongResult, SplitChunk};
pub use crate::fast_path::{FastCalls, fast_calls};
pub use crate::handles::{
    NativeRackSecret, NativeRackSecrets, import_secrets, is_secret_memory_locked,
    open_lrtq_spare_shares, recover, recover_lrtq, seal,
};
pub use crate::host::{
    HostAnswer, HostPeer, host_end_within, host_forbid_core_dumps, host_lock, host_notify,
    host_peer,
};
pub use crate::sharing::{compute_share, create_shares, sha3_256, share_at};
