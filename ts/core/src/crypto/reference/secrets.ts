/**
 * Handles of rack secrets. The bytes are in buffers that only this module can reach, and are zeroed
 * when a handle is disposed of, or collected without having been.
 */
import { TrustQuorumError } from "../../base/errors.ts";
import type { Epoch } from "../../base/ids.ts";
import type { RackSecret, RackSecrets } from "../../protocol/crypto.ts";
import { isObject, refuse } from "../arguments.ts";
import { lend, SecretHandle } from "../handle.ts";
import { copyOf, wipe } from "../memory.ts";
import { equalInConstantTime } from "./compare.ts";

// Collection comes late or never; this is for handles that were forgotten, not a way to free them.
const forgotten = new FinalizationRegistry<readonly Uint8Array[]>((buffers) => {
  for (const bytes of buffers) wipe(bytes);
});

/** A rack secret in a private buffer; see {@link RackSecret}. */
export class ReferenceRackSecret extends SecretHandle implements RackSecret {
  readonly #bytes: Uint8Array;
  #disposed = false;

  /** Takes over these 32 bytes: nobody else may keep them. */
  constructor(bytes: Uint8Array) {
    super();
    this.#bytes = bytes;
    forgotten.register(this, [bytes], this);
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
    forgotten.unregister(this);
  }

  #checkUsable(): void {
    if (this.#disposed) throw new TrustQuorumError("ERR_TQ_SECRET_DISPOSED", {});
  }
}

// A private field is seen inside its class only; this lends it to `secretBytes` below.
let bytesByEpoch: (secrets: object) => ReadonlyMap<Epoch, Uint8Array> | undefined;

/** Rack secrets by epoch in private buffers; see {@link RackSecrets}. */
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

  /** Takes over these secrets of 32 bytes, by ascending epoch: nobody else may keep them. */
  constructor(secrets: ReadonlyMap<Epoch, Uint8Array>) {
    super();
    this.#secrets = secrets;
    this.#epochs = Object.freeze([...secrets.keys()]);
    forgotten.register(this, [...secrets.values()], this);
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
    forgotten.unregister(this);
  }

  #checkUsable(): void {
    if (this.#disposed) throw new TrustQuorumError("ERR_TQ_SECRET_DISPOSED", {});
  }
}

/**
 * The bytes behind a handle, by ascending epoch: not copies, so do not keep or change them. Only for
 * the backend, which computes with them.
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
