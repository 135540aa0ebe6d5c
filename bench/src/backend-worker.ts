/**
 * `node backend-worker.js native|reference`: a worker process that measures one of this package's
 * backends. A process chooses its kernel once, so that the portable kernel needs a process of its own.
 * So does the reference backend: the engine optimises the protocol's code for the backend that it has
 * seen, and a daemon only ever has one.
 */
import { createInterface } from "node:readline";
import { nativeCrypto, referenceCrypto } from "trust-quorum";
import { CASES, PORTABLE } from "./cases.ts";
import type { Sampler } from "./measure.ts";
import type { Greeting } from "./worker-process.ts";

const crypto = process.argv[2] === "reference" ? referenceCrypto() : nativeCrypto();
const name = crypto.name === "reference" ? crypto.name : PORTABLE;
const cases = CASES.filter(({ own }) => own !== undefined);
const greeting: Greeting = { subjects: cases.map(({ id }) => ({ case: id, subject: name })) };
console.log(JSON.stringify(greeting));

const samplers = new Map<string, Sampler>();
for await (const line of createInterface({ input: process.stdin })) {
  const [id = "", , milliseconds] = line.split("\t");
  const sampler = samplers.get(id) ?? cases.find((one) => one.id === id)?.own?.(crypto);
  if (sampler === undefined) throw new Error(`there is no case ${id}`);
  samplers.set(id, sampler);
  console.log(JSON.stringify({ ns: await sampler(Number(milliseconds)) }));
}
