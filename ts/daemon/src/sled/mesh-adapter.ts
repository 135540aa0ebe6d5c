/** The mesh as a sled sees it: peers from the configuration and from a watched file, and what it tells. */
import { parseBaseboardId, wipeMessage } from "trust-quorum";
import type { BaseboardId, Envelope } from "trust-quorum";
import type { Config } from "@trust-quorum/sled-host/config/schema";
import { Mesh } from "../mesh/mesh.ts";
import { watchPeersFile } from "../mesh/peers-file.ts";
import type { PeerLinkStatus } from "../mesh/types.ts";
import type { LedgerStore } from "@trust-quorum/sled-host/store/types";
import type { PeerStatusJson } from "@trust-quorum/api/schemas/status";
import { errorFields } from "./logger.ts";
import type { Log } from "./logger.ts";
import type { MeshCallbacks, MeshPort } from "./ports.ts";
import { answerProxied } from "./proxied.ts";

/** Starts the mesh of a sled. */
export async function startMesh(options: {
  readonly config: Config;
  readonly networkConfigs: LedgerStore["networkConfig"];
  readonly sled: MeshCallbacks;
  readonly log: Log;
}): Promise<MeshPort> {
  const { config, sled, log } = options;
  const { driver } = sled;
  const configured = config.mesh.peers.map(({ id, address }) => ({
    id: parseBaseboardId(id),
    address,
  }));
  const { peersFile } = config.mesh;
  let unlocked = false;

  const watched =
    peersFile === undefined
      ? undefined
      : await watchPeersFile(peersFile, {
          peers: (peers) => {
            log.info({ peers: peers.length }, "the peers have changed");
            mesh.setPeers([...configured, ...peers]);
          },
          problem: (error) => log.error(errorFields(error), "the old peers stay in use"),
        });
  const mesh: Mesh = new Mesh({
    self: driver.self,
    listen: config.mesh.listen,
    certificates: config.mesh,
    peers: [...configured, ...(watched?.peers ?? [])],
    limits: { pendingMax: config.mesh.pendingMax },
    // A clock that is wrong at a cold boot must not keep the rack locked.
    dates: () => (unlocked ? "enforced" : "advisory"),
    networkConfigs: options.networkConfigs,
    log,
    handlers: {
      connected: (peer) => {
        driver.connect(peer);
        sled.peerConnected(peer);
      },
      disconnected: (peer, reason) => {
        driver.disconnect(peer);
        sled.peerDisconnected(peer, reason);
      },
      peerMessage: (peer, message) => driver.receive(peer, message),
      undecodable: (peer, code) => driver.refuseUndecodable(peer, code),
      networkConfig: ({ generation }) => sled.networkConfigChanged(generation),
      proxyRequest: (peer, operation) =>
        answerProxied(driver, operation, {
          peer,
          commits: config.mesh.proxiedCommits,
          inFlight: () => mesh.proxiedRequests,
        }),
    },
  });
  try {
    await mesh.start();
  } catch (error) {
    watched?.watch.close();
    await mesh.close();
    throw error;
  }
  return {
    send: (envelope) => send(mesh, envelope),
    get listening() {
      return mesh.status().listening !== null;
    },
    peers: () => mesh.status().peers.map(peerStatus),
    hasAddress: (peer) => mesh.hasPeer(peer),
    counts: () => mesh.counters(),
    certificate: () => certificateStatus(mesh, driver.self),
    clockWarnings: () => clockWarnings(mesh),
    proxy: (peer, operation) => mesh.proxy(peer, operation),
    networkConfig: () => mesh.networkConfig ?? null,
    setNetworkConfig: async (network) => {
      await mesh.setNetworkConfig(network);
      sled.networkConfigChanged(network.generation);
    },
    setUnlocked: (now) => {
      unlocked = now;
    },
    reload: async () => {
      await watched?.reread();
      const problem = await mesh.reloadTls();
      // The mesh has logged it.
      return problem === undefined;
    },
    close: async () => {
      watched?.watch.close();
      await mesh.close();
    },
  };
}

function send(mesh: Mesh, { to, message }: Envelope): void {
  try {
    mesh.send(to, { kind: "peer", message });
  } finally {
    wipeMessage(message);
  }
}

function peerStatus(peer: PeerLinkStatus): Omit<PeerStatusJson, "member"> {
  const { id, address, connected, connectedSince, lastEnding } = peer;
  return {
    id,
    address,
    connected,
    connectedSince: connectedSince === null ? null : isoTime(connectedSince),
    lastFailure: lastEnding && {
      reason: lastEnding.reason,
      text: lastEnding.text,
      at: isoTime(lastEnding.at),
    },
  };
}

function certificateStatus(mesh: Mesh, self: BaseboardId): ReturnType<MeshPort["certificate"]> {
  const { certificate } = mesh.status();
  if (certificate === null) return null;
  const { fingerprint, notBefore, notAfter } = certificate;
  return {
    subject: self,
    fingerprint,
    notBefore: isoTime(notBefore),
    notAfter: isoTime(notAfter),
    expiresInSeconds: Math.round((notAfter - Date.now()) / 1000),
  };
}

function clockWarnings(mesh: Mesh): string[] {
  const { certificateDateProblem, certificateProblem, peers } = mesh.status();
  return [
    ...(certificateDateProblem === null
      ? []
      : [`this sled's certificate: ${certificateDateProblem}`]),
    ...(certificateProblem === null ? [] : [`certificates not reloaded: ${certificateProblem}`]),
    ...peers.flatMap(({ id, dateProblem }) =>
      dateProblem === null ? [] : [`${id}: ${dateProblem}`],
    ),
  ];
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
