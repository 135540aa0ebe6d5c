/**
 * A unit test starts no process and opens no socket: those that do belong into a file
 * `*.process.test.ts`, which `npm run test:unit` leaves out. This file, which vitest runs before each
 * file of unit tests, makes every attempt an error.
 */
import childProcess from "node:child_process";
import dgram from "node:dgram";
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";

function refuse(what: string): () => never {
  return () => {
    throw new Error(`A unit test ${what}: it belongs into a file *.process.test.ts`);
  };
}

const starts = refuse("starts a process");
for (const name of ["exec", "execFile", "execFileSync", "execSync", "fork", "spawn", "spawnSync"]) {
  Object.defineProperty(childProcess, name, { value: starts });
}
net.Server.prototype.listen = refuse("listens on a socket");
net.Socket.prototype.connect = refuse("opens a socket");
Object.defineProperty(dgram, "createSocket", { value: refuse("opens a socket") });
syncBuiltinESMExports();
