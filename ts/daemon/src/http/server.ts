/**
 * The HTTP servers: one on the unix socket, and one over TLS where it is configured; both with the
 * same routes.
 *
 * Invariants: no route but the open ones is reached without a caller who is known and allowed; a body
 * is checked against its schema before a handler sees it; an error that has no code of ours is
 * answered without its text. Everything a client sends is bounded in bytes and in time.
 */
import { lookup } from "node:dns/promises";
import type { Server as HttpServer } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { Socket } from "node:net";
import fastify from "fastify";
import type {
  FastifyError,
  FastifyHttpOptions,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
} from "fastify";
import type { TSchema } from "typebox";
import type { Config } from "@trust-quorum/sled-host/config/schema";
import { DaemonError, problemOf } from "@trust-quorum/sled-host/errors";
import { loadKeyPair } from "@trust-quorum/sled-host/pki/files";
import type { LoadedKeyPair } from "@trust-quorum/sled-host/pki/files";
import { errorFields } from "../sled/logger.ts";
import type { Log } from "../sled/logger.ts";
import type { Sled } from "../sled/sled.ts";
import { failureOf, internalFailure } from "./failure.ts";
import { callerOfSocket, callerOfTls, callerText, checkAllowed } from "./identity.ts";
import type { Caller } from "./identity.ts";
import { KeyLimiter } from "./key-limiter.ts";
import type { Route, RouteTargets } from "./route.ts";
import { routes } from "./routes.ts";
import { API_BODY_BYTES_MAX } from "@trust-quorum/api/schemas/common";
import { prepareSocket, protectSocket, removeSocket } from "./socket.ts";
import { streamEvents } from "./stream.ts";
import { ApiCredentials, secureOptions, startingTls } from "./tls-credentials.ts";
import { translated, validator } from "./validation.ts";

/** Bytes of a request's line and headers. */
const HEADER_BYTES_MAX = 16 * 1024;
/** How long a client may take to send its headers, and a whole request, in milliseconds. */
const HEADERS_MS = 10_000;
const REQUEST_MS = 30_000;
/** How long a connection may lie idle between requests, and without any traffic, in milliseconds. */
const KEEP_ALIVE_MS = 10_000;
const IDLE_MS = 60_000;
/** The most connections of one server at once. */
const CONNECTIONS_MAX = 256;

type ApiConfig = Config["api"];
type TlsConfig = NonNullable<ApiConfig["tls"]>;

/** The API of a sled while it is served. */
export interface Api {
  /** Where TLS listens, host:port, or null. */
  readonly tlsAddress: string | null;
  /**
   * Loads the certificates of the TLS server again; where the authorities have changed, connections end.
   *
   * @throws DaemonError `ERR_TQD_CERTIFICATE_INVALID`; the old ones stay in use then
   */
  reload(): Promise<void>;
  /** Ends streams and takes no further requests. */
  close(): Promise<void>;
}

/**
 * Serves the API.
 *
 * @throws DaemonError `ERR_TQD_SOCKET_UNSAFE`, `ERR_TQD_SOCKET_IN_USE`, `ERR_TQD_LISTEN_FAILED`,
 * `ERR_TQD_CERTIFICATE_INVALID`
 */
export async function serveApi(options: {
  readonly config: ApiConfig;
  readonly sled: Sled;
  readonly log: Log;
  readonly eventLogFolder: string | null;
}): Promise<Api> {
  const { config, sled, log } = options;
  const closers = new Set<() => void>();
  const limiter = new KeyLimiter(config.keysPerMinute);
  const targets: RouteTargets = {
    sled,
    streamsMax: config.streamsMax,
    eventLogFolder: options.eventLogFolder,
    takeKey: () => limiter.take(),
    stream: (response, request, onEnd) => {
      const id = request.headers["last-event-id"];
      const close = streamEvents({
        response,
        events: sled.events,
        lastEventId: typeof id === "string" ? id : undefined,
        onEnd: () => {
          closers.delete(close);
          onEnd();
        },
      });
      closers.add(close);
    },
    openApi: async () => (await import("./openapi.ts")).openApiDocument(routes(targets)),
  };
  const table = routes(targets);

  const local = await serveSocket(config, table, { sled, log });
  let remote: Remote | null = null;
  try {
    if (config.tls !== undefined) remote = await serveTls(config.tls, table, { sled, log });
  } catch (error) {
    await local.close();
    removeSocket(config.socket);
    throw error;
  }
  return {
    tlsAddress: remote?.address ?? null,
    reload: async () => remote?.reload(),
    close: async () => {
      for (const close of [...closers]) close();
      await Promise.all([local.close(), remote?.server.close()]);
      removeSocket(config.socket);
    },
  };
}

interface Context {
  readonly sled: Sled;
  readonly log: Log;
}

async function serveSocket(
  config: ApiConfig,
  table: readonly Route[],
  context: Context,
): Promise<FastifyInstance> {
  const { socket, allowedUids, allowedGids } = config;
  const shared = allowedUids.length > 0 || allowedGids.length > 0;
  await prepareSocket(socket, { shared });
  const app = fastify({ ...limits(), http: { maxHeaderSize: HEADER_BYTES_MAX } });
  const access = { uids: allowedUids, gids: allowedGids };
  addRoutes(app, table, context, {
    callerOf: (connection) => callerOfSocket(connection, access),
    connected: "connection",
    openToAll: true,
    derivedKeys: true,
  });
  bound(app.server);
  await listen(app, { path: socket }, socket);
  protectSocket(socket, { shared });
  return app;
}

interface Remote {
  readonly server: FastifyInstance;
  readonly address: string;
  readonly reload: () => Promise<void>;
}

async function serveTls(
  config: TlsConfig,
  table: readonly Route[],
  context: Context,
): Promise<Remote> {
  const loaded = await loadKeyPair(config);
  try {
    return await serveTlsWith(loaded, config, table, context);
  } finally {
    loaded.wipe();
  }
}

async function serveTlsWith(
  loaded: LoadedKeyPair,
  config: TlsConfig,
  table: readonly Route[],
  context: Context,
): Promise<Remote> {
  const https = {
    ...limits(),
    https: {
      ...secureOptions(loaded),
      requestCert: true,
      // Where anyone may read, a missing certificate is refused by the routes that need one.
      rejectUnauthorized: config.readOnly === "operator",
      handshakeTimeout: HEADERS_MS,
      maxHeaderSize: HEADER_BYTES_MAX,
    },
  };
  const app = startingTls(() => fastify(https as FastifyHttpOptions<HttpServer>));
  addRoutes(app, table, context, {
    callerOf: (connection) => callerOfTls(connection, config.operators),
    connected: "secureConnection",
    openToAll: config.readOnly === "anyone",
    derivedKeys: config.derivedKeys,
  });
  bound(app.server);
  const { listen: address } = config;
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon).replace(/^\[|\]$/g, "");
  await listen(app, { host, port: Number(address.slice(colon + 1)) }, address);
  const server = app.server as unknown as HttpsServer;
  const credentials = new ApiCredentials(config, loaded, { server, log: context.log });
  server.once("close", () => credentials.close());
  return {
    server: app,
    address: `${host}:${portOf(app)}`,
    reload: () => credentials.reload(),
  };
}

function portOf(app: FastifyInstance): number {
  const address = app.server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

function limits() {
  return {
    logger: false,
    bodyLimit: API_BODY_BYTES_MAX,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: true,
    return503OnClosing: true,
    // A request's id is ours alone: what a client sends must not end up in the log as one.
    requestIdHeader: false,
    genReqId: () => `r-${(nextRequest++).toString(36)}`,
    exposeHeadRoutes: false,
    schemaController: {
      compilersFactory: {
        // Declared as ajv's; all that fastify asks of it is to be called.
        buildValidator: (() => (route: { schema: TSchema }) => validator(route.schema)) as never,
        buildSerializer: () => () => JSON.stringify,
      },
    },
  } as const;
}

let nextRequest = 1;

function bound(server: HttpServer | HttpsServer): void {
  server.headersTimeout = HEADERS_MS;
  server.maxConnections = CONNECTIONS_MAX;
  // No traffic at all, either way: event streams have their heartbeat.
  server.timeout = IDLE_MS;
}

async function listen(
  app: FastifyInstance,
  where: { path: string } | { host: string; port: number },
  shown: string,
): Promise<void> {
  try {
    await app.listen("host" in where ? { ...where, host: await addressOf(where.host) } : where);
  } catch (cause) {
    await app.close();
    const details = { address: shown, problem: problemOf(cause) };
    throw new DaemonError("ERR_TQD_LISTEN_FAILED", details, { cause });
  }
}

/**
 * One address. For `localhost` Fastify would open a server for each of its addresses, of which it shows
 * the first alone: the others would have neither our bounds nor the certificates of a reload.
 */
async function addressOf(host: string): Promise<string> {
  const { address } = await lookup(host);
  return address;
}

/** What differs between the two servers. */
interface ListenerPolicy {
  readonly callerOf: (connection: Socket) => Caller;
  /** The server's event that a connection is there, and who it is known. */
  readonly connected: "connection" | "secureConnection";
  /** Whether open routes are for everyone who connects. */
  readonly openToAll: boolean;
  readonly derivedKeys: boolean;
}

function addRoutes(
  app: FastifyInstance,
  table: readonly Route[],
  { sled, log }: Context,
  policy: ListenerPolicy,
): void {
  const callers = new WeakMap<Socket, Caller>();
  app.server.on(policy.connected, (socket: Socket) => {
    callers.set(socket, policy.callerOf(socket));
  });
  const callerOf = ({ raw }: FastifyRequest): Caller =>
    callers.get(raw.socket) ?? { kind: "nobody", problem: "the connection is gone", known: false };

  app.removeContentTypeParser("text/plain");
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
    if (request.method !== "GET" || reply.statusCode >= 500) log.info(line, "request");
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
    const [path = ""] = request.url.split("?");
    const details = { method: request.method, path: path.slice(0, 200) };
    const failure = failureOf(new DaemonError("ERR_TQD_NOT_FOUND", details));
    return reply.code(404).send(failure?.body);
  });
  for (const route of table) addRoute(app, route, policy, callerOf);
}

function addRoute(
  app: FastifyInstance,
  route: Route,
  policy: ListenerPolicy,
  callerOf: (request: FastifyRequest) => Caller,
): void {
  const { method, url, access, params, body } = route;
  app.route({
    method,
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
  return taken.over ? reply : answer;
}
