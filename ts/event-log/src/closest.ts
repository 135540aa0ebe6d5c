/**
 * Which names a user may have meant. An entry of its own, `@trust-quorum/event-log/closest`: who only
 * asks this loads nothing else of the package.
 */

/**
 * The names most like a word, the likest first, at most three: none is further than two edits or a third
 * of its length away. Upper and lower case count as the same.
 *
 * @example
 * import { closestNames } from "@trust-quorum/event-log/closest";
 *
 * closestNames("comits", ["commits", "shares"]); // => ["commits"]
 */
export function closestNames(word: string, names: readonly string[]): string[] {
  const lower = word.toLowerCase();
  return names
    .map((name) => ({ name, distance: editDistance(lower, name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= Math.max(2, name.length / 3))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => name);
}

/** Levenshtein's distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
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
