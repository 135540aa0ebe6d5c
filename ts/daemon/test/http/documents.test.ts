/** What operators read is complete: every metric, alarm, reason and exit code stands in its document. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { METRICS_MD, metricsDocument } from "../../../../scripts/metrics-md.ts";
import { STREAM_EVENT_KINDS } from "@trust-quorum/api/schemas/events";
import { LOCK_STATES, WAIT_REASONS } from "@trust-quorum/api/schemas/lock";
import { ALARM_TEXTS } from "@trust-quorum/api/schemas/node";
import { READINESS_REASONS } from "@trust-quorum/api/schemas/readiness";
import { EXIT } from "../../src/tqd.ts";

const read = (name: string) =>
  readFileSync(new URL(`../../../../docs/operators/${name}`, import.meta.url), "utf8");

/** The first cells of the rows of the table that stands under a heading or after a text. */
function firstCells(document: string, after: string, until: string): string[] {
  const from = document.indexOf(after);
  expect(from, after).toBeGreaterThanOrEqual(0);
  const to = document.indexOf(until, from + after.length);
  return [...document.slice(from, to < 0 ? undefined : to).matchAll(/^\| `([^`]+)`/gm)].map(
    ([, name]) => name ?? "",
  );
}

describe("docs/operators/alarms.md", () => {
  const alarms = read("alarms.md");

  test("says what to do about every reason for not being ready", () => {
    const listed = firstCells(alarms, "## Reasons for not being ready", "Why a member's share");
    expect(listed).toEqual(Object.keys(READINESS_REASONS));
  });

  test("says what to do about every reason for a missing share", () => {
    const listed = firstCells(alarms, "Why a member's share", "## Alarms");
    expect(listed.toSorted()).toEqual(Object.keys(WAIT_REASONS).toSorted());
  });

  test("says what to do about every kind of alarm", () => {
    const listed = firstCells(alarms, "## Alarms", "## What else");
    expect(listed.toSorted()).toEqual(Object.keys(ALARM_TEXTS).toSorted());
  });
});

test("docs/operators/metrics.md lists every metric (npm run metrics writes it)", async () => {
  expect(readFileSync(METRICS_MD, "utf8")).toBe(await metricsDocument());
});

test("docs/operators/install.md lists every exit code", () => {
  const codes = [...read("install.md").matchAll(/^\| (\d) {2}/gm)].map(([, code]) => Number(code));
  expect(codes).toEqual(Object.values(EXIT));
});

test("docs/operators/api.md names every state of the lock, reason to wait and kind of event", () => {
  const api = read("api.md");
  const names = [...LOCK_STATES, ...Object.keys(WAIT_REASONS), ...STREAM_EVENT_KINDS];
  expect(names.filter((name) => !api.includes(`\`${name}\``))).toEqual([]);
});
