/**
 * Metrics in OpenMetrics' format (1.0.0), made from Prometheus' text. The library would do that too, but it
 * renames its counters for good on the way, so that the next scrape in Prometheus' format has other names.
 */

/** The same metrics in the other format. */
export function openMetricsText(text: string): string {
  const lines = text.split("\n").filter((line) => line !== "");
  const counters = new Set(
    lines.flatMap((line) => /^# TYPE (\S+)_total counter$/.exec(line)?.[1] ?? []),
  );
  return `${[...lines.map((line) => convert(line, counters)), "# EOF"].join("\n")}\n`;
}

function convert(line: string, counters: ReadonlySet<string>): string {
  const comment = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line);
  if (comment === null) return sample(line);
  const [, kind = "", name = "", rest = ""] = comment;
  // A family of counters has the name without what each sample of it ends with.
  const family = name.replace(/_total$/, "");
  const shown = counters.has(family) ? family : name;
  return `# ${kind} ${shown} ${kind === "HELP" ? rest.replaceAll('"', '\\"') : rest}`;
}

/** Numbers have one way to be written: the bounds of buckets are floats, and what is no number is "NaN". */
function sample(line: string): string {
  return line.replace(/([{,](?:le|quantile)=")(\d+)"/, '$1$2.0"').replace(/ Nan$/, " NaN");
}
