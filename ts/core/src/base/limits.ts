/** Limits that more than one layer has to keep. */

/**
 * The most bytes a ledger may have: 64 MiB, room for thousands of configurations of 32 sleds. A
 * larger file is refused before anything of it is read.
 */
export const LEDGER_BYTES_MAX = 64 * 1024 * 1024;
