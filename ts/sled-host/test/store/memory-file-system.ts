/**
 * A file system in memory that behaves like POSIX at its worst: what was not synced may be lost.
 *
 * It keeps what a running process sees (the cache) apart from what the disk holds:
 * - bytes of a file last from its `sync` on; before that any prefix of the writes may be on the disk, and the
 *   last of them torn
 * - names of a folder last from the folder's `sync` on; before that any subset of the changes made to
 *   them since may be on the disk, in any order, but each change as a whole
 *
 * Every call is a step. A plan says what happens at a step: the process dies before or after it took
 * effect, or the call fails. From then on a dead process' calls never return.
 */
import { createHash } from "node:crypto";
import { FileTooLargeError } from "../../src/store/file-system.ts";
import type {
  FileContent,
  FileSystem,
  FolderOpened,
  OpenFile,
  OpenFolder,
  Space,
} from "../../src/store/file-system.ts";

/** What happens at a step. */
export type Fault =
  | { readonly kind: "crashBefore" }
  | { readonly kind: "crashAfter" }
  /** The call fails and has done nothing. */
  | { readonly kind: "error"; readonly code: string }
  /** The call fails, and may have done its work all the same. */
  | { readonly kind: "errorAfter"; readonly code: string }
  /** A write takes only some of the bytes. */
  | { readonly kind: "short" }
  /** The process dies during a write: some of its bytes are there, and rubbish after them. */
  | { readonly kind: "torn" };

/** One call. */
export interface Step {
  readonly call:
    | "open"
    | "lock"
    | "list"
    | "read"
    | "space"
    | "create"
    | "write"
    | "syncFile"
    | "rename"
    | "remove"
    | "syncFolder"
    | "makeFolder"
    | "inPlace"
    | "closeFile";
  readonly folder: string;
  readonly name: string;
}

interface Inode {
  /** What a process sees. */
  bytes: Uint8Array;
  /** What the disk holds for sure. */
  durable: Uint8Array;
}

type NameChange =
  | { readonly kind: "set"; readonly name: string; readonly inode: Inode }
  | { readonly kind: "remove"; readonly name: string }
  | { readonly kind: "rename"; readonly from: string; readonly to: string; readonly inode: Inode };

interface Directory {
  readonly id: number;
  readonly names: Map<string, Inode>;
  readonly durableNames: Map<string, Inode>;
  /** Changes to the names since the last sync, in order. */
  pending: NameChange[];
  locked: boolean;
}

/** Which of the unsynced things survive the loss of power. */
export interface PowerLoss {
  /** Of the pending changes to the names of each folder, by its path, those whose bit is set. */
  readonly names: ReadonlyMap<string, number>;
  /** Bytes of unsynced files: none, half of them, half and rubbish, or all. */
  readonly data: "none" | "half" | "torn" | "all";
}

/** More than a whole replacement takes in the other folder. */
const SLOW_TICKS = 60;

let inodes = 0;

const DATA_LOSSES: readonly PowerLoss["data"][] = ["none", "half", "torn", "all"];

const SUBSETS_UP_TO = 4;

/** The disks of one machine; they outlive its processes. */
export class MemoryDisks {
  readonly #folders = new Map<string, Directory>();
  /** Folders that a power loss forgets, as their own name was never synced. */
  readonly #unsyncedFolders = new Set<string>();

  /** Makes an empty folder, durably. */
  mount(path: string): void {
    this.#folders.set(path, newDirectory());
  }

  unmount(path: string): void {
    this.#folders.delete(path);
  }

  folder(path: string): Directory | undefined {
    return this.#folders.get(path);
  }

  makeFolder(path: string): void {
    if (this.#folders.has(path)) return;
    this.#folders.set(path, newDirectory());
    this.#unsyncedFolders.add(path);
  }

  syncFolders(): void {
    this.#unsyncedFolders.clear();
  }

  /** A process ended: its locks are free, and everything it did stays in the cache. */
  processEnded(): void {
    for (const directory of this.#folders.values()) directory.locked = false;
  }

  /** The power fails: of what was not synced survives what `loss` says. */
  powerFails(loss: PowerLoss): void {
    this.processEnded();
    for (const path of this.#unsyncedFolders) this.#folders.delete(path);
    this.#unsyncedFolders.clear();
    for (const [path, directory] of this.#folders) {
      losePower(directory, loss.names.get(path) ?? 0, loss.data);
    }
  }

  /** Every way in which a loss of power may end, each as disks of its own. */
  *afterPowerLoss(): Generator<MemoryDisks> {
    const [first, ...rest] = [...this.#folders].map(([path, { pending }]) =>
      survivors(pending.length).map((mask): [string, number] => [path, mask]),
    );
    let combinations = (first ?? []).map((choice) => [choice]);
    for (const choices of rest) {
      combinations = combinations.flatMap((some) => choices.map((choice) => [...some, choice]));
    }
    for (const data of this.#hasUnsyncedData() ? DATA_LOSSES : DATA_LOSSES.slice(0, 1)) {
      for (const combination of combinations) {
        const disks = this.copy();
        disks.powerFails({ names: new Map(combination), data });
        yield disks;
      }
    }
  }

  /** Everything that is on the disks, in one string. */
  fingerprint(): string {
    const hash = createHash("sha256");
    for (const [path, { names, durableNames, pending }] of this.#folders) {
      hash.update(`\0${path}\0${pending.length}`);
      for (const map of [names, durableNames]) {
        for (const name of [...map.keys()].sort()) {
          const inode = map.get(name);
          if (inode === undefined) continue;
          hash.update(`\0${name}\0`).update(inode.bytes).update("\0").update(inode.durable);
        }
        hash.update("\0\0");
      }
    }
    return hash.digest("hex");
  }

  #hasUnsyncedData(): boolean {
    const directories = [...this.#folders.values()];
    const inodes = directories.flatMap(({ names, pending }) => [
      ...names.values(),
      ...pending.flatMap((change) => (change.kind === "remove" ? [] : [change.inode])),
    ]);
    return inodes.some(({ bytes, durable }) => !Buffer.from(bytes).equals(durable));
  }

  /** A copy that shares nothing. */
  copy(): MemoryDisks {
    const copies = new Map<Inode, Inode>();
    const copyOf = (inode: Inode): Inode => {
      const known = copies.get(inode);
      if (known !== undefined) return known;
      const copy = { bytes: inode.bytes.slice(), durable: inode.durable.slice() };
      copies.set(inode, copy);
      return copy;
    };
    const disks = new MemoryDisks();
    for (const [path, from] of this.#folders) {
      disks.#folders.set(path, {
        id: from.id,
        names: new Map([...from.names].map(([name, inode]) => [name, copyOf(inode)])),
        durableNames: new Map([...from.durableNames].map(([name, inode]) => [name, copyOf(inode)])),
        pending: from.pending.map((change) =>
          change.kind === "remove" ? change : { ...change, inode: copyOf(change.inode) },
        ),
        locked: from.locked,
      });
    }
    for (const path of this.#unsyncedFolders) disks.#unsyncedFolders.add(path);
    return disks;
  }

  /** The bytes of a file as a process sees them, or undefined. */
  peek(path: string, name: string): Uint8Array | undefined {
    return this.#folders.get(path)?.names.get(name)?.bytes;
  }

  names(path: string): string[] {
    return [...(this.#folders.get(path)?.names.keys() ?? [])].sort();
  }

  /** Changes a file behind the store's back, durably. */
  poke(path: string, name: string, bytes: Uint8Array | null): void {
    const directory = this.#folders.get(path);
    if (directory === undefined) throw new Error(`no folder ${path}`);
    directory.names.delete(name);
    directory.durableNames.delete(name);
    directory.pending = directory.pending.filter((change) =>
      change.kind === "rename" ? change.to !== name : change.name !== name,
    );
    if (bytes === null) return;
    const inode: Inode = { bytes: bytes.slice(), durable: bytes.slice() };
    directory.names.set(name, inode);
    directory.durableNames.set(name, inode);
  }
}

/** The file system as one process sees it. */
export class MemoryFileSystem implements FileSystem {
  readonly disks: MemoryDisks;
  /** Every call so far. */
  readonly steps: Step[] = [];
  readonly #fault: (step: Step, index: number) => Fault | undefined;
  readonly #died: () => void;
  /** Resolves when a fault ends the process. */
  readonly died: Promise<void>;
  #alive = true;

  /** The folder whose calls take so much longer that the other one's are through by then. */
  readonly #slow: string | undefined;

  constructor(
    disks: MemoryDisks,
    fault: (step: Step, index: number) => Fault | undefined = none,
    slow?: string,
  ) {
    this.disks = disks;
    this.#fault = fault;
    this.#slow = slow;
    let died: () => void = () => undefined;
    this.died = new Promise((resolve) => {
      died = resolve;
    });
    this.#died = died;
  }

  get alive(): boolean {
    return this.#alive;
  }

  async openFolder(path: string): Promise<FolderOpened> {
    const directory = await this.step({ call: "open", folder: path, name: "" }, () => {
      const found = this.disks.folder(path);
      if (found === undefined) throw errno("ENOENT");
      return found;
    });
    if (directory.locked) return { kind: "locked" };
    directory.locked = true;
    return { kind: "open", folder: new MemoryFolder(this, path, directory) };
  }

  async makeFolder(path: string): Promise<void> {
    await this.step({ call: "makeFolder", folder: path, name: "" }, () =>
      this.disks.makeFolder(path),
    );
    await this.step({ call: "syncFolder", folder: `${path}/..`, name: "" }, () =>
      this.disks.syncFolders(),
    );
  }

  /** Runs one call, unless the plan has something else to happen. */
  async step<T>(
    step: Step,
    work: () => T,
    partly: { readonly short?: () => T; readonly torn?: () => void } = {},
  ): Promise<T> {
    // A call takes a while, and others run meanwhile.
    const ticks = step.folder === this.#slow ? SLOW_TICKS : 1;
    for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
    if (!this.#alive) return never();
    const fault = this.#fault(step, this.steps.length);
    this.steps.push(step);
    switch (fault?.kind) {
      case undefined:
        return work();
      case "crashBefore":
        return this.#die();
      case "crashAfter":
        work();
        return this.#die();
      case "torn":
        (partly.torn ?? work)();
        return this.#die();
      case "error":
        throw errno(fault.code);
      case "errorAfter":
        work();
        throw errno(fault.code);
      case "short":
        return (partly.short ?? work)();
      default:
        return fault satisfies never;
    }
  }

  #die(): Promise<never> {
    this.#alive = false;
    this.#died();
    return never();
  }
}

class MemoryFolder implements OpenFolder {
  readonly wasOpenToOthers = false;
  readonly path: string;
  readonly identity: string;
  readonly device: string;
  readonly #system: MemoryFileSystem;
  readonly #directory: Directory;

  constructor(system: MemoryFileSystem, path: string, directory: Directory) {
    this.#system = system;
    this.#directory = directory;
    this.path = path;
    this.identity = String(directory.id);
    this.device = path;
  }

  isInPlace(): Promise<boolean> {
    return this.#step("inPlace", "", () => this.#isReachedBy(this.path));
  }

  isReachedBy(path: string): Promise<boolean> {
    return Promise.resolve(this.#isReachedBy(path));
  }

  names(): Promise<readonly string[]> {
    return this.#step("list", "", () => [...this.#directory.names.keys()]);
  }

  read(name: string, { bytesMax }: { readonly bytesMax: number }): Promise<FileContent | null> {
    return this.#step("read", name, () => {
      const inode = this.#directory.names.get(name);
      if (inode === undefined) return null;
      if (inode.bytes.length > bytesMax) throw new FileTooLargeError(bytesMax);
      return { bytes: inode.bytes.slice(), wasOpenToOthers: false };
    });
  }

  async scan(
    name: string,
    { bytesMax }: { readonly bytesMax: number },
    take: (piece: Uint8Array) => void,
  ): Promise<boolean> {
    const content = await this.read(name, { bytesMax });
    if (content === null) return false;
    // Pieces of all lengths, so that no boundary is where one would like it.
    for (
      let at = 0, length = 1;
      at < content.bytes.length;
      at += length, length = (length % 97) + 1
    ) {
      take(content.bytes.subarray(at, at + length));
    }
    return true;
  }

  space(): Promise<Space | null> {
    return this.#step("space", "", () => ({ freeBytes: 1e9, totalBytes: 2e9, freeFiles: null }));
  }

  create(name: string): Promise<OpenFile> {
    return this.#step("create", name, () => {
      if (this.#directory.names.has(name)) throw errno("EEXIST");
      const inode: Inode = { bytes: new Uint8Array(0), durable: new Uint8Array(0) };
      this.#directory.names.set(name, inode);
      this.#directory.pending.push({ kind: "set", name, inode });
      return new MemoryFile(this.#system, this.path, name, inode);
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#step("rename", to, () => {
      const inode = this.#directory.names.get(from);
      if (inode === undefined) throw errno("ENOENT");
      this.#directory.names.delete(from);
      this.#directory.names.set(to, inode);
      this.#directory.pending.push({ kind: "rename", from, to, inode });
    });
  }

  remove(name: string): Promise<void> {
    return this.#step("remove", name, () => {
      if (!this.#directory.names.delete(name)) return;
      this.#directory.pending.push({ kind: "remove", name });
    });
  }

  sync(): Promise<void> {
    return this.#step("syncFolder", "", () => {
      const { durableNames, names } = this.#directory;
      durableNames.clear();
      for (const [name, inode] of names) durableNames.set(name, inode);
      this.#directory.pending = [];
    });
  }

  close(): Promise<void> {
    if (this.#system.alive) this.#directory.locked = false;
    return Promise.resolve();
  }

  #isReachedBy(path: string): boolean {
    return this.#system.disks.folder(path) === this.#directory;
  }

  #step<T>(call: Step["call"], name: string, work: () => T): Promise<T> {
    return this.#system.step({ call, folder: this.path, name }, work);
  }
}

class MemoryFile implements OpenFile {
  readonly #system: MemoryFileSystem;
  readonly #folder: string;
  readonly #name: string;
  readonly #inode: Inode;

  constructor(system: MemoryFileSystem, folder: string, name: string, inode: Inode) {
    this.#system = system;
    this.#folder = folder;
    this.#name = name;
    this.#inode = inode;
  }

  write(bytes: Uint8Array, position: number): Promise<number> {
    const step = { call: "write", folder: this.#folder, name: this.#name } as const;
    const half = bytes.slice(0, Math.max(1, bytes.length >> 1));
    return this.#system.step(step, () => this.#put(bytes, position), {
      short: () => this.#put(half, position),
      torn: () => {
        this.#put(half, position);
        this.#put(new Uint8Array(16).fill(0xee), position + half.length);
      },
    });
  }

  sync(): Promise<void> {
    const step = { call: "syncFile", folder: this.#folder, name: this.#name } as const;
    return this.#system.step(step, () => {
      this.#inode.durable = this.#inode.bytes.slice();
    });
  }

  close(): Promise<void> {
    const step = { call: "closeFile", folder: this.#folder, name: this.#name } as const;
    return this.#system.step(step, () => undefined);
  }

  #put(bytes: Uint8Array, position: number): number {
    const length = Math.max(this.#inode.bytes.length, position + bytes.length);
    const grown = new Uint8Array(length);
    grown.set(this.#inode.bytes);
    grown.set(bytes, position);
    this.#inode.bytes = grown;
    return bytes.length;
  }
}

/** Which of the changes to a folder's names may survive: any of few; of many, all up to one or all but one. */
function survivors(changes: number): readonly number[] {
  if (changes <= SUBSETS_UP_TO) return Array.from({ length: 1 << changes }, (_, mask) => mask);
  const all = (1 << changes) - 1;
  const each = Array.from({ length: changes }, (_, at) => at);
  return [all, ...each.map((at) => (1 << at) - 1), ...each.map((at) => all & ~(1 << at))];
}

function losePower(directory: Directory, mask: number, data: PowerLoss["data"]): void {
  const names = new Map(directory.durableNames);
  for (const [at, change] of directory.pending.entries()) {
    if ((mask & (1 << at)) === 0) continue;
    if (change.kind === "set") names.set(change.name, change.inode);
    if (change.kind === "remove") names.delete(change.name);
    if (change.kind === "rename") {
      // The old name may or may not be gone; it is found as a leftover if it is not.
      names.delete(change.from);
      names.set(change.to, change.inode);
    }
  }
  const survivors = new Set(names.values());
  for (const inode of survivors) inode.bytes = inode.durable = survivingBytes(inode, data);
  directory.names.clear();
  directory.durableNames.clear();
  for (const [name, inode] of names) {
    directory.names.set(name, inode);
    directory.durableNames.set(name, inode);
  }
  directory.pending = [];
}

function survivingBytes({ bytes, durable }: Inode, data: PowerLoss["data"]): Uint8Array {
  if (Buffer.from(bytes).equals(durable)) return durable;
  switch (data) {
    case "none":
      return durable;
    case "half":
      return bytes.slice(0, bytes.length >> 1);
    case "torn":
      return bytes.slice().fill(0, bytes.length >> 1);
    case "all":
      return bytes;
    default:
      return data satisfies never;
  }
}

function newDirectory(): Directory {
  const id = ++inodes;
  return { id, names: new Map(), durableNames: new Map(), pending: [], locked: false };
}

function errno(code: string): Error {
  return Object.assign(new Error(`${code}: made up by the test`), { code });
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}

function none(): undefined {
  return undefined;
}
