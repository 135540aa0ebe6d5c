/** Invalid usage: the message is one sentence that says what to do. The exit code of a program is 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
