/** Which of two formats a client prefers, by its `Accept` (RFC 9110, section 12.5.1). */

/** Whether metrics are wanted in OpenMetrics' format rather than in Prometheus' own, which is the default. */
export function wantsOpenMetrics(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  const ranges = accept.split(",").map(rangeOf);
  return (
    weight(ranges, "application", "openmetrics-text", "1.0.0") >
    weight(ranges, "text", "plain", "0.0.4")
  );
}

interface Range {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

function rangeOf(text: string): Range {
  const [type = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const pairs = parameters.map((parameter): [string, string] => {
    const [name = "", value = ""] = parameter.split("=", 2);
    return [name.trim(), value.trim().replace(/^"(.*)"$/, "$1")];
  });
  return { type, parameters: new Map(pairs) };
}

/** How much a type is wanted, 0 to 1: the range that names it most precisely says so. */
function weight(ranges: readonly Range[], type: string, subtype: string, version: string): number {
  for (const name of [`${type}/${subtype}`, `${type}/*`, "*/*"]) {
    const found = ranges.filter((range) => range.type === name);
    const fitting = found.filter(
      ({ parameters }) => (parameters.get("version") ?? version) === version,
    );
    if (fitting.length > 0) return Math.max(...fitting.map(qualityOf));
    // One that is wanted in another version only is not covered by a range that is less precise.
    if (found.length > 0) return 0;
  }
  return 0;
}

function qualityOf({ parameters }: Range): number {
  const text = parameters.get("q");
  if (text === undefined) return 1;
  return /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(text) ? Number(text) : 0;
}
