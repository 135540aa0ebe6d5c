/** What one route of the API is, and what it has to work with. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Static, TSchema } from "typebox";
import type { Sled } from "../sled/sled.ts";
import type { Caller } from "./identity.ts";

/**
 * Who may use a route: `open` whoever can connect, over TLS as `api.tls.read_only` says; `operator`
 * those who are known and allowed; `secret` the same, but over TLS only where that is configured.
 */
export type Access = "open" | "operator" | "secret";

/** What a route answers with besides JSON. */
export type Media = "application/octet-stream" | "text/plain" | "text/event-stream";

/** One route. */
export interface Route {
  readonly method: "GET" | "POST" | "PUT";
  readonly url: string;
  readonly access: Access;
  readonly summary: string;
  readonly params?: TSchema;
  readonly body?: TSchema;
  /** The answers that are no errors, by status; a text names what is not JSON. */
  readonly answers: Readonly<Record<number, TSchema | Media>>;
  readonly handle: (call: Call<never, never>) => unknown;
}

/** A request that was checked, and ways to answer it other than by returning JSON. */
export interface Call<B, P> {
  readonly body: B;
  readonly params: P;
  readonly caller: Caller;
  readonly request: IncomingMessage;
  /** Sets the status of the answer. */
  readonly status: (status: number) => void;
  readonly header: (name: string, value: string) => void;
  /** Takes the response over: whoever calls it answers and ends it. */
  readonly hijack: () => ServerResponse;
}

/** What routes work on. */
export interface RouteTargets {
  readonly sled: Sled;
  /** Throws `ERR_TQD_RATE_LIMITED`. */
  readonly takeKey: () => void;
  readonly streamsMax: number;
  /** Sends the events; calls `onEnd` when the client is gone. */
  readonly stream: (response: ServerResponse, request: IncomingMessage, onEnd: () => void) => void;
  readonly openApi: () => Promise<object>;
  readonly eventLogFolder: string | null;
}

/** A route whose handler gets its body and parameters typed as the schemas say. */
export function route<B extends TSchema = TSchema, P extends TSchema = TSchema>(
  definition: Omit<Route, "handle" | "params" | "body"> & {
    readonly params?: P;
    readonly body?: B;
    readonly handle: (call: Call<Static<B>, Static<P>>) => unknown;
  },
): Route {
  return definition;
}
