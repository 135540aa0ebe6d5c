/** The names that a mistyped word is told to be like. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { closestNames } from "../src/closest.ts";

const FIELDS = ["commits", "shares", "configs", "loaded", "connected", "running"];

test.each([
  ["comits", ["commits"]],
  ["COMMITS", ["commits"]],
  ["cmomits", ["commits"]],
  // Three edits in nine letters; then four
  ["konectet", ["connected"]],
  ["konectets", []],
  ["gibberish", []],
  ["", []],
])("%j is like %j", (word, names) => {
  expect(closestNames(word, FIELDS)).toEqual(names);
});

test("the likest comes first, and there are three at most", () => {
  expect(closestNames("abcd", ["abxy", "abcx", "abcd", "axcd", "zzzz"])).toEqual([
    "abcd",
    "abcx",
    "axcd",
  ]);
});

test("a name with two edits is found wherever they are, and one far off never is", () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^[a-z]{6,12}$/),
      fc.nat(),
      fc.nat(),
      fc.constantFrom("", "0", "00"),
      (name, at, from, inserted) => {
        const i = at % name.length;
        const shorter = name.slice(0, i) + name.slice(i + 1);
        const j = from % shorter.length;
        const word = shorter.slice(0, j) + inserted.slice(1) + shorter.slice(j);
        expect(closestNames(word, [name])).toEqual([name]);
        expect(closestNames("0".repeat(name.length), [name])).toEqual([]);
      },
    ),
  );
});
