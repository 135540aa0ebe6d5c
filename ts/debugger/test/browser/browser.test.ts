/**
 * The packages that a page uses have nothing of Node's in them and compile no text: a log opens, replays
 * and is explained where there is only what browsers have, and in Chromium under a strict
 * Content-Security-Policy.
 */
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import vm from "node:vm";
import { gzipSync } from "node:zlib";
import { Facts, Names, explain } from "@trust-quorum/explain";
import { Timeline, readLogOrTrace } from "@trust-quorum/replay";
import { chromium } from "playwright-core";
import { nativeCrypto } from "trust-quorum";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OPENS_A_LOG, PACKAGES, bundle } from "./bundle.ts";

const LOG = readFileSync(new URL("../../../../testdata/logs/rack.jsonl", import.meta.url));

/** What a page should find in the log: what Node finds, and no difference. */
function expected(): unknown {
  const log = readLogOrTrace(LOG, { crypto: nativeCrypto() });
  const names = Names.of(log);
  const facts = new Facts(new Timeline(log), log.events.length);
  const why = explain(facts, names, names.resolve("9999"), 10);
  const reasons = [...why.general, ...why.notAcknowledged, ...why.notCommitted, ...why.notUnlocked];
  return {
    events: log.events.length,
    replayed: log.events.length,
    divergences: [],
    reasons: JSON.parse(JSON.stringify(reasons)) as unknown,
    refused: expect.stringMatching(/^line 1: the line must have required properties /) as unknown,
  };
}

describe("bundled for browsers", () => {
  test.each(Object.entries(PACKAGES))(
    "%s has nothing of Node's and no TypeBox",
    async (name, module) => {
      const use = `globalThis.used = ${name};`;
      const { problems, modules } = await bundle(use, { packages: { [name]: module } });
      expect(problems).toEqual([]);
      expect(modules.filter((id) => id.includes("typebox"))).toEqual([]);
    },
  );

  test("a log opens, replays and is explained with nothing but the language and the web's globals", async () => {
    const { code } = await bundle(OPENS_A_LOG);
    const found = await new Promise<string>((resolve) => {
      const globals = { TextDecoder, TextEncoder, ReadableStream, DecompressionStream };
      const context = vm.createContext(
        { ...globals, source: LOG.toString("utf8"), done: resolve },
        // Compiling text is refused, as a page's strict Content-Security-Policy does.
        { codeGeneration: { strings: false, wasm: false } },
      );
      vm.runInContext(code, context);
    });
    expect(JSON.parse(found)).toEqual(expected());
  });
});

/** The policy that the pages of this project are served with. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types tq",
].join("; ");

/** A page that runs a script; its icon keeps the browser from asking for one. */
function page(script: string): string {
  return `<!doctype html><title>log</title><link rel=icon href=data:,><body><script src=${script}></script>`;
}

const CHROMIUM = "/usr/bin/chromium";
// Where everything is to be tested it must be there; elsewhere the test says why it did not run.
const missing = !existsSync(CHROMIUM) && process.env["CI"] !== "true";

describe.skipIf(missing)(`in Chromium (${missing ? `skipped: no ${CHROMIUM}` : CHROMIUM})`, () => {
  let server: Server;
  let origin = "";

  beforeAll(async () => {
    // What the page is to do, after what shows that the policy is in force.
    const program = `
      const violations = [];
      document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
        violations.push(violatedDirective + " " + blockedURI);
      });
      globalThis.done = (text) => {
        document.body.dataset.violations = JSON.stringify(violations);
        document.body.dataset.found = text;
      };
      ${OPENS_A_LOG.replace("globalThis.source", '(await fetch("/rack.jsonl.gz")).body')}`;
    const { code } = await bundle(program, { treeshake: true });
    const files: Readonly<Record<string, readonly [type: string, body: string | Buffer]>> = {
      "/": ["text/html", page("app.js")],
      "/control": ["text/html", page("control.js")],
      "/app.js": ["text/javascript", code],
      "/control.js": [
        "text/javascript",
        `try { new Function("1")(); document.body.dataset.found = "ran"; }
         catch (error) { document.body.dataset.found = error.name; }`,
      ],
      "/rack.jsonl.gz": ["application/octet-stream", gzipSync(LOG)],
    };
    server = createServer((request, response) => {
      const [type, body] = files[request.url ?? ""] ?? ["text/plain", ""];
      const headers = { "content-type": type, "content-security-policy": POLICY };
      response.writeHead(body.length === 0 ? 404 : 200, headers).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  async function visit(
    path: string,
  ): Promise<{ found: string; violations: string; errors: string[] }> {
    const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
    const browser = await chromium.launch({ executablePath: CHROMIUM, args });
    try {
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on("pageerror", (error) => errors.push(error.message));
      page.on("console", (message) => {
        if (message.type() === "error") errors.push(message.text());
      });
      await page.goto(`${origin}${path}`);
      const body = page.locator("body[data-found]");
      await body.waitFor({ state: "attached", timeout: 60_000 });
      const [found, violations] = await Promise.all([
        body.getAttribute("data-found"),
        body.getAttribute("data-violations"),
      ]);
      return { found: found ?? "", violations: violations ?? "", errors };
    } finally {
      await browser.close();
    }
  }

  test("a page under a strict policy opens a compressed log, replays it and explains it", async () => {
    const { found, violations, errors } = await visit("/");
    expect(JSON.parse(found)).toEqual(expected());
    expect(violations).toBe("[]");
    expect(errors).toEqual([]);
  });

  test("that policy refuses to compile text: the control", async () => {
    expect((await visit("/control")).found).toBe("EvalError");
  });
});
