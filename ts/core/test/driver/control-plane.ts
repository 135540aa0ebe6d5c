/** A control plane for a {@link Rack}: the policy of `src/control`, run to a commit. */
import { expect } from "vitest";
import type { ErrorCode } from "../../src/base/errors.ts";
import type { BaseboardId } from "../../src/base/id-types.ts";
import { nextActions } from "../../src/control/next-actions.ts";
import type { ControlAction, ReconcilerView } from "../../src/control/next-actions.ts";
import { proposeConfiguration } from "../../src/control/propose.ts";
import type { Proposal } from "../../src/control/propose.ts";
import {
  abortConfiguration,
  acknowledgeCommit,
  decideCommit,
  isPreparing,
  learnFromCoordinator,
} from "../../src/control/record.ts";
import type { ConfigurationRecord } from "../../src/control/record.ts";
import type { RackSecret } from "../../src/protocol/crypto.ts";
import type { PersistentState } from "../../src/protocol/persistent-state.ts";
import type { Rack } from "./rack.ts";

export class ControlPlane {
  readonly #rack: Rack;
  readonly records: ConfigurationRecord[] = [];
  #refused: ErrorCode | undefined;

  constructor(rack: Rack) {
    this.#rack = rack;
  }

  /** Proposes, and again at the next epoch when the coordinator is lost, until all have committed. */
  async establish(
    proposal: Proposal,
    onState: (state: ConfigurationRecord["state"]) => void = () => undefined,
  ): Promise<ConfigurationRecord> {
    this.#propose(proposal);
    for (let round = 0; ; round++) {
      expect(round).toBeLessThan(100);
      const view = await this.#poll();
      for (const action of nextActions(this.#current, view)) {
        if (action.kind === "done") return this.#current;
        await this.#act(action, proposal);
      }
      onState(this.#current.state);
      await this.#rack.pause();
    }
  }

  /** The rack secret of an epoch, loaded on a sled, however often its process dies meanwhile. */
  async unlock(id: BaseboardId, epoch: number): Promise<RackSecret> {
    for (let round = 0; ; round++) {
      expect(round).toBeLessThan(100);
      const answer = await this.#rack.call(
        id,
        (driver) => driver.waitForRackSecret(epoch),
        (disk) => expect(disk?.commits.size).toBeGreaterThan(0),
      );
      if (answer.kind === "value") return answer.value;
      expect(answer.kind).toBe("lost");
      await this.#rack.pause();
    }
  }

  get #current(): ConfigurationRecord {
    const record = this.records.at(-1);
    if (record === undefined) throw new Error("nothing was proposed");
    return record;
  }

  #propose(proposal: Proposal): void {
    const { record } = proposeConfiguration(this.records, proposal, 0);
    this.records.push(record);
    this.#refused = undefined;
  }

  #store(record: ConfigurationRecord): void {
    this.records[this.records.length - 1] = record;
  }

  async #poll(): Promise<ReconcilerView> {
    if (!isPreparing(this.#current)) return {};
    const answer = await this.#rack.call(
      this.#current.coordinator,
      (driver) => driver.coordinatorStatus(),
      (disk, status) => {
        if (status?.operation !== "prepare") return;
        expect(disk?.configs.get(status.epoch)?.equals(status.config)).toBe(true);
        expect(disk?.shares.has(status.epoch)).toBe(true);
      },
    );
    if (answer.kind !== "value") return {};
    this.#store(learnFromCoordinator(this.#current, answer.value, 0));
    return { coordinator: answer.value, refused: this.#refused };
  }

  async #act(action: ControlAction, proposal: Proposal): Promise<void> {
    switch (action.kind) {
      case "coordinate":
      case "upgrade":
        return this.#coordinate(action);
      case "recordCommit":
        this.#store(decideCommit(this.#current, 0));
        return;
      case "commit":
      case "prepareAndCommit":
        return this.#commit(action);
      case "abort":
        this.#store(abortConfiguration(this.#current, action.reason, 0));
        this.#propose(proposal);
        return;
      case "pollCoordinator":
      case "unreachable":
      case "done":
        return;
      default:
        action satisfies never;
    }
  }

  async #coordinate(
    action: Extract<ControlAction, { kind: "coordinate" | "upgrade" }>,
  ): Promise<void> {
    const answer = await this.#rack.call(
      action.sled,
      (driver) =>
        action.kind === "upgrade"
          ? driver.coordinateUpgradeFromLrtq(action.request)
          : driver.coordinateReconfiguration(action.request),
      (disk) => {
        // Only a rack's first configuration is persisted by the request itself.
        const first = action.kind === "coordinate" && action.request.lastCommittedEpoch === null;
        if (first) expect(disk?.shares.keys()).toContain(action.request.epoch);
      },
    );
    if (answer.kind === "refused") this.#refused = answer.code;
  }

  async #commit(
    action: Extract<ControlAction, { kind: "commit" | "prepareAndCommit" }>,
  ): Promise<void> {
    const { epoch } = this.#current;
    const committed = (disk: PersistentState | null): void =>
      expect(disk?.commits).toContain(epoch);
    const answer =
      action.kind === "commit"
        ? await this.#rack.call(action.sled, (driver) => driver.commit(action.request), committed)
        : await this.#rack.call(
            action.sled,
            (driver) => driver.prepareAndCommit(action.config),
            (disk, value) => {
              if (value === "committed") committed(disk);
            },
          );
    expect(answer.kind).not.toBe("refused");
    if (answer.kind !== "value" || answer.value === "pending") return;
    this.#store(acknowledgeCommit(this.#current, [action.sled], 0));
  }
}
