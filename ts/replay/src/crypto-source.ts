/** The recorded results of the cryptography during one call, in the order in which a replay asks for them. */
import type { LogCrypto } from "@trust-quorum/event-log";
import { TrustQuorumError } from "trust-quorum";

type Entry<Op extends LogCrypto["op"]> = Extract<LogCrypto, { op: Op }>;

/** A replayed node called its cryptography in a way that the log does not record. */
export class UnrecordedDraw extends Error {
  override readonly name = "UnrecordedDraw";
}

/** Returns the recorded results one after the other. */
export class CryptoSource {
  #entries: readonly LogCrypto[] = [];
  #next = 0;
  #problem: string | null = null;

  /** Sets the results of the next call. */
  begin(entries: readonly LogCrypto[]): void {
    this.#entries = entries;
    this.#next = 0;
    this.#problem = null;
  }

  /** How the calls of the cryptography differed from the recorded ones, in words; null where they did not. */
  end(): string | null {
    if (this.#problem !== null) return this.#problem;
    const left = this.#entries.slice(this.#next).map(({ op }) => op);
    return left.length === 0 ? null : `did not ask for ${left.join(" and ")}`;
  }

  /**
   * The next recorded result, which must be of this operation.
   *
   * @throws the recorded failure, or {@link UnrecordedDraw}
   */
  take<Op extends LogCrypto["op"]>(op: Op): Entry<Op> {
    const entry = this.skip(op);
    if (entry.error !== undefined) throw new TrustQuorumError(entry.error, {});
    return entry;
  }

  /** Like {@link take}, but does not throw a recorded error. */
  skip<Op extends LogCrypto["op"]>(op: Op): Entry<Op> {
    const entry = this.#entries[this.#next];
    if (entry?.op !== op)
      this.#fault(`asked for ${op}, where the log has ${entry?.op ?? "nothing"}`);
    this.#next += 1;
    return entry as Entry<Op>;
  }

  /** A part of a result, which must be present. */
  part<T>(op: string, part: T | undefined): T {
    if (part === undefined) this.#fault(`asked for ${op}, which the log has only in part`);
    return part;
  }

  #fault(problem: string): never {
    this.#problem ??= problem;
    throw new UnrecordedDraw(problem);
  }
}
