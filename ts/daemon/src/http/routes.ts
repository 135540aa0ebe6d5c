/** Every route of the API: who may use it, what goes in and comes out, and what it does. */
import { createReadStream } from "node:fs";
import type { ServerResponse } from "node:http";
import Type from "typebox";
import { parseBaseboardId, parseRackId, TrustQuorumError } from "trust-quorum";
import type { ProxiedCommitError } from "trust-quorum/wire";
import { DaemonError } from "@trust-quorum/sled-host/errors";
import {
  configurationOf,
  coordinatingJson,
  persistentStateJson,
  proxyOperationOf,
  reconfigureRequestOf,
  upgradeRequestOf,
  alarmJson,
} from "@trust-quorum/api/convert";
import { EVENT_STREAM } from "./stream.ts";
import { findLogFile, logFiles } from "./log-files.ts";
import { wantsOpenMetrics } from "./media.ts";
import { route } from "./route.ts";
import type { Route, RouteTargets } from "./route.ts";
import {
  CommitAnswerSchema,
  CommitRequestSchema,
  PrepareAndCommitRequestSchema,
  ReconfigureRequestSchema,
  UpgradeRequestSchema,
} from "@trust-quorum/api/schemas/changes";
import { API_PREFIX } from "@trust-quorum/api/schemas/common";
import { ConfigurationsSchema } from "@trust-quorum/api/schemas/configuration";
import { KEY_EPOCH_HEADER, KeyRequestSchema } from "@trust-quorum/api/schemas/key";
import { LockSchema, UnlockRequestSchema } from "@trust-quorum/api/schemas/lock";
import { LogParamsSchema, LogSchema } from "@trust-quorum/api/schemas/log";
import { NetworkConfigSchema } from "@trust-quorum/api/schemas/network-config";
import { CoordinatorSchema } from "@trust-quorum/api/schemas/node";
import {
  ProxyAnswerSchema,
  ProxyParamsSchema,
  ProxyRequestSchema,
} from "@trust-quorum/api/schemas/proxy";
import { LiveSchema, ReadySchema } from "@trust-quorum/api/schemas/readiness";
import { StatusSchema } from "@trust-quorum/api/schemas/status";
import { VERIFY_TIMEOUT_MS, VerifySchema } from "@trust-quorum/api/schemas/verify";
import type { CommitAnswer } from "@trust-quorum/api/schemas/changes";
import type { LockAnswer } from "@trust-quorum/api/schemas/lock";
import type { ProxyAnswer } from "@trust-quorum/api/schemas/proxy";

const V1 = API_PREFIX;
/** How much longer than its wait the answer to an unlock may take, in milliseconds. */
const UNLOCK_ANSWER_MS = 60_000;

/** The table. */
export function routes(targets: RouteTargets): readonly Route[] {
  return [
    ...observationRoutes(targets),
    ...statusRoutes(targets),
    ...controlRoutes(targets),
    ...secretRoutes(targets),
    ...rackRoutes(targets),
    ...logRoutes(targets),
  ];
}

function observationRoutes({ sled, openApi }: RouteTargets): Route[] {
  return [
    route({
      method: "GET",
      url: "/live",
      access: "open",
      summary: "Whether the daemon runs at all",
      answers: { 200: LiveSchema },
      handle: () => ({ live: true }),
    }),
    route({
      method: "GET",
      url: "/ready",
      access: "open",
      summary: "Whether the sled does its work, and the reasons when not (503)",
      answers: { 200: ReadySchema, 503: ReadySchema },
      handle: ({ status }) => {
        const answer = sled.ready();
        status(answer.ready ? 200 : 503);
        return answer;
      },
    }),
    route({
      method: "GET",
      url: "/metrics",
      access: "open",
      summary: "The metrics, for Prometheus; in OpenMetrics' format where Accept prefers that",
      answers: { 200: "text/plain" },
      handle: async ({ header, request }) => {
        const openMetrics = wantsOpenMetrics(request.headers.accept);
        const { text, contentType } = await sled.metrics.scrape({ openMetrics });
        header("content-type", contentType);
        header("vary", "accept");
        return text;
      },
    }),
    route({
      method: "GET",
      url: "/openapi.json",
      access: "operator",
      summary: "This API as an OpenAPI document",
      answers: { 200: Type.Object({}, { description: "OpenAPI 3.1" }) },
      handle: () => openApi(),
    }),
  ];
}

function statusRoutes({ sled }: RouteTargets): Route[] {
  return [
    route({
      method: "GET",
      url: `${V1}/status`,
      access: "operator",
      summary: "Everything about this sled",
      answers: { 200: StatusSchema },
      handle: () => sled.status(),
    }),
    route({
      method: "GET",
      url: `${V1}/lock`,
      access: "operator",
      summary: "Whether it is unlocked, and for whom it waits and why",
      answers: { 200: LockSchema },
      handle: () => sled.lock(),
    }),
    route({
      method: "GET",
      url: `${V1}/configurations`,
      access: "operator",
      summary: "All configurations of the ledger, ascending by epoch",
      answers: { 200: ConfigurationsSchema },
      handle: () => sled.configurations(),
    }),
    route({
      method: "GET",
      url: `${V1}/coordinator`,
      access: "operator",
      summary: "What this sled coordinates, with the acknowledgements so far",
      answers: { 200: CoordinatorSchema },
      handle: async () => ({ coordinating: coordinatingJson(await sled.coordinatorStatus()) }),
    }),
  ];
}

function controlRoutes({ sled }: RouteTargets): Route[] {
  const coordinating = async (status: (status: number) => void) => {
    status(202);
    return { coordinating: coordinatingJson(await sled.coordinatorStatus()) };
  };
  return [
    route({
      method: "POST",
      url: `${V1}/reconfigure`,
      access: "operator",
      summary: "Starts to coordinate a new configuration; poll GET /v1/coordinator",
      body: ReconfigureRequestSchema,
      answers: { 202: CoordinatorSchema },
      handle: async ({ body, status }) => {
        await sled.reconfigure(reconfigureRequestOf(body));
        return coordinating(status);
      },
    }),
    route({
      method: "POST",
      url: `${V1}/upgrade`,
      access: "operator",
      summary: "Starts to coordinate the upgrade from the bootstore; poll GET /v1/coordinator",
      body: UpgradeRequestSchema,
      answers: { 202: CoordinatorSchema },
      handle: async ({ body, status }) => {
        await sled.upgrade(upgradeRequestOf(body));
        return coordinating(status);
      },
    }),
    route({
      method: "POST",
      url: `${V1}/commit`,
      access: "operator",
      summary: "Commits a configuration that this sled has prepared; answered once on disk",
      body: CommitRequestSchema,
      answers: { 200: CommitAnswerSchema },
      handle: async ({ body }): Promise<CommitAnswer> => {
        await sled.commit({ rackId: parseRackId(body.rackId), epoch: body.epoch });
        return { status: "committed" };
      },
    }),
    route({
      method: "POST",
      url: `${V1}/prepare-and-commit`,
      access: "operator",
      summary: "Hands over a committed configuration whose Prepare this sled has missed",
      body: PrepareAndCommitRequestSchema,
      answers: { 200: CommitAnswerSchema },
      handle: async ({ body }): Promise<CommitAnswer> => ({
        status: await sled.prepareAndCommit(configurationOf(body.config)),
      }),
    }),
    route({
      method: "POST",
      url: `${V1}/unlock`,
      access: "operator",
      summary: "Loads the rack secret; with timeoutMs it waits for it (200), else starts (202)",
      body: UnlockRequestSchema,
      answers: { 200: LockSchema, 202: LockSchema },
      handle: async ({ body, status, request }): Promise<LockAnswer> => {
        const { timeoutMs = 0 } = body;
        // Nothing passes meanwhile, and the server must not take that for a dead connection.
        if (timeoutMs > 0) request.socket.setTimeout(timeoutMs + UNLOCK_ANSWER_MS);
        await sled.unlock(timeoutMs);
        const lock = await sled.lock();
        status(lock.state === "unlocked" ? 200 : 202);
        return lock;
      },
    }),
    route({
      method: "POST",
      url: `${V1}/clear-secrets`,
      access: "operator",
      summary: "Forgets the rack secrets until someone asks to unlock",
      answers: { 200: LockSchema },
      handle: () => {
        sled.clearSecrets();
        return sled.lock();
      },
    }),
    route({
      method: "POST",
      url: `${V1}/verify`,
      access: "operator",
      summary: "Reads both replicas of the ledger again, and mends one from the other",
      answers: { 200: VerifySchema },
      handle: ({ request }) => {
        // Disks that fail are slow, and nothing passes meanwhile.
        request.socket.setTimeout(VERIFY_TIMEOUT_MS);
        return sled.verify();
      },
    }),
  ];
}

function secretRoutes({ sled, takeKey }: RouteTargets): Route[] {
  return [
    route({
      method: "POST",
      url: `${V1}/key`,
      access: "secret",
      summary: "A disk key, derived from the rack secret of an epoch",
      body: KeyRequestSchema,
      answers: { 200: "application/octet-stream" },
      handle: async ({ body, hijack }) => {
        takeKey();
        const { key, epoch } = await sled.diskKey(body);
        let response: ServerResponse;
        try {
          response = hijack();
        } catch (error) {
          key.fill(0);
          throw error;
        }
        sendKey(response, key, epoch);
      },
    }),
  ];
}

/**
 * Sends a key as the whole body, and zeroes it once it is handed to the system, or at once where the
 * client has gone: then neither "close" nor the end of writing has to come any more.
 */
export function sendKey(response: ServerResponse, key: Uint8Array, epoch: number): void {
  const wipe = (): void => {
    key.fill(0);
  };
  let sending = false;
  try {
    if (response.destroyed || response.closed || response.socket?.destroyed !== false) return;
    response.once("close", wipe);
    response.writeHead(200, {
      "content-type": "application/octet-stream",
      "content-length": key.length,
      "cache-control": "no-store",
      [KEY_EPOCH_HEADER]: String(epoch),
    });
    response.end(key, wipe);
    sending = true;
  } finally {
    if (!sending) wipe();
  }
}

function rackRoutes({ sled }: RouteTargets): Route[] {
  return [
    route({
      method: "POST",
      url: `${V1}/proxy/:peer`,
      access: "operator",
      summary: "Asks another sled through this one",
      params: ProxyParamsSchema,
      body: ProxyRequestSchema,
      answers: { 200: ProxyAnswerSchema },
      handle: async ({ params, body }): Promise<ProxyAnswer> => {
        const peer = parseBaseboardId(params.peer);
        const result = await sled.proxy(peer, proxyOperationOf(body));
        switch (result.kind) {
          case "commit":
            return { kind: "commit", status: result.status };
          case "status": {
            const { connectedPeers, alarms, persistentState, proxiedRequests } = result.status;
            const status = {
              connectedPeers: [...connectedPeers],
              alarms: alarms.map(alarmJson),
              persistentState: persistentStateJson(persistentState),
              proxiedRequests,
            };
            return { kind: "status", status };
          }
          case "error": {
            const { error } = result;
            if (error.kind !== "noInnerError") throw proxiedError(error.error);
            throw new DaemonError("ERR_TQD_PROXY_REFUSED", { peer });
          }
          default:
            return result satisfies never;
        }
      },
    }),
    route({
      method: "GET",
      url: `${V1}/network-config`,
      access: "operator",
      summary: "The early network configuration that this sled holds",
      answers: { 200: NetworkConfigSchema },
      handle: () => {
        const held = sled.networkConfig();
        if (held === null) throw new DaemonError("ERR_TQD_NO_NETWORK_CONFIG", {});
        return { generation: held.generation, blob: Buffer.from(held.blob).toString("base64") };
      },
    }),
    route({
      method: "PUT",
      url: `${V1}/network-config`,
      access: "operator",
      summary: "Replaces it by one of a higher generation, on the whole rack",
      body: NetworkConfigSchema,
      answers: { 200: Type.Object({ generation: Type.Integer() }) },
      handle: async ({ body: { generation, blob } }) => {
        const bytes = new Uint8Array(Buffer.from(blob, "base64"));
        await sled.setNetworkConfig({ generation, blob: bytes });
        return { generation };
      },
    }),
  ];
}

function logRoutes({ sled, streamsMax, stream, eventLogFolder }: RouteTargets): Route[] {
  const folder = (): string => {
    if (eventLogFolder === null) throw new DaemonError("ERR_TQD_NO_EVENT_LOG", {});
    return eventLogFolder;
  };
  return [
    route({
      method: "GET",
      url: `${V1}/events`,
      access: "operator",
      summary: "What happens on this sled, as Server-Sent Events",
      answers: { 200: "text/event-stream" },
      handle: ({ request, header, hijack }) => {
        if (sled.streams >= streamsMax) {
          throw new DaemonError("ERR_TQD_TOO_MANY_STREAMS", { limit: streamsMax });
        }
        // Who only asks about the stream gets none, and takes nobody's place.
        if (request.method === "HEAD") {
          header("content-type", EVENT_STREAM);
          return null;
        }
        sled.streams += 1;
        stream(hijack(), request, () => {
          sled.streams -= 1;
        });
        return undefined;
      },
    }),
    route({
      method: "GET",
      url: `${V1}/log`,
      access: "operator",
      summary: "The files of the event log, oldest first",
      answers: { 200: LogSchema },
      handle: () => logFiles(folder()),
    }),
    route({
      method: "GET",
      url: `${V1}/log/:name`,
      access: "operator",
      summary: "One file of the event log",
      params: LogParamsSchema,
      answers: { 200: "application/octet-stream" },
      handle: async ({ params, header }) => {
        const { file, bytes } = await findLogFile(folder(), params.name);
        header("content-type", "application/octet-stream");
        header("content-length", String(bytes));
        // It may grow meanwhile: what was promised is what is sent.
        return bytes === 0 ? Buffer.alloc(0) : createReadStream(file, { end: bytes - 1 });
      },
    }),
  ];
}

/** A peer's refusal, as if it were our own. */
function proxiedError(error: ProxiedCommitError): TrustQuorumError {
  switch (error.kind) {
    case "invalidRackId": {
      const { expected, got } = error;
      return new TrustQuorumError("ERR_TQ_INVALID_RACK_ID", { expected, got });
    }
    case "notPrepared":
      return new TrustQuorumError("ERR_TQ_NOT_PREPARED", { epoch: error.epoch });
    case "expunged":
      return new TrustQuorumError("ERR_TQ_EXPUNGED", { epoch: error.epoch, from: error.from });
    default:
      return error satisfies never;
  }
}
