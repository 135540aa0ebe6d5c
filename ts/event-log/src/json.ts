/** Comparing JSON values and showing them in messages. */

/** Whether two JSON values are equal; a field that is undefined counts as absent. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((one, i) => sameJson(one, b[i]));
  }
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  for (const key of Object.keys(left)) if (!sameJson(left[key], right[key])) return false;
  return Object.keys(right).every((key) => right[key] === undefined || left[key] !== undefined);
}

const SECRET_FIELDS = new Set(["y", "shares"]);
const SHOWN_MAX = 2000;

/** A value as text for a report: shortened, and without the secrets of a log that holds them. */
export function shownJson(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value, (key, inner: unknown) =>
    SECRET_FIELDS.has(key) && typeof inner === "string" ? "(secret)" : inner,
  );
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}
