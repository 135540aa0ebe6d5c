/**
 * The metrics of a sled in Prometheus' format, in a registry of their own. What the node, the mesh and
 * the disks know is read at each scrape; only durations and requests are counted on the way.
 * docs/operators/metrics.md is written from this table; a test holds it to it.
 */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import { LOCK_STATES } from "@trust-quorum/api/schemas/lock";
import type { AlarmKind } from "@trust-quorum/api/schemas/node";
import type { StatusAnswer } from "@trust-quorum/api/schemas/status";
import { ALARM_TEXTS } from "@trust-quorum/api/schemas/node";
import { toSnake } from "@trust-quorum/sled-host/config/keys";
import { openMetricsText } from "./open-metrics.ts";
import type { MeshPort } from "./ports.ts";

/** What is read at every scrape. */
export interface MetricsSnapshot {
  readonly status: StatusAnswer;
  /** What the transport counted since the start. */
  readonly transport: ReturnType<MeshPort["counts"]>;
  readonly streams: number;
  /** How often something was wrong with each replica, by its folder. */
  readonly replicaFaults: ReadonlyMap<string, number>;
}

/** Why a connection to the API was not let in, or had to go. */
export const CONNECTION_REFUSALS = ["notAllowed", "madeRoom", "peerLimit"] as const;
export type ConnectionRefusal = (typeof CONNECTION_REFUSALS)[number];

/** The metrics, and the few that are counted as things happen. */
export interface SledMetrics {
  readonly registry: Registry;
  /** The text of a scrape, with its media type. */
  scrape(options?: {
    /** Whether in OpenMetrics' format, not in Prometheus' own. */
    readonly openMetrics?: boolean;
  }): Promise<{ readonly text: string; readonly contentType: string }>;
  unlocked(seconds: number): void;
  unlockFailed(): void;
  persisted(seconds: number): void;
  persistFailed(): void;
  keyDerived(): void;
  request(labels: { readonly route: string; readonly status: number }): void;
  connectionRefused(reason: ConnectionRefusal): void;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Makes the registry; `snapshot` is asked once for each scrape. */
export function createMetrics(snapshot: () => Promise<MetricsSnapshot>): SledMetrics {
  const registry = new Registry();
  const gauges = createGauges(registry);
  const registers = [registry];
  const unlockSeconds = new Histogram({
    name: "trust_quorum_unlock_seconds",
    help: "Time from the begin of an unlock attempt to the loaded rack secret.",
    buckets: SECONDS,
    registers,
  });
  const unlockFailures = new Counter({
    name: "trust_quorum_unlock_failures_total",
    help: "Attempts to load the rack secret that failed.",
    registers,
  });
  const persistSeconds = new Histogram({
    name: "trust_quorum_persist_seconds",
    help: "Time to make a change of the ledger durable on the replicas.",
    buckets: SECONDS,
    registers,
  });
  const persistFailures = new Counter({
    name: "trust_quorum_persist_failures_total",
    help: "Changes of the ledger that could not be made durable; the daemon stops after one.",
    registers,
  });
  const keys = new Counter({
    name: "trust_quorum_keys_derived_total",
    help: "Disk keys that were derived and handed out.",
    registers,
  });
  const requests = new Counter({
    name: "trust_quorum_api_requests_total",
    help: "Requests to the API, by route and status.",
    labelNames: ["route", "status"],
    registers,
  });
  const connections = new Counter({
    name: "trust_quorum_api_connections_refused_total",
    help: "Connections to the API that were closed: of users who may not use it, to make room, or beyond one peer's limit.",
    labelNames: ["reason"],
    registers,
  });
  for (const reason of CONNECTION_REFUSALS) connections.inc({ reason: toSnake(reason) }, 0);
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    async scrape({ openMetrics = false } = {}) {
      gauges.update(await snapshot());
      const text = await registry.metrics();
      if (!openMetrics) return { text, contentType: registry.contentType };
      return { text: openMetricsText(text), contentType: Registry.OPENMETRICS_CONTENT_TYPE };
    },
    unlocked: (seconds) => unlockSeconds.observe(seconds),
    unlockFailed: () => unlockFailures.inc(),
    persisted: (seconds) => persistSeconds.observe(seconds),
    persistFailed: () => persistFailures.inc(),
    keyDerived: () => keys.inc(),
    request: ({ route, status }) => requests.inc({ route, status }),
    connectionRefused: (reason) => connections.inc({ reason: toSnake(reason) }),
  };
}

type Update = (snapshot: MetricsSnapshot) => void;

function createGauges(registry: Registry): { update: Update } {
  const updates: Update[] = [];
  const gauge = (
    name: string,
    help: string,
    value: (snapshot: MetricsSnapshot) => number,
  ): void => {
    const metric = new Gauge({ name: `trust_quorum_${name}`, help, registers: [registry] });
    updates.push((snapshot) => metric.set(value(snapshot)));
  };
  /** A gauge or counter with one label, all of whose values are known at every scrape. */
  const labelled = (
    kind: typeof Gauge | typeof Counter,
    { name, help, label }: { readonly name: string; readonly help: string; readonly label: string },
    values: (snapshot: MetricsSnapshot) => Iterable<readonly [string, number]>,
  ): void => {
    const metric = new kind({
      name: `trust_quorum_${name}`,
      help,
      labelNames: [label],
      registers: [registry],
    });
    updates.push((snapshot) => {
      metric.reset();
      for (const [labelValue, value] of values(snapshot))
        metric.inc({ [label]: labelValue }, value);
    });
  };

  const info = new Gauge({
    name: "trust_quorum_info",
    help: "Always 1; its labels say which sled, rack and version this is.",
    labelNames: ["sled", "rack", "version"],
    registers: [registry],
  });
  updates.push(({ status }) => {
    info.reset();
    info.set({ sled: status.self, rack: status.rackId ?? "", version: status.version }, 1);
  });
  lockGauges(gauge, labelled);
  rackGauges(gauge, labelled);
  diskGauges(gauge);
  scrubGauges(gauge, labelled);
  return { update: (snapshot) => updates.forEach((update) => update(snapshot)) };
}

type DefineGauge = (
  name: string,
  help: string,
  value: (snapshot: MetricsSnapshot) => number,
) => void;
type DefineLabelled = (
  kind: typeof Gauge | typeof Counter,
  names: { readonly name: string; readonly help: string; readonly label: string },
  values: (snapshot: MetricsSnapshot) => Iterable<readonly [string, number]>,
) => void;

function lockGauges(gauge: DefineGauge, labelled: DefineLabelled): void {
  gauge(
    "locked",
    "0 where the rack secret of the latest committed epoch is loaded, else 1.",
    ({ status }) => Number(status.lock.state !== "unlocked"),
  );
  labelled(
    Gauge,
    { name: "lock_state", help: "1 for the state the lock is in, else 0.", label: "state" },
    ({ status }) =>
      LOCK_STATES.map((state) => [state, Number(state === status.lock.state)] as const),
  );
  gauge("ready", "1 where GET /ready answers 200, else 0.", ({ status }) =>
    Number(status.ready.ready),
  );
  gauge(
    "epoch",
    "The latest committed epoch; 0 where there is none.",
    ({ status }) => status.lock.epoch ?? 0,
  );
  gauge(
    "prepared_epoch",
    "The latest epoch whose share this sled holds, committed or not; 0 where there is none.",
    ({ status }) => status.node.persistentState.shares.at(-1) ?? 0,
  );
  gauge(
    "threshold",
    "K of the latest committed configuration; 0 where there is none.",
    ({ status }) => status.lock.threshold ?? 0,
  );
  gauge(
    "members",
    "N of the latest committed configuration; 0 where there is none.",
    ({ status }) => status.lock.members ?? 0,
  );
  gauge(
    "shares_collected",
    "Shares in hand while the rack secret is being collected, else 0.",
    ({ status }) => status.lock.collected.length,
  );
}

function rackGauges(gauge: DefineGauge, labelled: DefineLabelled): void {
  gauge(
    "peers_connected",
    "Peers that this sled is connected with.",
    ({ status }) => status.node.connectedPeers.length,
  );
  gauge("peers_known", "Peers that this sled knows of.", ({ status }) => status.peers.length);
  gauge(
    "failure_tolerance",
    "Reachable members (this sled among them) beyond K: how many more may fail. NaN before a commit.",
    ({ status }) => status.failureTolerance ?? Number.NaN,
  );
  gauge("coordinating", "1 while this sled coordinates a configuration, else 0.", ({ status }) =>
    Number(status.node.coordinating !== null),
  );
  gauge("expunged", "1 where this sled was removed from its rack, else 0.", ({ status }) =>
    Number(status.node.persistentState.expunged !== null),
  );
  gauge(
    "removal_reports",
    "How many members say that this sled was removed, while they are fewer than it believes.",
    ({ status }) => status.node.removalReports?.from.length ?? 0,
  );
  gauge(
    "suspect_epochs",
    "How many epochs' shares or secrets were found wrong when they were loaded.",
    ({ status }) => status.node.suspectEpochs?.length ?? 0,
  );
  labelled(
    Gauge,
    { name: "alarms", help: "Raised alarms by kind; any above 0 needs a person.", label: "kind" },
    ({ status }) => {
      const counts = new Map(Object.keys(ALARM_TEXTS).map((kind) => [kind as AlarmKind, 0]));
      for (const { kind } of status.node.alarms) counts.set(kind, (counts.get(kind) ?? 0) + 1);
      return counts;
    },
  );
  labelled(
    Counter,
    {
      name: "refused_total",
      help: "Messages and requests that the node refused, by reason (see ERRORS.md).",
      label: "reason",
    },
    ({ status }) => Object.entries(status.node.diagnostics.counts),
  );
  labelled(
    Counter,
    {
      name: "transport_refused_total",
      help: "Connections and frames that the transport refused, by reason.",
      label: "reason",
    },
    ({ transport }) => Object.entries(transport.endings),
  );
  labelled(
    Counter,
    {
      name: "transport_events_total",
      help: "What the transport counts besides: connections, frames, bytes and more, by event.",
      label: "event",
    },
    ({ transport }) =>
      Object.entries(transport.events).map(([event, count]) => [toSnake(event), count] as const),
  );
  gauge(
    "network_config_generation",
    "The generation of the network configuration that is held; 0 where there is none.",
    ({ status }) => status.networkConfig?.generation ?? 0,
  );
}

function scrubGauges(gauge: DefineGauge, labelled: DefineLabelled): void {
  labelled(
    Gauge,
    {
      name: "replica_free_bytes",
      help: "Bytes that can still be written to a replica's file system; NaN where it does not say.",
      label: "folder",
    },
    ({ status }) =>
      status.replicas.map(({ folder, space }) => [folder, space?.freeBytes ?? Number.NaN] as const),
  );
  labelled(
    Gauge,
    {
      name: "replica_space_low",
      help: "0 where a replica's file system has room, 1 where it is little, 2 where the next save may fail.",
      label: "folder",
    },
    ({ status }) =>
      status.replicas.map(({ folder, space }) => [folder, SPACE_LEVELS[space?.state ?? "ok"]]),
  );
  labelled(
    Counter,
    {
      name: "scrubs_total",
      help: "How often the replicas were read again, by what that came to.",
      label: "outcome",
    },
    ({ status }) => Object.entries(status.scrub?.counts ?? {}),
  );
  labelled(
    Counter,
    {
      name: "replica_faults_total",
      help: "How often a replica did not hold what was saved to it, mended or not.",
      label: "folder",
    },
    ({ status, replicaFaults }) =>
      status.replicas.map(({ folder }) => [folder, replicaFaults.get(folder) ?? 0]),
  );
  gauge(
    "scrub_last_timestamp_seconds",
    "When the replicas were read again last, in seconds since 1970; 0 before the first time.",
    ({ status }) => (status.scrub?.last ? Date.parse(status.scrub.last.at) / 1000 : 0),
  );
  gauge(
    "scrub_last_seconds",
    "How long that took.",
    ({ status }) => status.scrub?.last?.seconds ?? 0,
  );
}

const SPACE_LEVELS = { ok: 0, low: 1, critical: 2 } as const;

function diskGauges(gauge: DefineGauge): void {
  gauge(
    "replicas_healthy",
    "Replicas of the ledger that hold what was written last.",
    ({ status }) => status.replicas.filter(({ healthy }) => healthy).length,
  );
  gauge("replicas", "Replicas of the ledger that are configured.", ({ status }) => {
    return status.replicas.length;
  });
  gauge(
    "degraded_mode",
    "1 where the daemon was told to go on with fewer replicas, else 0.",
    ({ status }) => Number(status.degradedMode),
  );
  gauge(
    "ledger_generation",
    "The generation of the ledger that is durable.",
    ({ status }) => status.node.persistedGeneration,
  );
  gauge(
    "certificate_expiry_timestamp_seconds",
    "When this sled's certificate expires, in seconds since 1970; 0 where there is none.",
    ({ status }) =>
      status.certificate === null ? 0 : Date.parse(status.certificate.notAfter) / 1000,
  );
  gauge(
    "clock_warnings",
    "What was found wrong with clock and validity dates while they are advisory.",
    ({ status }) => status.clockWarnings.length,
  );
  gauge(
    "config_generation",
    "How often configuration and certificates were loaded.",
    ({ status }) => {
      return status.configGeneration;
    },
  );
  gauge("api_streams", "Open event streams.", ({ streams }) => streams);
}
