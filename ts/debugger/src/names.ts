/** How sleds are called by people: by as little of their id as is unambiguous. */
import type { BaseboardId } from "trust-quorum";
import { UsageError } from "./usage.ts";

/** The sleds of a log, under short names. */
export class Names {
  readonly #short = new Map<string, string>();
  readonly #ids: readonly BaseboardId[];

  constructor(ids: Iterable<BaseboardId>) {
    this.#ids = [...new Set(ids)];
    const serials = new Map<string, number>();
    for (const id of this.#ids) serials.set(serial(id), (serials.get(serial(id)) ?? 0) + 1);
    for (const id of this.#ids)
      this.#short.set(id, serials.get(serial(id)) === 1 ? serial(id) : id);
  }

  /** All ids. */
  get ids(): readonly BaseboardId[] {
    return this.#ids;
  }

  /** The serial number where it is unique in the log, else the whole id. */
  short(id: string): string {
    return this.#short.get(id) ?? id;
  }

  /** A list of short names, or how many there are where it would be long. */
  list(ids: readonly string[], max = 6): string {
    if (ids.length === 0) return "none";
    const shown = ids.slice(0, max).map((id) => this.short(id));
    const more = ids.length - shown.length;
    return more > 0 ? `${shown.join(", ")} and ${more} more` : shown.join(", ");
  }

  /**
   * The sled that a user means: its id, its serial number, or an end of either that no other sled has.
   *
   * @throws UsageError with suggestions
   */
  resolve(text: string): BaseboardId {
    const wanted = text.toUpperCase();
    const exact = this.#ids.filter((id) => id === text || serial(id).toUpperCase() === wanted);
    const [first] = exact;
    if (first !== undefined && exact.length === 1) return first;
    const ending = this.#ids.filter((id) => id.toUpperCase().endsWith(wanted));
    const [only] = ending;
    if (only !== undefined && ending.length === 1) return only;
    if (ending.length > 1) {
      throw new UsageError(`${quoted(text)} may be ${this.list(ending)}: write more of it`);
    }
    const known = closest(
      text,
      this.#ids.map((id) => this.short(id)),
    );
    const hint =
      known.length > 0 ? `did you mean ${known.join(" or ")}?` : `it has ${this.list(this.#ids)}`;
    throw new UsageError(`the log has no sled ${quoted(text)}; ${hint}`);
  }
}

/** The words most like the given one, at most three. */
export function closest(word: string, candidates: readonly string[]): string[] {
  const lower = word.toLowerCase();
  return candidates
    .map((candidate) => ({ candidate, distance: distance(lower, candidate.toLowerCase()) }))
    .filter(({ candidate, distance: d }) => d <= Math.max(2, candidate.length / 3))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** A user's word in a message: short, and without control characters. */
export function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}

function serial(id: string): string {
  return id.slice(id.indexOf(":") + 1);
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
