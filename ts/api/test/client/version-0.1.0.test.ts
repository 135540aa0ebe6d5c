/** Answers of sleds that still run version 0.1.0 are understood; what is no answer stays none. */
import { expect, test } from "vitest";
import { fromVersion010 } from "../../src/client/version-0.1.0.ts";

test("reasons in snake_case get today's spelling, wherever they stand", () => {
  const ready = { ready: false, reasons: [{ code: "mesh_down", text: "it does not listen" }] };
  expect(fromVersion010(ready)).toEqual({
    ready: false,
    reasons: [{ code: "meshDown", text: "it does not listen" }],
  });
  const waiting = { waitingFor: [{ peer: "p:S1", reason: "not_connected", text: "away" }] };
  expect(fromVersion010(waiting)).toEqual({
    waitingFor: [{ peer: "p:S1", reason: "notConnected", text: "away" }],
  });
});

test.each([
  ["ERR_TQ_EXPUNGED", "core"],
  ["ERR_TQD_LOCKED", "daemon"],
])("%s says that its origin is the %s", (code, origin) => {
  const error = { code, message: "it is not possible now", details: {} };
  expect(fromVersion010({ failure: error })).toEqual({ failure: { ...error, origin } });
});

test("what is spelled otherwise, or names an origin, stays as it is", () => {
  const values = [
    null,
    "mesh_down",
    { code: "ERR_TQ_EXPUNGED", origin: "daemon", message: "", details: {} },
    { reasons: [{ code: "something_else", text: "" }] },
    { text: "mesh_down" },
  ];
  for (const value of values) expect(fromVersion010(value)).toEqual(value);
});
