/**
 * The plot of a report: an SVG for light and dark pages. `docs/decisions/bench-plot.md` says why no
 * library draws it.
 */
import type { Side } from "../measure.ts";
import type { Report } from "../run.ts";
import type { Scale } from "../scaling.ts";
import { fastest } from "../targets.ts";
import type { CaseResult } from "../targets.ts";
import { duration, times } from "./text.ts";

/** The label of each side in the legend, and its colours on light and dark pages. */
const SIDES: Readonly<Record<Side, { label: string; light: string; dark: string }>> = {
  native: { label: "native", light: "#0550ae", dark: "#58a6ff" },
  portable: { label: "native, portable kernel", light: "#7db3ec", dark: "#1f5fa8" },
  reference: { label: "reference (TypeScript)", light: "#8250df", dark: "#bc8cff" },
  npm: { label: "npm peers", light: "#cf222e", dark: "#ff7b72" },
  rust: { label: "Rust peers", light: "#bf8700", dark: "#e3b341" },
  "rust-own": { label: "own crates, without Node", light: "#1a7f37", dark: "#3fb950" },
  node: { label: "node:crypto", light: "#6e7781", dark: "#8b949e" },
};

/** The cases in the plot, in order. */
const PLOTTED: readonly string[] = [
  "split-32-17",
  "combine-17",
  "split-5-3",
  "combine-3",
  "split-large",
  "combine-large",
  "configuration",
  "load-path",
  "reconfiguration-32",
];

const WIDTH = 900;
const LEFT = 220;
const RIGHT = 190;
const ROW = 34;
const TOP = 92;
const LINES = 230;

/** Draws the report. All sizes are in the SVG's user units. */
export function plot(report: Report): string {
  const cases = PLOTTED.flatMap((id) => report.cases.filter((one) => one.id === id));
  const bottom = TOP + cases.length * ROW;
  const height = bottom + 50 + (report.scaling === null ? 0 : LINES + 30);
  const body = [legend(), comparison(cases, bottom)];
  if (report.scaling !== null) {
    const top = bottom + 70;
    const { members, epochs } = report.scaling;
    body.push(
      lines(members, { x: 70, y: top, title: "reconfiguration by members", unit: "member" }),
      lines(epochs, { x: 510, y: top, title: "32 members, by past epochs", unit: "past epoch" }),
    );
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Time of one call by implementation, on a logarithmic scale, and the time of a reconfiguration by its size">
<style>${style()}</style>
${body.join("\n")}
</svg>
`;
}

function style(): string {
  const sides = (theme: "light" | "dark") =>
    Object.entries(SIDES)
      .map(([side, colours]) => `.${side}{fill:${colours[theme]}}`)
      .join("");
  return (
    "text{font:13px system-ui,sans-serif;fill:#1f2328}.muted{fill:#59636e;font-size:12px}" +
    ".title{font-weight:600}.end{text-anchor:end}.mid{text-anchor:middle}" +
    ".grid{stroke:#d1d9e0;stroke-width:1}.range{stroke:#afb8c1;stroke-width:2}" +
    ".line{fill:none;stroke:#0550ae;stroke-width:2}.fit{stroke:#59636e;stroke-dasharray:4 4}" +
    sides("light") +
    "@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.muted{fill:#9198a1}" +
    `.grid{stroke:#3d444d}.range{stroke:#656c76}.line{stroke:#58a6ff}.fit{stroke:#9198a1}${sides("dark")}}`
  );
}

function legend(): string {
  const columns = 4;
  const items = Object.entries(SIDES).map(([side, { label }], i) => {
    const x = 20 + (i % columns) * 215;
    const y = 24 + Math.floor(i / columns) * 22;
    return `<circle class="${side}" cx="${x}" cy="${y}" r="6"/><text x="${x + 12}" y="${y + 4}">${label}</text>`;
  });
  return items.join("\n");
}

/** One row for each case and one dot for each subject, on a logarithmic axis of time. */
function comparison(cases: readonly CaseResult[], bottom: number): string {
  const all = cases.flatMap(({ subjects }) => subjects.map(({ median }) => median));
  if (all.length === 0) return "";
  const [least, most] = [Math.log10(Math.min(...all)), Math.log10(Math.max(...all))];
  const [from, to] = [Math.floor(least), Math.max(Math.ceil(most), Math.floor(least) + 1)];
  const x = (nanoseconds: number) =>
    LEFT + ((Math.log10(nanoseconds) - from) / (to - from)) * (WIDTH - LEFT - RIGHT);
  const parts: string[] = [];
  for (let power = from; power <= to; power++) {
    const at = fixed(x(10 ** power));
    parts.push(
      `<line class="grid" x1="${at}" y1="${TOP - 14}" x2="${at}" y2="${bottom}"/>`,
      `<text class="muted mid" x="${at}" y="${bottom + 18}">${tick(10 ** power)}</text>`,
    );
  }
  parts.push(
    `<text class="muted end" x="${WIDTH - 10}" y="${TOP - 14}">native to fastest</text>`,
    ...cases.map((one, i) => row(one, TOP + i * ROW + ROW / 2, x)),
  );
  return parts.join("\n");
}

function row(one: CaseResult, y: number, x: (nanoseconds: number) => number): string {
  const xs = one.subjects.map(({ median }) => x(median));
  const [name = "", rest = ""] = one.title.split(": ");
  const title = name === "reconfiguration" ? `${name}, ${rest.split(",")[0] ?? ""}` : name;
  const parts = [
    `<text class="end" x="${LEFT - 16}" y="${y + 4}">${escape(title)}</text>`,
    `<line class="range" x1="${fixed(Math.min(...xs))}" y1="${y}" x2="${fixed(Math.max(...xs))}" y2="${y}"/>`,
  ];
  // Native is drawn last, on top of dots near it.
  const order = one.subjects.toSorted(
    (a, b) => Number(a.side === "native") - Number(b.side === "native"),
  );
  for (const { name: subject, side, median } of order) {
    parts.push(
      `<circle class="${side}" cx="${fixed(x(median))}" cy="${y}" r="6"><title>${escape(`${subject}: ${duration(median)}`)}</title></circle>`,
    );
  }
  parts.push(`<text class="muted end" x="${WIDTH - 10}" y="${y + 4}">${ratios(one)}</text>`);
  return parts.join("\n");
}

/** The times of the fastest peers as multiples of the native one. */
function ratios(one: CaseResult): string {
  const native = fastest([one], one.id, "native");
  if (native === undefined) return "";
  const texts = (["npm", "rust", "reference"] as const).flatMap((side) => {
    const other = fastest([one], one.id, side);
    const label = side === "rust" ? "Rust" : side === "npm" ? "npm" : "TS";
    return other === undefined ? [] : [`${label} ${times(other.median / native.median)}×`];
  });
  return texts.slice(0, 2).join(", ");
}

/** A chart of one series: points, their quartiles, and the fitted line. */
function lines(
  { points, line }: Scale,
  place: { x: number; y: number; title: string; unit: string },
): string {
  const [width, height] = [330, LINES - 60];
  const most = Math.max(...points.map(({ p75 }) => p75));
  const [left, right] = [points[0]?.x ?? 0, points.at(-1)?.x ?? 1];
  const x = (value: number) => place.x + ((value - left) / (right - left)) * width;
  const y = (microseconds: number) => place.y + height - (microseconds / most) * height;
  const path = points.map((point) => `${fixed(x(point.x))},${fixed(y(point.median))}`).join(" ");
  const fit = [left, right].map((value) => y(line.intercept + line.slope * value));
  const ticks = [0, most / 2, most].map(
    (value) =>
      `<line class="grid" x1="${place.x}" y1="${fixed(y(value))}" x2="${place.x + width}" y2="${fixed(y(value))}"/>` +
      `<text class="muted end" x="${place.x - 6}" y="${fixed(y(value) + 4)}">${value === 0 ? "0" : duration(value * 1000)}</text>`,
  );
  const marks = points.flatMap(({ x: value, median, p25, p75 }) => [
    `<line class="range" x1="${fixed(x(value))}" y1="${fixed(y(p25))}" x2="${fixed(x(value))}" y2="${fixed(y(p75))}"/>`,
    `<circle class="native" cx="${fixed(x(value))}" cy="${fixed(y(median))}" r="3.5"><title>${value}: ${duration(median * 1000)}</title></circle>`,
  ]);
  return [
    `<text class="title" x="${place.x}" y="${place.y - 14}">${place.title}</text>`,
    ...ticks,
    `<line class="fit" x1="${fixed(x(left))}" y1="${fixed(fit[0] ?? 0)}" x2="${fixed(x(right))}" y2="${fixed(fit[1] ?? 0)}"/>`,
    `<polyline class="line" points="${path}"/>`,
    ...marks,
    ...[left, right].map(
      (value) =>
        `<text class="muted mid" x="${fixed(x(value))}" y="${place.y + height + 18}">${value}</text>`,
    ),
    `<text class="muted mid" x="${place.x + width / 2}" y="${place.y + height + 18}">${duration(line.slope * 1000)} for each ${place.unit}</text>`,
  ].join("\n");
}

function tick(nanoseconds: number): string {
  const units = [
    ["ns", 1],
    ["µs", 1e3],
    ["ms", 1e6],
    ["s", 1e9],
  ] as const;
  const [unit, factor] = units.findLast(([, one]) => nanoseconds >= one) ?? units[0];
  return `${nanoseconds / factor} ${unit}`;
}

function fixed(value: number): string {
  return value.toFixed(1);
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
