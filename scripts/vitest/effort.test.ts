/** `npm test` leaves nothing out; a sample is the seed's, and all samples together are everything. */
import { afterEach, expect, test, vi } from "vitest";
import type * as Effort from "./effort.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

async function effort(seed: number | undefined): Promise<typeof Effort> {
  vi.stubEnv("TEST_SAMPLE_SEED", seed === undefined ? undefined : String(seed));
  vi.resetModules();
  return import("./effort.ts");
}

const ITEMS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

test("without a seed everything is gone through", async () => {
  const { QUICK, either, runs, sampled } = await effort(undefined);
  expect(QUICK).toBe(false);
  expect(sampled(ITEMS.values(), 4)).toEqual(ITEMS);
  expect([runs(3000), runs(5), either(7, 1)]).toEqual([3000, 5, 7]);
});

test("with a seed it is a sample, and never none", async () => {
  const samples: number[] = [];
  for (let seed = 0; seed < 4; seed++) {
    const { QUICK, sampled } = await effort(seed);
    expect(QUICK).toBe(true);
    expect(sampled([1], 20)).toEqual([1]);
    samples.push(...sampled(ITEMS, 4));
  }
  expect(samples.sort((a, b) => a - b)).toEqual(ITEMS);
  const { either, runs } = await effort(1);
  expect([runs(3000), runs(100), runs(5), either(7, 1)]).toEqual([150, 10, 5, 1]);
});
