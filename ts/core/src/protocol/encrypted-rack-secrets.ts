/** The sealed secrets of a configuration, as the backends make them. */

/** Prior secrets, encrypted under a newer one: `salt` 32 bytes, `data` = ciphertext and 16-byte tag. */
export interface EncryptedRackSecrets {
  readonly salt: Uint8Array;
  readonly data: Uint8Array;
}
