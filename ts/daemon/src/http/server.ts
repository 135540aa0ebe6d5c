/**
 * The HTTP servers: one on the unix socket, and one over TLS where it is configured; both with the
 * same routes. Everything a client sends is bounded in bytes and in time.
 */
import { lookup } from "node:dns/promises";
import type { Server as HttpServer } from "node:http";
import type { Server as HttpsServer } from "node:https";
import fastify from "fastify";
import type { FastifyHttpOptions, FastifyInstance } from "fastify";
import type { Config } from "@trust-quorum/sled-host/config/schema";
import { DaemonError, problemOf } from "@trust-quorum/sled-host/errors";
import { addressText } from "@trust-quorum/sled-host/os/address";
import { listenTarget, warnOfNoIpv6 } from "@trust-quorum/sled-host/os/listen-host";
import { loadKeyPair } from "@trust-quorum/sled-host/pki/files";
import type { LoadedKeyPair } from "@trust-quorum/sled-host/pki/files";
import type { Log } from "../sled/logger.ts";
import type { Sled } from "../sled/sled.ts";
import { addRoutes, applicationOptions, nextRequestId } from "./application.ts";
import type { ApiContext } from "./application.ts";
import { ConnectionGuard } from "./connection-guard.ts";
import { EarlyRefusals, HEADER_BYTES_MAX } from "./early-refusals.ts";
import { callerOfSocket, callerOfTls } from "./identity.ts";
import { KeyLimiter } from "./key-limiter.ts";
import type { Owner, PlaceReason } from "./places.ts";
import type { Route, RouteTargets } from "./route.ts";
import { routes } from "./routes.ts";
import { prepareSocket, protectSocket, removeSocket } from "./socket.ts";
import { streamEvents } from "./stream.ts";
import { ApiCredentials, secureOptions, startingTls } from "./tls-credentials.ts";
import { WaitingRoom, openFilesMax } from "./waiting-room.ts";

/** How long a client may take to send its headers, in milliseconds. */
const HEADERS_MS = 10_000;
/** How long a connection may be without any traffic, in milliseconds. */
const IDLE_MS = 60_000;

/**
 * How many may wait to be accepted, as far as the system allows it. Where the queue of a unix socket is full, the
 * next one is refused: those who only hold places must not fill it.
 */
const BACKLOG = 4096;

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
  let isClosing = false;
  const early = new EarlyRefusals(log, sled.metrics, nextRequestId);
  const onConnectionEnded = (reason: PlaceReason, { peer, group }: Owner): void => {
    sled.metrics.connectionRefused(reason);
    log.debug({ reason, peer, group }, "a connection to the API had to go");
  };
  const waitingRoom = new WaitingRoom(openFilesMax(), onConnectionEnded);
  const context: ApiContext = {
    sled,
    log,
    early,
    waitingRoom,
    onConnectionEnded,
    isClosing: () => isClosing,
  };

  const local = await serveSocket(config, table, context);
  let remote: Remote | null = null;
  try {
    if (config.tls !== undefined) remote = await serveTls(config.tls, table, context);
  } catch (error) {
    await local.close();
    removeSocket(config.socket);
    throw error;
  }
  return {
    tlsAddress: remote?.address ?? null,
    reload: async () => remote?.reload(),
    close: async () => {
      isClosing = true;
      for (const close of [...closers]) close();
      await Promise.all([local.close(), remote?.server.close()]);
      removeSocket(config.socket);
    },
  };
}

async function serveSocket(
  config: ApiConfig,
  table: readonly Route[],
  context: ApiContext,
): Promise<FastifyInstance> {
  const { socket, allowedUids, allowedGids } = config;
  const shared = allowedUids.length > 0 || allowedGids.length > 0;
  await prepareSocket(socket, { shared });
  const app = fastify({
    ...applicationOptions(context),
    http: { maxHeaderSize: HEADER_BYTES_MAX, requireHostHeader: false },
  });
  const access = { uids: allowedUids, gids: allowedGids };
  const guard = guardOf(app, context);
  guard.watchSocket((connection) => callerOfSocket(connection, access));
  addRoutes(app, table, context, {
    callerOf: (connection) => guard.callerOf(connection),
    openToAll: true,
    derivedKeys: true,
  });
  bound(app.server);
  await listen(app, { path: socket }, { key: "api.socket", address: socket });
  protectSocket(socket, { shared });
  return app;
}

/** The guard of a server; it lets go of its connections before the server closes. */
function guardOf(app: FastifyInstance, context: ApiContext): ConnectionGuard {
  const guard = new ConnectionGuard(app.server, context);
  app.addHook("preClose", (done) => {
    guard.close();
    context.waitingRoom.close();
    done();
  });
  return guard;
}

interface Remote {
  readonly server: FastifyInstance;
  readonly address: string;
  readonly reload: () => Promise<void>;
}

async function serveTls(
  config: TlsConfig,
  table: readonly Route[],
  context: ApiContext,
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
  context: ApiContext,
): Promise<Remote> {
  const https = {
    ...applicationOptions(context),
    https: {
      ...secureOptions(loaded),
      requestCert: true,
      // Where anyone may read, a missing certificate is refused by the routes that need one.
      rejectUnauthorized: config.readOnly === "operator",
      handshakeTimeout: HEADERS_MS,
      maxHeaderSize: HEADER_BYTES_MAX,
      requireHostHeader: false,
    },
  };
  const app = startingTls(() => fastify(https as FastifyHttpOptions<HttpServer>));
  const guard = guardOf(app, context);
  guard.watchTls((connection) => callerOfTls(connection, config.operators));
  addRoutes(app, table, context, {
    callerOf: (connection) => guard.callerOf(connection),
    openToAll: config.readOnly === "anyone",
    derivedKeys: config.derivedKeys,
  });
  bound(app.server);
  const { listen: address } = config;
  const key = "api.tls.listen";
  const { host, port, without } = await listenTarget(address, key);
  if (without !== null) warnOfNoIpv6(context.log, { key, address, host, code: without });
  await listen(app, { host, port }, { key, address });
  const server = app.server as unknown as HttpsServer;
  const credentials = new ApiCredentials(config, loaded, { server, log: context.log });
  server.once("close", () => credentials.close());
  return {
    server: app,
    address: addressText(host, portOf(app)),
    reload: () => credentials.reload(),
  };
}

function portOf(app: FastifyInstance): number {
  const address = app.server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

function bound(server: HttpServer | HttpsServer): void {
  server.headersTimeout = HEADERS_MS;
  // No traffic at all, either way: event streams have their heartbeat.
  server.timeout = IDLE_MS;
}

async function listen(
  app: FastifyInstance,
  where: { path: string } | { host: string; port: number },
  shown: { readonly key: string; readonly address: string },
): Promise<void> {
  try {
    const at = "host" in where ? { ...where, host: await addressOf(where.host) } : where;
    await app.listen({ ...at, backlog: BACKLOG });
  } catch (cause) {
    await app.close();
    const details = { ...shown, problem: problemOf(cause) };
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
