/**
 * Byte helpers for *public* data: digests, salts, identifiers. Nothing here is constant-time, so
 * secrets are compared by the crypto backend and never come through this module.
 */

/** Whether two public byte strings are equal. */
export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compareBytes(a, b) === 0;
}

/** Orders two byte strings as unsigned bytes, a shorter prefix first: negative, zero or positive. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const common = Math.min(a.length, b.length);
  for (let i = 0; i < common; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

const HEX_DIGITS = "0123456789abcdef";

/** Lower-case hex of a public byte string. A secret must never become a string. */
export function toHex(bytes: Uint8Array): string {
  // At once: a string grown digit by digit is a tree of as many nodes, which takes twenty times as long to
  // make and to read.
  const codes = new Uint8Array(2 * bytes.length);
  writeHex(codes, 0, bytes);
  return decoder.decode(codes);
}

const HEX_DIGIT_CODES = Uint8Array.from(HEX_DIGITS, (digit) => digit.charCodeAt(0));

/** Writes the lower-case hex of public bytes to `out` from `at` on, as ASCII; answers where it ends. */
export function writeHex(out: Uint8Array, at: number, bytes: Uint8Array): number {
  let end = at;
  for (const byte of bytes) {
    out[end++] = HEX_DIGIT_CODES[byte >> 4] ?? 0;
    out[end++] = HEX_DIGIT_CODES[byte & 15] ?? 0;
  }
  return end;
}

/**
 * The bytes of a lower-case hex string, or undefined where it has an odd length or any other
 * character.
 */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    const high = hexDigit(text.charCodeAt(2 * i));
    const low = hexDigit(text.charCodeAt(2 * i + 1));
    if (((high | low) & NO_HEX_DIGIT) !== 0) return undefined;
    bytes[i] = (high << 4) | low;
  }
  return bytes;
}

/** What {@link hexDigit} answers for any other character: a bit that no digit has. */
const NO_HEX_DIGIT = 0x10;

/** The value of a lower-case hex digit by its code unit, or {@link NO_HEX_DIGIT}. */
function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 97 && code <= 102) return code - 87;
  return NO_HEX_DIGIT;
}

const HEX_DIGIT_VALUES = Uint8Array.from({ length: 256 }, (_, code) => hexDigit(code));

/**
 * Reads lower-case hex that stands in `text` as ASCII from `at` on, into `out`; answers whether it is hex
 * throughout.
 */
export function readHex(out: Uint8Array, text: Uint8Array, at: number): boolean {
  // A megabyte of it is one frame of a peer: a table and no calls are a third of the time.
  const values = HEX_DIGIT_VALUES;
  let wrong = 0;
  let from = at;
  for (let i = 0; i < out.length; i++) {
    const high = values[text[from++] ?? 0] ?? NO_HEX_DIGIT;
    const low = values[text[from++] ?? 0] ?? NO_HEX_DIGIT;
    wrong |= high | low;
    out[i] = (high << 4) | low;
  }
  return (wrong & NO_HEX_DIGIT) === 0;
}

// The sans-io layers are compiled without any ambient types; these two globals exist in every
// JavaScript runtime and are declared with exactly what is used.
declare const TextEncoder: new () => { encode(text: string): Uint8Array };
declare const TextDecoder: new (
  label: "utf-8",
  options: { fatal: true; ignoreBOM: true },
) => { decode(bytes: Uint8Array): string };

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The UTF-8 bytes of a well-formed string (a lone surrogate becomes U+FFFD). */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** The text of UTF-8 bytes, or undefined where they are not valid UTF-8. */
export function fromUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
