// Kills the process (-9) at the n-th file operation on the control plane's journal or on the folder of
// its rack: loaded with `--import`, so that the program itself knows nothing of it.
//   TQ_TEST_CRASH_AT   which operation, from 1
//   TQ_TEST_CRASH_HOW  "before" it, or "torn": behind it, a write being only half done
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import path from "node:path";

const at = Number(process.env["TQ_TEST_CRASH_AT"]);
const how = process.env["TQ_TEST_CRASH_HOW"];
const ours = new Set();
let count = 0;

/** Runs an operation; the process is killed instead, behind or amid it where it is the one. */
function operation(run, torn = run) {
  count += 1;
  if (count !== at) return run();
  if (how === "torn") torn();
  process.kill(process.pid, "SIGKILL");
  // The signal is on its way: nothing may happen meanwhile.
  for (;;);
}

function isOurs(file) {
  if (typeof file !== "string") return false;
  return (
    file === process.env["TQ_RACK"] || /[/\\](control-)?plane([/\\]|$)/.test(path.resolve(file))
  );
}

const { openSync, writeSync, fsyncSync, renameSync, ftruncateSync, closeSync } = fs;
fs.openSync = (file, flags, ...rest) => {
  const open = () => openSync(file, flags, ...rest);
  if (!isOurs(file)) return open();
  const descriptor = flags === "r" ? open() : operation(open);
  ours.add(descriptor);
  return descriptor;
};
fs.closeSync = (descriptor) => {
  ours.delete(descriptor);
  return closeSync(descriptor);
};
fs.writeSync = (descriptor, bytes, ...rest) => {
  const write = () => writeSync(descriptor, bytes, ...rest);
  if (!ours.has(descriptor)) return write();
  const half = () => writeSync(descriptor, bytes.subarray(0, Math.ceil(bytes.length / 2)));
  return operation(write, half);
};
fs.fsyncSync = (descriptor) => {
  const sync = () => fsyncSync(descriptor);
  return ours.has(descriptor) ? operation(sync) : sync();
};
fs.ftruncateSync = (descriptor, length) => {
  const cut = () => ftruncateSync(descriptor, length);
  return ours.has(descriptor) ? operation(cut) : cut();
};
fs.renameSync = (from, to) => {
  const rename = () => renameSync(from, to);
  return isOurs(from) ? operation(rename) : rename();
};
syncBuiltinESMExports();
