import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { MESH_LIMITS, MESH_TIMES } from "../../src/mesh/limits.ts";
import { MESH_REASON_NAMES } from "../../src/mesh/reasons.ts";

const document = readFileSync(
  new URL("../../../../docs/operators/network.md", import.meta.url),
  "utf8",
);

describe("docs/operators/network.md", () => {
  it("says what to do about every reason, in the table's order, and about no other", () => {
    const rows = [...document.matchAll(/^\| `([a-z_]+)` +\|/gm)].map(([, reason]) => reason);
    expect(rows).toEqual(MESH_REASON_NAMES);
  });

  it("has the limits and times that hold", () => {
    const { queueMessagesMax, receiveFramesPerSecond, undecodableFramesMax } = MESH_LIMITS;
    expect(document).toContain(`${queueMessagesMax.toLocaleString("en")} messages`);
    expect(document).toContain(`${receiveFramesPerSecond.toLocaleString("en")} frames a second`);
    expect(document).toMatch(new RegExp(`are no message +\\| ${undecodableFramesMax} `));
    expect(document).toMatch(
      new RegExp(`\\| ${MESH_LIMITS.pendingMax} \\(.*${MESH_LIMITS.pendingPerAddressMax} of an`),
    );
    expect(document).toMatch(new RegExp(`without reading \\| after ${MESH_TIMES.dead / 1000} s`));
    expect(document).toMatch(new RegExp(`first frame +\\| ${MESH_TIMES.handshake / 1000} s`));
    expect(document).toContain(`doubling to ${MESH_TIMES.reconnectMax / 1000} s`);
  });
});
