/** The loader of `@trust-quorum/native`, alone in a folder: what it exports, tries and says. */
import { once } from "node:events";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { parseTriple } from "@napi-rs/cli";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

const BINDINGS = fileURLToPath(new URL("../../../../bindings", import.meta.url));
const MANIFEST = readFileSync(path.join(BINDINGS, "package.json"), "utf8");
const { napi } = JSON.parse(MANIFEST) as { napi: { targets: string[] } };

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), "native-loader-")));
  for (const file of ["index.js", "package.json"]) {
    copyFileSync(path.join(BINDINGS, file), path.join(folder, file));
  }
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  vi.restoreAllMocks();
});

test("`import` finds each of the addon's names, and `require` the addon itself", async () => {
  // In a thread of Node's own: vitest takes what lies outside of node_modules for its to transform.
  const script = `
    const { parentPort } = require("node:worker_threads");
    const loader = ${JSON.stringify(path.join(BINDINGS, "index.js"))};
    const { pathToFileURL } = require("node:url");
    import(pathToFileURL(loader).href).then((imported) => {
      const required = require(loader);
      const names = Object.keys(required);
      const found = Object.keys(imported).filter((name) => imported[name] === required[name]);
      parentPort.postMessage({ names, found });
    });`;
  const worker = new Worker(script, { eval: true });
  const [answer] = (await once(worker, "message")) as [{ names: string[]; found: string[] }];
  expect(answer.names.length).toBeGreaterThan(12);
  expect(answer.found.toSorted()).toEqual(answer.names.toSorted());
});

describe("what it says where the addon does not load", () => {
  test("names the packages that would do where none is installed", () => {
    platform("linux", "x64");
    expect(failure()).toMatchObject({
      code: "MODULE_NOT_FOUND",
      message:
        "Cannot find module '@trust-quorum/native-linux-x64-gnu' or '@trust-quorum/native-linux-x64-musl'",
    });
  });

  test("is what the system says, whatever else is missing", () => {
    platform("linux", "x64");
    const addon = path.join(folder, "trust-quorum.linux-x64-musl.node");
    writeFileSync(addon, "no library");
    const { code, message } = failure();
    expect(code).toBe("ERR_DLOPEN_FAILED");
    expect(message).toContain(addon);
  });

  test("blames the platform only where there is no addon for it", () => {
    platform("sunos", "x64");
    const { code, message } = failure();
    expect(code).toBe("EBADPLATFORM");
    expect(message).toMatch(/^there is no addon for sunos-x64, only for darwin-arm64, .*musl/);
  });

  test("is nothing where one of two loads", () => {
    platform("linux", "x64");
    writeFileSync(path.join(folder, "trust-quorum.linux-x64-gnu.node"), "no library");
    const other = path.join(folder, "node_modules/@trust-quorum/native-linux-x64-musl");
    mkdirSync(other, { recursive: true });
    writeFileSync(path.join(other, "index.js"), "exports.loaded = true;");
    expect(load()).toEqual({ loaded: true });
  });
});

test("it tries the packages that are published, and no others", () => {
  const published = napi.targets.map((triple) => parseTriple(triple));
  for (const { platform: system, arch } of published) {
    platform(system, arch);
    const packages = published
      .filter((target) => target.platform === system && target.arch === arch)
      .map(({ platformArchABI }) => `'@trust-quorum/native-${platformArchABI}'`);
    expect(failure().message).toBe(`Cannot find module ${packages.join(" or ")}`);
  }
  platform("sunos", "x64");
  const listed = failure().message.split(" only for ")[1]?.split(", ");
  expect(listed?.toSorted()).toEqual(published.map((one) => one.platformArchABI).toSorted());
});

function platform(system: string, arch: string): void {
  vi.spyOn(process, "platform", "get").mockReturnValue(system as NodeJS.Platform);
  vi.spyOn(process, "arch", "get").mockReturnValue(arch as NodeJS.Architecture);
}

function load(): unknown {
  return createRequire(import.meta.url)(path.join(folder, "index.js"));
}

function failure(): Error & { code?: unknown } {
  try {
    load();
  } catch (error) {
    return error as Error;
  }
  throw new Error("it loaded");
}
