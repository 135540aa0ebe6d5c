/** Profiles whole reconfigurations and attributes their time to layers. */
import { mkdirSync, writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import type { Profiler } from "node:inspector";
import path from "node:path";
import { BenchRack } from "./rack.ts";
import type { Transport } from "./rack.ts";
import { duration, textTable, times } from "./report/text.ts";
import type { Table } from "./report/text.ts";

/** What time is attributed to. */
export type Layer =
  | "crypto: native code and its adapter"
  | "wire: encoding"
  | "wire: decoding"
  | "protocol: the state machine"
  | "shares and identifiers"
  | "garbage collection"
  | "the benchmark and the engine";

/** Nanoseconds of one reconfiguration, by layer. */
export interface Breakdown {
  readonly transport: Transport;
  readonly reconfigurations: number;
  readonly total: number;
  readonly layers: ReadonlyMap<Layer, number>;
}

const SAMPLING_MICROSECONDS = 100;
/** Reconfigurations of each rack. Racks are made before the profiler starts. */
const RACK_EPOCHS = 10;

/** Profiles both transports and writes `reconfiguration-….cpuprofile` files. Resolves with the report's text. */
export async function profileReconfigurations(options: {
  folder: string;
  quick: boolean;
}): Promise<string> {
  mkdirSync(options.folder, { recursive: true });
  const parts: string[] = [];
  for (const transport of ["frames", "direct"] as const) {
    const { profile, breakdown } = await profileTransport(transport, options.quick ? 20 : 150);
    const file = path.join(options.folder, `reconfiguration-${transport}.cpuprofile`);
    writeFileSync(file, JSON.stringify(profile));
    const how = transport === "frames" ? "every message a frame" : "messages handed over";
    parts.push(
      `reconfiguration of 32 nodes, ${how}: ${duration(breakdown.total)} each with the profiler on`,
      textTable(breakdownTable(breakdown)),
      `  written to ${file}`,
    );
  }
  return parts.join("\n\n");
}

/** A breakdown as a table, the largest part first. */
export function breakdownTable({ layers, total }: Breakdown): Table {
  return {
    head: ["", "per reconfiguration", "%"],
    rows: [...layers]
      .toSorted((a, b) => b[1] - a[1])
      .map(([layer, nanoseconds]) => [
        layer,
        duration(nanoseconds),
        times((100 * nanoseconds) / total),
      ]),
  };
}

/** Profiles the reconfigurations of so many racks. */
export async function profileTransport(
  transport: Transport,
  racks: number,
): Promise<{ profile: Profiler.Profile; breakdown: Breakdown }> {
  const make = () => new BenchRack(32, { transport });
  for (let i = 0; i < 15; i++) run([make()]);
  const made = Array.from({ length: racks }, make);
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: SAMPLING_MICROSECONDS });
  await session.post("Profiler.start");
  run(made);
  const { profile } = await session.post("Profiler.stop");
  session.disconnect();
  return { profile, breakdown: breakDown(profile, transport, racks * RACK_EPOCHS) };
}

function run(racks: readonly BenchRack[]): void {
  for (const rack of racks) {
    for (let i = 0; i < RACK_EPOCHS; i++) rack.reconfigure();
    rack.dispose();
  }
}

function breakDown(
  profile: Profiler.Profile,
  transport: Transport,
  reconfigurations: number,
): Breakdown {
  const parents = new Map<number, number>();
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  for (const { id, children } of profile.nodes) {
    for (const child of children ?? []) parents.set(child, id);
  }
  const layerOf = (id: number | undefined): Layer | undefined => {
    const node = id === undefined ? undefined : nodes.get(id);
    if (id === undefined || node === undefined) return "the benchmark and the engine";
    const { functionName, url } = node.callFrame;
    // Waiting, and the profiler itself: not part of a reconfiguration.
    if (functionName === "(idle)" || functionName === "dispatch") return undefined;
    // The engine's own functions, e.g. copying bytes, count as their caller.
    return layer(functionName, url) ?? layerOf(parents.get(id));
  };
  const layers = new Map<Layer, number>();
  let total = 0;
  profile.samples?.forEach((id, i) => {
    const nanoseconds = ((profile.timeDeltas?.[i] ?? 0) * 1000) / reconfigurations;
    const owner = layerOf(id);
    if (owner === undefined) return;
    layers.set(owner, (layers.get(owner) ?? 0) + nanoseconds);
    total += nanoseconds;
  });
  return { transport, reconfigurations, total, layers };
}

/** The layer of a function of this project; undefined for one of the engine or of Node. */
function layer(functionName: string, url: string): Layer | undefined {
  if (functionName === "(garbage collector)") return "garbage collection";
  const file = /\/core\/dist\/(.*)\.js$/.exec(url)?.[1];
  if (file === undefined) {
    return url.includes("/bench/dist/") ? "the benchmark and the engine" : undefined;
  }
  if (file.startsWith("crypto/")) return "crypto: native code and its adapter";
  if (file === "wire/encode" || file === "wire/cbor-writer") return "wire: encoding";
  if (file.startsWith("wire/")) return "wire: decoding";
  if (file.startsWith("base/")) return "shares and identifiers";
  return "protocol: the state machine";
}
