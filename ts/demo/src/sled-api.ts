/**
 * A sled of the demo as a control plane asks it: the same requests and answers as over a daemon's HTTP
 * API, without the HTTP.
 */
import type { ControlPlaneApi } from "@trust-quorum/api/client/api";
import { OperatorError, RefusedError, UnreachableError } from "@trust-quorum/api/client/errors";
import {
  configurationOf,
  configurationsJson,
  errorJson,
  nodeStatusJson,
  reconfigureRequestOf,
  upgradeRequestOf,
} from "@trust-quorum/api/convert";
import { epoch, isTrustQuorumError, parseRackId } from "trust-quorum";
import type { BaseboardId, TrustQuorumDriver } from "trust-quorum";
import { wipeState } from "trust-quorum/ledger";
import type { LedgerFolder } from "./ledger-files.ts";
import type { Rack } from "./rack.ts";

/** The sleds with these names, each with the way to ask it. */
export function sledApis(
  rack: Rack,
  folder: LedgerFolder,
  ids: Iterable<BaseboardId>,
): ReadonlyMap<BaseboardId, ControlPlaneApi> {
  return new Map(Array.from(ids, (id) => [id, sledApi(rack, folder, id)]));
}

function sledApi(rack: Rack, folder: LedgerFolder, id: BaseboardId): ControlPlaneApi {
  const ask = async <T>(what: (node: TrustQuorumDriver) => Promise<T>): Promise<T> => {
    if (!rack.reachable(id)) throw new UnreachableError(id, "it has no power, or its cable is out");
    try {
      return await what(rack.node(id));
    } catch (error) {
      if (!isTrustQuorumError(error)) throw error;
      throw new RefusedError(id, { status: 409, ...errorJson(error) });
    }
  };
  return {
    status: () => ask(async (node) => ({ node: nodeStatusJson(await node.status()) })),
    coordinator: () =>
      ask(async (node) => ({ coordinating: nodeStatusJson(await node.status()).coordinating })),
    configurations: async () => {
      const ledger = await folder.load(id);
      if (ledger === null) return { configurations: [] };
      const answer = configurationsJson(ledger.state);
      wipeState(ledger.state);
      return answer;
    },
    reconfigure: (body) =>
      ask((node) => node.coordinateReconfiguration(reconfigureRequestOf(body))),
    upgrade: (body) => ask((node) => node.coordinateUpgradeFromLrtq(upgradeRequestOf(body))),
    commit: (body) =>
      ask(async (node) => {
        await node.commit({ rackId: parseRackId(body.rackId), epoch: epoch(body.epoch) });
        return { status: "committed" };
      }),
    prepareAndCommit: (config) =>
      ask(async (node) => ({ status: await node.prepareAndCommit(configurationOf(config)) })),
    // Whoever other sleds reach is reached by the control plane too: nobody is asked through another.
    proxy: () =>
      Promise.reject(new OperatorError("ERR_TQ_CLI_UNREACHABLE", `${id} passes nothing on`)),
  };
}
