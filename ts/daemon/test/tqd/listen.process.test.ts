/** Where a real `tqd` listens where it cannot listen where it should. */
import { writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { TestRack, logLines, waitFor } from "./rack.ts";
import type { TestSled } from "./rack.ts";

let rack: TestRack;
let sled: TestSled;
beforeAll(async () => {
  rack = await TestRack.create(1);
  sled = rack.sleds[0] as TestSled;
});
afterEach(async () => {
  await sled.kill("SIGKILL");
  sled.output = "";
});
afterAll(() => rack.destroy());

/** A kernel without IPv6, as a process sees it. */
function withoutIpv6(code: string): { readonly NODE_OPTIONS: string } {
  const file = path.join(rack.folder, `${code}.mjs`);
  writeFileSync(
    file,
    `import { Server, isIPv6 } from "node:net";
    const { listen } = Server.prototype;
    Server.prototype.listen = function (options, ...rest) {
      if (!isIPv6(options?.host ?? "")) return listen.call(this, options, ...rest);
      const error = Object.assign(new Error("listen ${code}: no IPv6"), { code: "${code}" });
      process.nextTick(() => this.emit("error", error));
      return this;
    };`,
  );
  return { NODE_OPTIONS: `--import=${file}` };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

const API_TLS = (): string[] => [
  ...["--api-tls-certificate", sled.certificate.certificate, "--api-tls-key", sled.certificate.key],
  ...["--api-tls-ca", rack.ca],
];

describe.each(["EAFNOSUPPORT", "EADDRNOTAVAIL"])("on a system without IPv6 (%s)", (code) => {
  test.each(["[::]", "[0:0:0:0:0:0:0:0]", "[::0]"])(
    "%s falls back to every IPv4 address, for both listeners, and the log says so",
    async (every) => {
      const [mesh, api] = [await freePort(), await freePort()];
      await sled.start({
        flags: [
          "--mesh-listen",
          `${every}:${mesh}`,
          "--api-tls-listen",
          `${every}:${api}`,
          ...API_TLS(),
        ],
        env: withoutIpv6(code),
      });
      await waitFor("both listen", async () => (await connects(mesh)) && (await connects(api)));
      const told = logLines(sled.output).filter(({ msg }) => String(msg).includes("has no IPv6"));
      expect(told).toMatchObject([
        { level: "warn", key: "mesh.listen", address: `${every}:${mesh}`, host: "0.0.0.0", code },
        { level: "warn", key: "api.tls.listen", address: `${every}:${api}`, host: "0.0.0.0", code },
      ]);
      expect(await sled.kill("SIGTERM")).toBe(0);
    },
  );

  test("one address of it is not replaced: the error names the key", async () => {
    sled.spawn({ flags: ["--mesh-listen", "[fd00::1]:7750"], env: withoutIpv6(code) });
    expect(await sled.exit).toBe(1);
    expect(sled.output).toMatch(/^tqd: cannot listen on \[fd00::1\]:7750: .*; set mesh\.listen /m);
  });
});

describe("a listener that cannot be had ends it with code 1 and the key to set", () => {
  test("where the address is not this machine's", async () => {
    sled.spawn({ flags: ["--mesh-listen", "192.0.2.1:7750"] });
    expect(await sled.exit).toBe(1);
    expect(sled.output).toMatch(/^tqd: cannot listen on 192\.0\.2\.1:7750: .*; set mesh\.listen /m);
  });

  test("where the port is taken, also of every IPv6 address", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    sled.spawn({ flags: ["--mesh-listen", `127.0.0.1:${port}`] });
    expect(await sled.exit).toBe(1);
    expect(sled.output).toMatch(/^tqd: .*EADDRINUSE.*; set mesh\.listen /m);
    sled.output = "";
    sled.spawn({ flags: ["--api-tls-listen", `127.0.0.1:${port}`, ...API_TLS()] });
    expect(await sled.exit).toBe(1);
    expect(sled.output).toMatch(/^tqd: .*EADDRINUSE.*; set api\.tls\.listen /m);
    await new Promise((resolve) => other.close(resolve));
  });

  test("where its name is nobody's", async () => {
    sled.spawn({ flags: ["--api-tls-listen", "nobody.invalid:7751", ...API_TLS()] });
    expect(await sled.exit).toBe(1);
    expect(sled.output).toMatch(
      /^tqd: cannot listen on nobody\.invalid:7751: .*; set api\.tls\.listen /m,
    );
  });

  test("where the socket cannot be made", async () => {
    sled.spawn({ flags: ["--api-socket", "/proc/tqd.sock"] });
    expect(await sled.exit).toBe(1);
    expect(sled.output).toMatch(/^tqd: .*\/proc\/tqd\.sock.*api\.socket/m);
  });
});
