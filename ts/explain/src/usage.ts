/** What a user got wrong: one sentence that says what to do. The exit code is 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
