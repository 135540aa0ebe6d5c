/** How often each kind of action is drawn, by profile. */
import type { Profile } from "./options.ts";

/** What is drawn first. */
export type Choice =
  | "deliver"
  | "save"
  | "controlPlane"
  | "propose"
  | "load"
  | "tick"
  | "clear"
  | "reconnect"
  | "restart"
  | "heal"
  | "invalidRequest"
  | "reset"
  | "lose"
  | "disconnect"
  | "partition"
  | "crash"
  | "crashCoordinator"
  | "badSave"
  | "damage"
  | "forget"
  | "abort"
  | "controlPlaneCrash"
  | "controlPlaneLink"
  | "forge";

type Weights = Readonly<Partial<Record<Choice, number>>>;

/** How often each kind is drawn, in parts per ten thousand or so. */
const CALM: Weights = {
  deliver: 7000,
  save: 1200,
  controlPlane: 900,
  propose: 60,
  load: 400,
  tick: 60,
  clear: 100,
  reconnect: 40,
  restart: 60,
  heal: 20,
  invalidRequest: 12,
  reset: 20,
};
const FAULTY: Weights = {
  ...CALM,
  disconnect: 12,
  partition: 2,
  crash: 8,
  crashCoordinator: 3,
  badSave: 6,
  damage: 8,
  abort: 3,
  controlPlaneCrash: 8,
  controlPlaneLink: 5,
};
const ROUGH: Weights = {
  ...FAULTY,
  lose: 60,
  disconnect: 40,
  partition: 5,
  crash: 25,
  crashCoordinator: 12,
  badSave: 20,
  damage: 25,
  reconnect: 120,
  abort: 30,
  controlPlaneCrash: 25,
  controlPlaneLink: 15,
};
const HOSTILE: Weights = { ...FAULTY, forge: 300 };
/** The weights of each profile: only how they compare to each other counts. */
export const WEIGHTS: Readonly<Record<Profile, Weights>> = {
  calm: CALM,
  faulty: FAULTY,
  rough: ROUGH,
  amnesia: { ...FAULTY, crash: 40, forget: 80 },
  hostile: HOSTILE,
  spoofed: HOSTILE,
};
