/** Limits of the API that a command line names without loading its schemas. */

/** The shortest derived key, in bytes. */
export const KEY_BYTES_MIN = 16;
/** The longest derived key, in bytes. */
export const KEY_BYTES_MAX = 64;
/** The length of a derived key where none is asked for, in bytes: that of an AES-256 key. */
export const KEY_BYTES_DEFAULT = 32;
