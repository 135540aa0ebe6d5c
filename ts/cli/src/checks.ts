/** What `tq doctor` looks at: each check with its verdict and, where it is not well, what to do. */
import { parseBaseboardId } from "trust-quorum";
import type { BaseboardId } from "trust-quorum";
import type { StatusAnswer } from "@trust-quorum/api/schemas/status";
import type { Survey } from "@trust-quorum/control-plane/survey";
import { serialOf } from "./rack.ts";
import { rackFacts } from "./rack-facts.ts";

/** One thing that was looked at. */
export interface Check {
  /** The sled's serial number, or "rack". */
  readonly where: string;
  readonly what:
    | "answers"
    | "lock"
    | "membership"
    | "disks"
    | "scrub"
    | "space"
    | "clock"
    | "certificate"
    | "peers"
    | "alarms"
    | "limits"
    | "quorum"
    | "journal"
    | "layout";
  readonly verdict: "ok" | "warning" | "failed";
  /** What was found. */
  readonly text: string;
  /** What to do about it; null where all is well. */
  readonly advice: string | null;
}

const DAY_S = 86_400;
const CERTIFICATE_WARNING_DAYS = 30;

/** All checks of a rack by what its sleds said. */
export function checkRack(ids: readonly BaseboardId[], seen: Survey<StatusAnswer>): Check[] {
  return [...ids.flatMap((id) => checkSled(id, ids, seen)), checkQuorum(ids, seen)];
}

function checkSled(
  id: BaseboardId,
  ids: readonly BaseboardId[],
  seen: Survey<StatusAnswer>,
): Check[] {
  const where = serialOf(id);
  const answer = seen.answers.get(id);
  if (answer === undefined) {
    const text = seen.failures.get(id)?.message ?? "it does not answer";
    const advice = `start it (\`tq up ${where}\`, or its service), or check its address in rack.toml`;
    return [{ where, what: "answers", verdict: "failed", text, advice }];
  }
  const good = { where, verdict: "ok", advice: null } as const;
  return [
    { ...good, what: "answers", text: `tqd ${answer.version} answers` },
    checkLock(where, answer),
    ...checkRemoval(where, answer),
    ...checkDisks(where, answer),
    ...checkScrub(where, answer),
    ...checkSpace(where, answer),
    checkClock(where, answer),
    checkCertificate(where, answer),
    checkPeers(where, answer, ids, seen),
    checkAlarms(where, answer),
    checkLimits(where, answer),
  ];
}

function checkLock(where: string, { lock }: StatusAnswer): Check {
  const what = "lock";
  switch (lock.state) {
    case "unlocked":
      return {
        where,
        what,
        verdict: "ok",
        text: `unlocked, epoch ${lock.epoch ?? "?"}`,
        advice: null,
      };
    case "locked": {
      const waiting = lock.waitingFor.map(
        ({ peer, text }) => `${serialOf(parseBaseboardId(peer))}: ${text}`,
      );
      const text = `locked: ${lock.collected.length} of ${lock.threshold ?? "?"} shares; ${waiting.join("; ")}`;
      const advice = lock.automatic
        ? "bring up the members that are missing; it unlocks by itself"
        : "run `tq unlock --wait`";
      return { where, what, verdict: "failed", text, advice };
    }
    case "lrtqOnly":
      return {
        where,
        what,
        verdict: "warning",
        text: "it runs on the bootstore's share",
        advice: "run `tq upgrade`",
      };
    case "uninitialized":
      return {
        where,
        what,
        verdict: "warning",
        text: "it belongs to no configuration",
        advice: `run \`tq member add ${where}\``,
      };
    case "expunged":
      return {
        where,
        what,
        verdict: "warning",
        text: "it was removed from the rack",
        advice: "stop it, and reset it before it is used again",
      };
    default:
      return lock.state satisfies never;
  }
}

/** Fewer members than a sled believes say that it was removed: true of it, or a lie of theirs. */
function checkRemoval(where: string, { node }: StatusAnswer): Check[] {
  const { removalReports } = node;
  if (removalReports == null) return [];
  const { epoch, from, threshold } = removalReports;
  const who = from.map((id) => serialOf(parseBaseboardId(id))).join(", ");
  const text = `${from.length} of ${threshold} members say that this sled was removed at epoch ${epoch} (${who})`;
  const advice =
    "compare with `tq status`: if it is still a member, look at those sleds; do not reset this one";
  return [{ where, what: "membership", verdict: "warning", text, advice }];
}

function checkDisks(where: string, { replicas, degradedMode, node }: StatusAnswer): Check[] {
  const what = "disks";
  const broken = replicas.filter(({ healthy }) => !healthy);
  if (broken.length > 0) {
    return broken.map(({ folder, problem }) => ({
      where,
      what,
      verdict: "failed",
      text: `${folder}: ${problem ?? "unhealthy"}`,
      advice: `replace the disk, then restart the daemon (or \`tq recover ${where}\` while it is stopped)`,
    }));
  }
  const text = `${replicas.length} replicas at generation ${node.persistedGeneration}`;
  if (!degradedMode) return [{ where, what, verdict: "ok", text, advice: null }];
  const advice = "turn ledger.degraded off again: both replicas are healthy";
  return [{ where, what, verdict: "warning", text: `${text}, degraded mode is on`, advice }];
}

/** Nothing where the daemon's version does not read its replicas again. */
function checkScrub(where: string, { scrub, replicas, startedAt }: StatusAnswer): Check[] {
  if (scrub === undefined) return [];
  const what = "scrub";
  const { counts, last, everyMinutes } = scrub;
  if (last === null) {
    // A start reads and writes both replicas, too.
    const text = `both replicas were written at the start, ${startedAt}`;
    const advice = "run `tq verify` now and then: ledger.verify_every_minutes is 0";
    const isOn = everyMinutes > 0;
    return [{ where, what, verdict: "ok", text, advice: isOn ? null : advice }];
  }
  const bad = counts.damaged + counts.diverged + counts.mended;
  const found = `${last.outcome} at ${last.at}`;
  if (last.outcome === "damaged" || last.outcome === "diverged") {
    const advice = "do not restart it before you have read docs/operators/recover.md";
    return [{ where, what, verdict: "failed", text: found, advice }];
  }
  if (bad === 0) return [{ where, what, verdict: "ok", text: found, advice: null }];
  const text = `${found}; ${bad} of its scrubs since the start found a replica damaged`;
  const advice = `look at the disks below ${replicas.map(({ folder }) => folder).join(" and ")}: one that lost data will lose more`;
  return [{ where, what, verdict: "warning", text, advice }];
}

const MIB = 1024 * 1024;

/** Nothing where the daemon's version does not say. */
function checkSpace(where: string, { replicas }: StatusAnswer): Check[] {
  const what = "space";
  const known = replicas.flatMap(({ folder, space }) => (space ? [{ folder, space }] : []));
  if (known.length === 0) return [];
  const text = known
    .map(({ folder, space: { freeBytes, freeFiles } }) => {
      const files =
        freeFiles === null || freeFiles > FILES_WORTH_SAYING ? "" : `, ${freeFiles} files`;
      return `${folder}: ${Math.floor(freeBytes / MIB)} MiB free${files}`;
    })
    .join("; ");
  const states = known.map(({ space }) => space.state);
  if (states.includes("critical")) {
    const advice = "make room now: a save that does not fit ends the daemon";
    return [{ where, what, verdict: "failed", text, advice }];
  }
  if (!states.includes("low")) return [{ where, what, verdict: "ok", text, advice: null }];
  const advice = "make room on these file systems, or give the ledger file systems of its own";
  return [{ where, what, verdict: "warning", text, advice }];
}

const FILES_WORTH_SAYING = 1000;

function checkClock(where: string, { clockWarnings }: StatusAnswer): Check {
  const what = "clock";
  if (clockWarnings.length === 0) {
    return { where, what, verdict: "ok", text: "within its certificates' dates", advice: null };
  }
  const text = clockWarnings.join("; ");
  const advice =
    "set the clock (it does not keep the rack from unlocking), or renew the certificate";
  return { where, what, verdict: "warning", text, advice };
}

function checkCertificate(where: string, { certificate }: StatusAnswer): Check {
  const what = "certificate";
  if (certificate === null) {
    const advice = "look into the daemon's log";
    return { where, what, verdict: "failed", text: "none is loaded", advice };
  }
  const days = Math.floor(certificate.expiresInSeconds / DAY_S);
  if (days >= CERTIFICATE_WARNING_DAYS) {
    return { where, what, verdict: "ok", text: `valid for ${days} days`, advice: null };
  }
  const advice = "issue a new one and put it in place: the daemon loads it without a restart";
  return days < 0
    ? { where, what, verdict: "failed", text: `expired ${-days} days ago`, advice }
    : { where, what, verdict: "warning", text: `expires in ${days} days`, advice };
}

function checkPeers(
  where: string,
  answer: StatusAnswer,
  ids: readonly BaseboardId[],
  seen: Survey<StatusAnswer>,
): Check {
  const what = "peers";
  const connected = new Set(answer.node.connectedPeers);
  // Those that answer us should be connected to each other; the others have a check of their own.
  const lost = ids.filter((id) => id !== answer.self && seen.answers.has(id) && !connected.has(id));
  if (lost.length === 0) {
    return { where, what, verdict: "ok", text: `${connected.size} connected`, advice: null };
  }
  const reasons = lost.map((id) => {
    const failure = answer.peers.find((peer) => peer.id === id)?.lastFailure;
    return `${serialOf(id)} (${failure?.text ?? "no attempt yet"})`;
  });
  return {
    where,
    what,
    verdict: "failed",
    text: `not connected: ${reasons.join(", ")}`,
    advice: "check the network between them, their addresses in the peers' file, and certificates",
  };
}

function checkAlarms(where: string, { node }: StatusAnswer): Check {
  const what = "alarms";
  if (node.alarms.length === 0) return { where, what, verdict: "ok", text: "none", advice: null };
  const text = [...new Set(node.alarms.map((alarm) => `${alarm.kind}: ${alarm.text}`))].join("; ");
  return {
    where,
    what,
    verdict: "failed",
    text,
    advice: "docs/operators/alarms.md says what to do",
  };
}

function checkLimits(where: string, { hardening }: StatusAnswer): Check {
  const what = "limits";
  const open = Object.values(hardening).filter(({ active }) => !active);
  if (open.length === 0) {
    return { where, what, verdict: "ok", text: "the process is protected", advice: null };
  }
  const text = open.map((measure) => measure.text).join("; ");
  const advice = "give the service the limits of the systemd unit (LimitMEMLOCK, LimitCORE)";
  return { where, what, verdict: "warning", text, advice };
}

function checkQuorum(ids: readonly BaseboardId[], seen: Survey<StatusAnswer>): Check {
  const { epoch, threshold, tolerance, members } = rackFacts(ids, seen);
  const [where, what] = ["rack", "quorum"] as const;
  if (epoch === null || threshold === null || tolerance === null) {
    const text = "no configuration is committed";
    const advice = "run `tq upgrade` (from the bootstore) or `tq create`";
    return { where, what, verdict: "warning", text, advice };
  }
  const here = tolerance + threshold;
  const text = `${here} of ${members.length} members are here, K = ${threshold}`;
  if (tolerance > 0) return { where, what, verdict: "ok", text, advice: null };
  const advice = "bring members back before another one is lost";
  return { where, what, verdict: tolerance < 0 ? "failed" : "warning", text, advice };
}
