/**
 * Writes the tables of docs/operators/metrics.md from the daemon's own registry: `npm run metrics`. A
 * test fails where the document is not what this makes.
 */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";
import { toSnake } from "../ts/sled-host/src/config/keys.ts";
import { MESH_EVENTS } from "../ts/daemon/src/mesh/counters.ts";
import { createMetrics } from "../ts/daemon/src/sled/metrics.ts";

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** The document's file. */
export const METRICS_MD = path.join(ROOT, "docs/operators/metrics.md");

const BEGIN = "<!-- begin of the tables, written by `npm run metrics` -->";
const END = "<!-- end of the tables -->";

/** The document with the table as it should be. */
export async function metricsDocument(): Promise<string> {
  const text = readFileSync(METRICS_MD, "utf8");
  const [before, rest] = split(text, BEGIN);
  const [, after] = split(rest, END);
  const document = `${before}${BEGIN}\n\n${table()}\n\n${events()}\n\n${END}${after}`;
  const options = await resolveConfig(METRICS_MD);
  return format(document, { ...options, parser: "markdown" });
}

function table(): string {
  const { registry } = createMetrics(() => Promise.reject(new Error("nothing is measured here")));
  const rows = registry
    .getMetricsAsArray()
    .filter(({ name }) => name.startsWith("trust_quorum_"))
    .map((metric) => {
      const { labelNames = [] } = metric as { labelNames?: readonly string[] };
      const labels = labelNames.map((label) => `\`${label}\``).join(", ");
      const kind = metric.constructor.name.toLowerCase();
      return `| \`${metric.name}\` | ${kind} | ${labels} | ${metric.help.replaceAll("|", "\\|")} |`;
    });
  registry.clear();
  return ["| Name | Type | Labels | Meaning |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

/** What the label `event` can be. */
function events(): string {
  const rows = Object.entries(MESH_EVENTS).map(
    ([name, text]) => `| \`${toSnake(name)}\` | ${text} |`,
  );
  return [
    "Values of `event` in `trust_quorum_transport_events_total`; what each `reason` in",
    "`trust_quorum_transport_refused_total` means is in [network.md](network.md).",
    "",
    "| Event | What is counted |",
    "| --- | --- |",
    ...rows,
  ].join("\n");
}

function split(text: string, marker: string): [string, string] {
  const at = text.indexOf(marker);
  if (at < 0) throw new Error(`${METRICS_MD} has no line "${marker}"`);
  return [text.slice(0, at), text.slice(at + marker.length)];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(METRICS_MD, await metricsDocument());
}
