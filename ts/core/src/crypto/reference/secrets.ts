/**
 * Handles of rack secrets. The bytes are in buffers that only this module can reach. They are zeroed when a
 * handle is disposed of or, if it never was, after it was garbage-collected.
 */
import { TrustQuorumError } from "../../base/errors.ts";
import type { Epoch } from "../../base/id-types.ts";
import type { RackSecret, RackSecrets } from "../../protocol/crypto.ts";
import { isObject } from "../../base/arguments.ts";
import { refuse } from "../arguments.ts";
import { lend, SecretHandle } from "../handle.ts";
import { copyOf, wipe } from "../memory.ts";
import { equalInConstantTime } from "./compare.ts";

// Garbage collection may come late or never: this is a safety net and no substitute for `dispose`.
const undisposed = new FinalizationRegistry<readonly Uint8Array[]>((buffers) => {
  for (const bytes of buffers) wipe(bytes);
});

/** A {@link RackSecret} in a private buffer, which `dispose` zeroes. */
export class ReferenceRackSecret extends SecretHandle implements RackSecret {
  readonly #bytes: Uint8Array;
  #disposed = false;

  /** Takes ownership of these 32 bytes: the caller must not keep them. */
  constructor(bytes: Uint8Array) {
    super();
    this.#bytes = bytes;
    undisposed.register(this, [bytes], this);
  }

  protected get label(): string {
    return "RackSecret";
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  expose<T>(use: (bytes: Uint8Array) => T): T {
    this.#checkUsable();
    if (typeof use !== "function") refuse("use", "is not a function");
    return lend(copyOf(this.#bytes), use);
  }

  equals(other: RackSecret): boolean {
    this.#checkUsable();
    if (!isObject(other) || !(#bytes in other)) {
      refuse("other", "is not a rack secret of this backend");
    }
    other.#checkUsable();
    return equalInConstantTime(this.#bytes, other.#bytes);
  }

  dispose(): void {
    this.#disposed = true;
    wipe(this.#bytes);
    undisposed.unregister(this);
  }

  #checkUsable(): void {
    if (this.#disposed) throw new TrustQuorumError("ERR_TQ_SECRET_DISPOSED", {});
  }
}

// Gives `secretBytes` below access to a private field.
let bytesByEpoch: (secrets: object) => ReadonlyMap<Epoch, Uint8Array> | undefined;

/** {@link RackSecrets} in private buffers, which `dispose` zeroes. */
export class ReferenceRackSecrets extends SecretHandle implements RackSecrets {
  readonly #secrets: ReadonlyMap<Epoch, Uint8Array>;
  readonly #epochs: readonly Epoch[];
  #disposed = false;

  static {
    bytesByEpoch = (secrets) => {
      if (!(#secrets in secrets)) return undefined;
      secrets.#checkUsable();
      return secrets.#secrets;
    };
  }

  /** Takes ownership of these secrets of 32 bytes, by ascending epoch: the caller must not keep them. */
  constructor(secrets: ReadonlyMap<Epoch, Uint8Array>) {
    super();
    this.#secrets = secrets;
    this.#epochs = Object.freeze([...secrets.keys()]);
    undisposed.register(this, [...secrets.values()], this);
  }

  protected get label(): string {
    return "RackSecrets";
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  get epochs(): readonly Epoch[] {
    this.#checkUsable();
    return this.#epochs;
  }

  secret(epoch: Epoch): RackSecret | undefined {
    this.#checkUsable();
    const bytes = this.#secrets.get(epoch);
    return bytes && new ReferenceRackSecret(copyOf(bytes));
  }

  dispose(): void {
    this.#disposed = true;
    for (const bytes of this.#secrets.values()) wipe(bytes);
    undisposed.unregister(this);
  }

  #checkUsable(): void {
    if (this.#disposed) throw new TrustQuorumError("ERR_TQ_SECRET_DISPOSED", {});
  }
}

/**
 * The bytes behind a handle, by ascending epoch. For the backend's computations only: they are not copies and
 * must not be kept or changed.
 *
 * @throws TrustQuorumError `ERR_TQ_INVALID_ARGUMENT` (a handle of another backend),
 * `ERR_TQ_SECRET_DISPOSED`
 */
export function secretBytes(argument: string, secrets: unknown): ReadonlyMap<Epoch, Uint8Array> {
  const bytes = isObject(secrets) ? bytesByEpoch(secrets) : undefined;
  if (bytes === undefined) {
    refuse(argument, "is not a set of rack secrets of this backend");
  }
  return bytes;
}
