/**
 * A log is opened, replayed and explained, and racks are simulated, in Chromium under the strict
 * Content-Security-Policy of this project's pages.
 */
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OPENS_A_LOG, SIMULATES, bundle } from "./bundle.ts";
import { LOG, expected } from "./rack-log.ts";
import { RUNS, simulatedInNode } from "./simulated.ts";

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
    // What a page is to do, after what shows that the policy is in force.
    const watched = (program: string): string => `
      const violations = [];
      document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
        violations.push(violatedDirective + " " + blockedURI);
      });
      globalThis.done = (text) => {
        document.body.dataset.violations = JSON.stringify(violations);
        document.body.dataset.found = text;
      };
      ${program}`;
    const opens = OPENS_A_LOG.replace("globalThis.source", '(await fetch("/rack.jsonl.gz")).body');
    const simulates = `globalThis.runs = ${JSON.stringify(RUNS)};${SIMULATES}`;
    const [log, simulation] = await Promise.all(
      [opens, simulates].map((program) => bundle(watched(program), { treeshake: true })),
    );
    const files: Readonly<Record<string, readonly [type: string, body: string | Buffer]>> = {
      "/": ["text/html", page("app.js")],
      "/simulation": ["text/html", page("simulation.js")],
      "/control": ["text/html", page("control.js")],
      "/app.js": ["text/javascript", log?.code ?? ""],
      "/simulation.js": ["text/javascript", simulation?.code ?? ""],
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

  test("a page under a strict policy simulates whole racks, to the byte as Node does", async () => {
    const { found, violations, errors } = await visit("/simulation");
    expect(JSON.parse(found)).toEqual(simulatedInNode());
    expect(violations).toBe("[]");
    expect(errors).toEqual([]);
  });

  test("that policy refuses to compile text: the control", async () => {
    expect((await visit("/control")).found).toBe("EvalError");
  });
});
