/** `GET /v1/log`: the files of the event log. */
import Type from "typebox";
import type { Static } from "typebox";
import { Count, Time, strict } from "./common.ts";

/** `GET /v1/log`: the files of the event log, oldest first; `GET /v1/log/:name` answers with one. */
export const LogSchema = Type.Object(
  {
    folder: Type.String(),
    files: Type.Array(Type.Object({ name: Type.String(), bytes: Count, modifiedAt: Time }, strict)),
  },
  strict,
);
/** The files that can be fetched; `bytes` is as of the answer, and the last file still grows. */
export type LogAnswer = Static<typeof LogSchema>;
/** The path of `GET /v1/log/:name`: a plain file name, never a path. */
export const LogParamsSchema = Type.Object(
  { name: Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$" }) },
  strict,
);
