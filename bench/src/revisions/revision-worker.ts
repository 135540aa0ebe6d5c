/**
 * `node revision-worker.js ROOT NAME`: a worker process that measures the packages and programs of the
 * revision in a folder. `WorkerProcess` says what it reads and writes. It is this revision's program for
 * all revisions: what is timed is the same code, with another library.
 */
import { createInterface } from "node:readline";
import type { Sampler } from "../measure.ts";
import { oneLine } from "../worker-process.ts";
import type { Greeting } from "../worker-process.ts";
import { loadLibrary } from "./library.ts";
import type { Revision } from "./revision.ts";
import { ROWS } from "./rows.ts";

const [root = "", name = ""] = process.argv.slice(2);
const samplers = new Map<string, Sampler>();

async function start(): Promise<Revision> {
  try {
    return { root, name, library: await loadLibrary(root, name) };
  } catch (error) {
    // The other process shows the last line.
    console.error(oneLine(error));
    process.exit(1);
  }
}

async function sample(revision: Revision, id: string, milliseconds: number): Promise<number> {
  const sampler =
    samplers.get(id) ?? (await ROWS.find((row) => row.id === id)?.revision?.(revision));
  if (sampler === undefined) throw new Error(`there is no case ${id}`);
  samplers.set(id, sampler);
  return sampler(milliseconds);
}

const revision = await start();
const greeting: Greeting = { subjects: ROWS.map(({ id }) => ({ case: id, subject: name })) };
console.log(JSON.stringify(greeting));
for await (const line of createInterface({ input: process.stdin })) {
  const [id = "", , milliseconds] = line.split("\t");
  try {
    console.log(JSON.stringify({ ns: await sample(revision, id, Number(milliseconds)) }));
  } catch (error) {
    console.log(JSON.stringify({ error: oneLine(error) }));
  }
}
