/** The form of a table of errors. */

/** For each code of `Details` its name and its text. */
export type ErrorTable<Details> = { readonly [C in keyof Details]: ErrorEntry<Details[C]> };

interface ErrorEntry<D> {
  /** The error's name in the protocol's texts and in the original. */
  readonly kind: string;
  readonly text: (details: D) => string;
}
