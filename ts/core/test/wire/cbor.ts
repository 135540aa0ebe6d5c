/** CBOR by hand, well-formed or not, for inputs that no encoder writes. */

export function cat(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** The head of an item, in the given number of argument bytes or the fewest. */
export function head(
  major: number,
  argument: number | bigint,
  size?: 0 | 1 | 2 | 4 | 8,
): Uint8Array {
  const value = BigInt(argument);
  const fewest =
    value < 24n ? 0 : value < 256n ? 1 : value < 65536n ? 2 : value < 1n << 32n ? 4 : 8;
  const bytes = size ?? fewest;
  if (bytes === 0) return Uint8Array.of((major << 5) | Number(value));
  const out = new Uint8Array(1 + bytes);
  out[0] = (major << 5) | (24 + Math.log2(bytes));
  for (let i = 0; i < bytes; i++) out[bytes - i] = Number((value >> BigInt(8 * i)) & 0xffn);
  return out;
}

export const uint = (n: number | bigint): Uint8Array => head(0, n);
export const bytes = (data: Uint8Array): Uint8Array => cat(head(2, data.length), data);
export const text = (value: string): Uint8Array => {
  const data = new TextEncoder().encode(value);
  return cat(head(3, data.length), data);
};
export const array = (...items: Uint8Array[]): Uint8Array => cat(head(4, items.length), ...items);
export const map = (...entries: [key: string, value: Uint8Array][]): Uint8Array =>
  cat(head(5, entries.length), ...entries.flatMap(([key, value]) => [text(key), value]));
export const NULL = Uint8Array.of(0xf6);
export const TRUE = Uint8Array.of(0xf5);
