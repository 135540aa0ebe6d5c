/** What a daemon holds after a garbage collection, asked of the process itself. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { logLines, waitFor } from "../tqd/rack.ts";
import type { TestRack, TestSled } from "../tqd/rack.ts";

/** Loaded before the daemon: at SIGUSR2 it collects all garbage and says what is left. */
const PROBE = `import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");
process.on("SIGUSR2", async () => {
  // Finalizers of native memory run between collections.
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  process.stdout.write(JSON.stringify({ probe: heapUsed + external }) + "\\n");
});
`;

/** The environment of a daemon that {@link liveBytes} can ask. */
export function probeEnvironment(rack: TestRack): Readonly<Record<string, string>> {
  const file = path.join(rack.folder, "probe.mjs");
  writeFileSync(file, PROBE);
  return { NODE_OPTIONS: `--import=${file}` };
}

/** Bytes of heap and of buffers that are in use after a garbage collection. */
export async function liveBytes(sled: TestSled): Promise<number> {
  const answers = (): number[] =>
    logLines(sled.output).flatMap(({ probe }) => (typeof probe === "number" ? [probe] : []));
  const before = answers().length;
  sled.process?.kill("SIGUSR2");
  await waitFor(`${sled.id} says what it holds`, () => answers().length > before);
  return answers().at(-1) ?? Number.NaN;
}
