/**
 * One of this package's backends as a helper: `node backend.js native|reference`. A process keeps its
 * kernel, so that the portable one is measured in a process of its own. The reference has one too: the
 * engine compiles the protocol for what it has seen, and a daemon only ever sees one backend.
 */
import { createInterface } from "node:readline";
import { nativeCrypto, referenceCrypto } from "trust-quorum";
import { CASES, PORTABLE } from "./cases.ts";
import type { Greeting } from "./helper.ts";
import type { Sampler } from "./measure.ts";

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
