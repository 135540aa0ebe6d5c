/** The recorded answers of the cryptography of one call, as a replay takes them. */
import type { LogCrypto } from "@trust-quorum/event-log";
import { TrustQuorumError } from "trust-quorum";

type Entry<Op extends LogCrypto["op"]> = Extract<LogCrypto, { op: Op }>;

/** A replayed node asked its cryptography for something that the log does not have. */
export class UnrecordedDraw extends Error {
  override readonly name = "UnrecordedDraw";
}

/** Hands out the recorded answers in their order. */
export class CryptoSource {
  #entries: readonly LogCrypto[] = [];
  #next = 0;
  #problem: string | null = null;

  /** The answers of the next call. */
  begin(entries: readonly LogCrypto[]): void {
    this.#entries = entries;
    this.#next = 0;
    this.#problem = null;
  }

  /** What the call asked for beyond the recording, or did not ask for, in words. */
  end(): string | null {
    if (this.#problem !== null) return this.#problem;
    const left = this.#entries.slice(this.#next).map(({ op }) => op);
    return left.length === 0 ? null : `did not ask for ${left.join(" and ")}`;
  }

  /**
   * The next recorded answer, which must be of this kind.
   *
   * @throws the recorded failure, or {@link UnrecordedDraw}
   */
  take<Op extends LogCrypto["op"]>(op: Op): Entry<Op> {
    const entry = this.skip(op);
    if (entry.error !== undefined) throw new TrustQuorumError(entry.error, {});
    return entry;
  }

  /** Like {@link take}, but does not raise a recorded failure. */
  skip<Op extends LogCrypto["op"]>(op: Op): Entry<Op> {
    const entry = this.#entries[this.#next];
    if (entry?.op !== op)
      this.#fault(`asked for ${op}, where the log has ${entry?.op ?? "nothing"}`);
    this.#next += 1;
    return entry as Entry<Op>;
  }

  /** A part of an answer that must be there. */
  part<T>(op: string, part: T | undefined): T {
    if (part === undefined) this.#fault(`asked for ${op}, which the log has only in part`);
    return part;
  }

  #fault(problem: string): never {
    this.#problem ??= problem;
    throw new UnrecordedDraw(problem);
  }
}
