/** How the time of a reconfiguration grows with members and with past epochs. */
import { BenchRack } from "./rack.ts";
import { leastSquares, summarize } from "./statistics.ts";
import type { Line, Summary } from "./statistics.ts";

/** The times at one size, in microseconds. */
export interface Point extends Summary {
  /** Members or past epochs. */
  readonly x: number;
}

/** Measured points and the straight line through them, in microseconds. */
export interface Scale {
  readonly points: readonly Point[];
  readonly line: Line;
}

/** The two series that are measured. */
export interface Scaling {
  /** By number of members, in racks of at most six epochs. */
  readonly members: Scale;
  /** By number of past epochs, in racks of 32 members. */
  readonly epochs: Scale;
}

const MEMBERS = [3, 4, 5, 8, 12, 16, 20, 24, 28, 32];
const EPOCHS_MAX = 100;
const EPOCHS_SHOWN = [1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100];
/** Reconfigurations of each rack in the series by members. */
const YOUNG = 5;

/** Measures `racks` racks for each point, the sizes in turn. */
export function measureScaling(options: { racks: number }): Scaling {
  const { racks } = options;
  // Warm-up, with the smallest and the largest rack.
  for (let i = 0; i < 10; i++) for (const size of [3, 32]) young(size);
  return { members: byMembers(racks), epochs: byEpochs(racks) };
}

function byMembers(racks: number): Scale {
  const samples = new Map(MEMBERS.map((size) => [size, [] as number[]]));
  for (let round = 0; round < racks; round++) {
    for (const [size, times] of samples) times.push(...young(size));
  }
  return scale(samples);
}

function young(size: number): number[] {
  return withRack(size, (rack) => Array.from({ length: YOUNG }, () => timed(rack)));
}

function byEpochs(racks: number): Scale {
  const samples = new Map<number, number[]>();
  for (let i = 1; i <= EPOCHS_MAX; i++) samples.set(i, []);
  for (let round = 0; round < racks; round++) {
    withRack(32, (rack) => {
      for (const times of samples.values()) times.push(timed(rack));
    });
  }
  const all = scale(samples);
  return { ...all, points: all.points.filter(({ x }) => EPOCHS_SHOWN.includes(x)) };
}

function withRack<T>(size: number, use: (rack: BenchRack) => T): T {
  const rack = new BenchRack(size, { transport: "frames" });
  try {
    return use(rack);
  } finally {
    rack.dispose();
  }
}

/** Microseconds of one reconfiguration. */
function timed(rack: BenchRack): number {
  const start = performance.now();
  rack.reconfigure();
  return (performance.now() - start) * 1000;
}

function scale(samples: ReadonlyMap<number, readonly number[]>): Scale {
  const points = [...samples].map(([x, times]) => ({ x, ...summarize(times) }));
  return { points, line: leastSquares(points.map(({ x, median }) => ({ x, y: median }))) };
}
