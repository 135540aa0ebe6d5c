/** The operators' documents show what their commands print, on real daemons. */
import { afterAll, describe, expect, test } from "vitest";
import { RACKS, Workshop, readDocument, shownIn, steady } from "./operators-docs.ts";

/** Against hanging only. */
const TIMEOUT_MS = 400_000;

describe.each(RACKS.map((names) => ({ names })))("$names", ({ names }) => {
  const workshop = new Workshop();
  afterAll(() => workshop.clean());

  test.each(names)(
    "%s shows what is printed",
    async (name) => {
      const shown = shownIn(readDocument(name));
      expect(shown.length).toBeGreaterThan(3);
      for (const { command, output } of shown) {
        const printed = await workshop.run(command, output);
        expect({ command, output: steady(printed) }).toEqual({ command, output: steady(output) });
      }
    },
    TIMEOUT_MS,
  );
});
