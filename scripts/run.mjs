// @ts-check
/**
 * `node scripts/run.mjs PROJECT PROGRAM ARGUMENTS…` builds what a program of the workspace needs and
 * runs it, e.g. `ts/demo main --json`. The arguments get through as they are, and a relative path in
 * them means what it meant where npm was called, not the workspace's root.
 */
import path from "node:path";
import { ROOT, buildNative, buildTypeScript, requireDependencies, run } from "./commands.mjs";

const [project, program, ...args] = process.argv.slice(2);
if (project === undefined || program === undefined) {
  console.error("usage: node scripts/run.mjs PROJECT PROGRAM [ARGUMENTS…]");
  process.exit(2);
}
requireDependencies();

process.exitCode = (await buildNative()) || (await buildTypeScript(project));
if (process.exitCode === 0) {
  const file = path.join(ROOT, project, "dist", `${program}.js`);
  const cwd = process.env["INIT_CWD"] ?? process.cwd();
  process.exitCode = (await run([process.execPath, file, ...args], { cwd, input: true })).code;
}
