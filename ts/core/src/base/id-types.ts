/** The types of identifiers and epochs: branded, so that one cannot be taken for another. */

declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/**
 * A sled, as `part:serial` (protocol section 3). Both parts are 1–64 bytes of UTF-8 without `:` and
 * without control characters, so the printed form is unambiguous and two equal ids are equal strings.
 *
 * Sort with `compareBaseboardIds` only: the order of the printed strings is another one.
 */
export type BaseboardId = Branded<string, "BaseboardId">;

/** A rack's uuid as lower-case hyphenated text, e.g. `bee986e8-cd46-4905-b6ad-e04fd2ab8aa0`. */
export type RackId = Branded<string, "RackId">;

/**
 * The number of a configuration: a safe integer from 1 (a u64 on the wire, where anything above
 * 2^53−1 is refused).
 */
export type Epoch = Branded<number, "Epoch">;
