/**
 * What both servers have in common: their routes, who may use them, and how every request is answered.
 *
 * Invariants: no route but the open ones is reached without a caller who is known and allowed; a body
 * is checked against its schema before a handler sees it; every refusal has the API's own form, also that of
 * what is no request at all; an error that has no code of ours is answered without its text.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Readable } from "node:stream";
import type {
  FastifyError,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifyServerOptions,
} from "fastify";
import type { TSchema } from "typebox";
import { API_BODY_BYTES_MAX } from "@trust-quorum/api/schemas/common";
import { DaemonError } from "@trust-quorum/sled-host/errors";
import { errorFields } from "../sled/logger.ts";
import type { Log } from "../sled/logger.ts";
import type { Sled } from "../sled/sled.ts";
import type { WaitingRoom } from "./waiting-room.ts";
import type { EarlyRefusals } from "./early-refusals.ts";
import { failureOf, internalFailure } from "./failure.ts";
import { callerText, checkAllowed } from "./identity.ts";
import type { Caller } from "./identity.ts";
import type { Owner, PlaceReason } from "./places.ts";
import type { Route } from "./route.ts";
import { translated, validator } from "./validation.ts";

/** How long a client may take to send a whole request, and may lie idle between two, in milliseconds. */
const REQUEST_MS = 30_000;
const KEEP_ALIVE_MS = 10_000;
/** The longest part of a path that is a parameter, in characters: an id, each byte of it percent-encoded. */
const PARAMETER_MAX = 1024;

/** What requests need of the daemon. */
export interface ApiContext {
  readonly sled: Sled;
  readonly log: Log;
  readonly early: EarlyRefusals;
  readonly waitingRoom: WaitingRoom;
  /** Told of each connection that had to go, to make room. */
  readonly onConnectionEnded: (reason: PlaceReason, owner: Owner) => void;
  /** Whether no further request is taken. */
  readonly isClosing: () => boolean;
}

/** What differs between the two servers. */
export interface ListenerPolicy {
  /** Who is at the other end of a connection; undefined where it is gone. */
  readonly callerOf: (connection: Socket) => Caller | undefined;
  /** Whether open routes are for everyone who connects. */
  readonly openToAll: boolean;
  readonly derivedKeys: boolean;
}

/** Fastify's options, but for those of the server. */
export function applicationOptions({ early }: ApiContext): FastifyServerOptions {
  return {
    logger: false,
    bodyLimit: API_BODY_BYTES_MAX,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: true,
    // It would answer in a form of its own.
    return503OnClosing: false,
    // A request's id is ours alone: what a client sends must not end up in the log as one.
    requestIdHeader: false,
    genReqId: nextRequestId,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: PARAMETER_MAX },
    ...early.options,
    schemaController: {
      compilersFactory: {
        // Declared as ajv's; all that fastify asks of it is to be called.
        buildValidator: (() => (route: { schema: TSchema }) => validator(route.schema)) as never,
        buildSerializer: () => () => JSON.stringify,
      },
    },
  };
}

let nextRequest = 1;

/** A request's id, as `x-request-id` and the log have it. */
export function nextRequestId(): string {
  return `r-${(nextRequest++).toString(36)}`;
}

/** Gives a server its routes. */
export function addRoutes(
  app: FastifyInstance,
  table: readonly Route[],
  { sled, log, early, isClosing }: ApiContext,
  policy: ListenerPolicy,
): void {
  const callerOf = ({ raw }: FastifyRequest): Caller =>
    policy.callerOf(raw.socket) ?? {
      kind: "nobody",
      problem: "the connection is gone",
      known: false,
    };

  // Node would answer the one with a bare status, and end the other without a word.
  app.server.on("checkExpectation", (_request: IncomingMessage, response: ServerResponse) => {
    const problem = "it expects something other than 100-continue";
    early.refuse(new DaemonError("ERR_TQD_BAD_REQUEST", { problem }), response, 417);
  });
  app.server.on("connect", ({ method = "", url = "" }: IncomingMessage, socket: Socket) => {
    early.refuseConnection(notFound(method, url), socket);
  });

  app.removeContentTypeParser("text/plain");
  const parseJson = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    // The same in chunks.
    if (body.length === 0) done(null, undefined);
    else void parseJson(request, body as string, done);
  });
  app.addHook("onRequest", (request, _reply, done) => {
    if (isClosing()) throw new DaemonError("ERR_TQD_STOPPING", {});
    checkHost(request);
    const { headers } = request;
    // Nothing of no type at all: some clients name one whether they send something or not.
    if (headers["content-length"] === "0" && headers["transfer-encoding"] === undefined) {
      delete headers["content-type"];
    }
    done();
  });
  app.addHook("onSend", (request, reply, _payload, done) => {
    reply.header("x-request-id", request.id);
    reply.header("x-content-type-options", "nosniff");
    if (!reply.hasHeader("cache-control")) reply.header("cache-control", "no-store");
    done();
  });
  app.addHook("onResponse", (request, reply, done) => {
    const url = request.routeOptions.url ?? "unknown";
    sled.metrics.request({ route: url, status: reply.statusCode });
    const line = {
      request: request.id,
      method: request.method,
      route: url,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
      caller: callerText(callerOf(request)),
    };
    // What changes something, or was refused, is worth a line; reading is not.
    if (!isReading(request) || reply.statusCode >= 500) log.info(line, "request");
    else log.debug(line, "request");
    done();
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const known = failureOf(error) ?? failureOf(translated(error));
    if (known === undefined) log.error({ request: request.id, ...errorFields(error) }, "failed");
    const { status, body } = known ?? internalFailure(request.id);
    return reply.code(status).send(body);
  });
  app.setNotFoundHandler((request, reply) => {
    const failure = failureOf(notFound(request.method, request.url));
    return reply.code(404).send(failure?.body);
  });
  for (const route of table) addRoute(app, route, policy, callerOf);
}

function notFound(method: string, url: string): DaemonError {
  const [path = ""] = url.split("?");
  return new DaemonError("ERR_TQD_NOT_FOUND", { method, path: path.slice(0, 200) });
}

/** RFC 9112, section 3.2: one host, and no more; Node would refuse it in a form of its own. */
function checkHost({ raw }: FastifyRequest): void {
  const names = raw.rawHeaders.filter((_, index) => index % 2 === 0);
  const hosts = names.filter((name) => name.toLowerCase() === "host").length;
  if (hosts === 1 || (hosts === 0 && raw.httpVersion === "1.0")) return;
  const problem = hosts === 0 ? "it names no host" : "it names more than one host";
  throw new DaemonError("ERR_TQD_BAD_REQUEST", { problem });
}

function isReading({ method }: FastifyRequest): boolean {
  return method === "GET" || method === "HEAD";
}

function addRoute(
  app: FastifyInstance,
  route: Route,
  policy: ListenerPolicy,
  callerOf: (request: FastifyRequest) => Caller,
): void {
  const { method, url, access, params, body } = route;
  app.route({
    // RFC 9110, section 9.3.2: what can be got can be asked about. Node leaves the body out.
    method: method === "GET" ? ["GET", "HEAD"] : method,
    url,
    schema: { ...(params && { params }), ...(body && { body }) },
    // Before the body is read: who may not ask need not be listened to.
    onRequest: (request, _reply, done) => {
      if (access !== "open" || !policy.openToAll) checkAllowed(callerOf(request));
      if (access === "secret" && !policy.derivedKeys) {
        throw new DaemonError("ERR_TQD_KEYS_ONLY_LOCALLY", {});
      }
      done();
    },
    preValidation: (request, _reply, done) => {
      if (body !== undefined && request.body === undefined) request.body = {};
      done();
    },
    handler: (request, reply) => handle(route, request, reply, callerOf(request)),
  });
}

async function handle(
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
  caller: Caller,
): Promise<unknown> {
  const taken = { over: false };
  const answer: unknown = await route.handle({
    body: request.body as never,
    params: request.params as never,
    caller,
    request: request.raw,
    status: (status) => void reply.code(status),
    header: (name, value) => void reply.header(name, value),
    hijack: () => {
      taken.over = true;
      reply.hijack();
      reply.raw.setHeader("x-request-id", request.id);
      return reply.raw;
    },
  });
  if (taken.over) return reply;
  if (request.method === "HEAD" && answer instanceof Readable) {
    // It would be read to its end for nothing.
    answer.destroy();
    return null;
  }
  return answer;
}
