/** Wrong dates of certificates are told in the log, and do not flood it. */
import { expect, test } from "vitest";
import { DateLog } from "../../src/mesh/date-log.ts";

function recorded(): { readonly log: DateLog; readonly lines: unknown[] } {
  const lines: unknown[] = [];
  const write = (details: object, text: string): void => void lines.push({ ...details, text });
  return { log: new DateLog({ warn: write, error: write }), lines };
}

test("a peer that is refused for its certificate's dates is told once, with whose they are", () => {
  const { log, lines } = recorded();
  for (let i = 0; i < 100; i++) {
    const problem = "sled a:1: the certificate was valid until yesterday";
    log.refused("10.0.0.7", { reason: "certificate_expired", problem });
  }
  expect(lines).toEqual([
    {
      peer: "10.0.0.7",
      reason: "certificate_expired",
      problem: "sled a:1: the certificate was valid until yesterday",
      text: "refused a certificate for its dates",
    },
  ]);
});

test("whatever else a connection ends with is not told here: strangers can cause it", () => {
  const { log, lines } = recorded();
  log.refused("10.0.0.7", { reason: "untrusted_certificate" });
  log.refused("10.0.0.7", { reason: "closed_by_peer" });
  log.own("a:1", null);
  expect(lines).toEqual([]);
});

test("this sled's own wrong date is told at its own end too", () => {
  const { log, lines } = recorded();
  for (let i = 0; i < 100; i++) log.own("a:1", "not valid after yesterday");
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({ peer: "a:1", problem: "not valid after yesterday" });
});
