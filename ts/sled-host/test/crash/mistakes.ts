/**
 * Mistakes that a store could make, as a layer between it and its file system: what reaches the file
 * system is what a store with that mistake would do.
 */
import type { OpenFile, OpenFolder } from "../../src/store/file-system.ts";
import { decodeMarker, encodeMarker } from "../../src/store/marker.ts";
import type { Marker } from "../../src/store/marker.ts";
import { FOLDERS } from "./matrix.ts";
import type { Mistake } from "./matrix.ts";

type FolderChange = (folder: OpenFolder) => Partial<OpenFolder>;
type FileChange = (file: OpenFile) => Partial<OpenFile>;

/** A file system whose folders behave otherwise in some of their calls. */
function withFolders(change: FolderChange): Mistake {
  return (system) => ({
    makeFolder: (path) => system.makeFolder(path),
    async openFolder(path) {
      const opened = await system.openFolder(path);
      if (opened.kind === "locked") return opened;
      return { kind: "open", folder: changed(opened.folder, change(opened.folder)) };
    },
  });
}

/** A file system whose new files behave otherwise in some of their calls. */
function withFiles(change: FileChange): Mistake {
  return withFolders((folder) => ({
    create: async (name) => {
      const file = await folder.create(name);
      return changed(file, change(file));
    },
  }));
}

/** An object of which some methods are replaced. */
function changed<T extends object>(from: T, changes: Partial<T>): T {
  return new Proxy(from, {
    get(target, name): unknown {
      const replaced: unknown = Reflect.get(changes, name);
      if (replaced !== undefined) return replaced;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

const nothing = (): Promise<void> => Promise.resolve();

/** Files are not synced. */
export const noFileSync = withFiles(() => ({ sync: nothing }));

/** Folders are not synced after a rename. */
export const noFolderSync = withFolders(() => ({ sync: nothing }));

/** The file gets its place before its bytes are synced. */
export const renameBeforeSync = withFolders((folder) => {
  const late = new Map<string, OpenFile>();
  return {
    create: async (name) => {
      const file = await folder.create(name);
      late.set(name, file);
      return changed(file, { sync: nothing, close: nothing });
    },
    rename: async (from, to) => {
      await folder.rename(from, to);
      await late.get(from)?.sync();
      await late.get(from)?.close();
    },
  };
});

/** A save is acknowledged once the first replica has it; the other one is written meanwhile. */
export const onlyOneAwaited = withFolders((folder) => {
  if (folder.path !== FOLDERS[1]) return {};
  let last: Promise<unknown> = Promise.resolve();
  const later = <T>(run: () => Promise<T>): Promise<T> => {
    const result = last.then(run);
    last = result.catch(() => undefined);
    return result;
  };
  const background = (run: () => Promise<unknown>): Promise<void> => {
    void later(run).catch(() => undefined);
    return Promise.resolve();
  };
  return {
    create: (name) => {
      const file = later(() => folder.create(name));
      file.catch(() => undefined);
      return Promise.resolve({
        write: async (bytes, position) => {
          const copy = bytes.slice();
          await background(async () => (await file).write(copy, position));
          return bytes.length;
        },
        sync: () => background(async () => (await file).sync()),
        close: () => background(async () => (await file).close()),
      });
    },
    rename: (from, to) => background(() => folder.rename(from, to)),
    sync: () => background(() => folder.sync()),
    read: (name, limits) => later(() => folder.read(name, limits)),
    names: () => later(() => folder.names()),
  };
});

/** What the operating system did not take of a write is taken for written. */
export const shortWritesIgnored = withFiles((file) => ({
  write: async (bytes, position) => {
    await file.write(bytes, position);
    return bytes.length;
  },
}));

/** A failure of the last step, the sync of the folder, is not noticed. */
export const folderSyncErrorsIgnored = withFolders((folder) => ({
  sync: () => folder.sync().catch(() => undefined),
}));

/** Errors of one replica are not noticed, as if one were enough. */
export const errorsOfOneIgnored = withFolders((folder) => {
  if (folder.path !== FOLDERS[1]) return {};
  const lenient = (run: () => Promise<void>): Promise<void> => run().catch(() => undefined);
  return {
    create: async (name) => {
      const file = await folder.create(name).catch(() => undefined);
      return {
        write: async (bytes, position) =>
          (await file?.write(bytes, position).catch(() => bytes.length)) ?? bytes.length,
        sync: () => lenient(async () => file?.sync()),
        close: () => lenient(async () => file?.close()),
      };
    },
    rename: (from, to) => lenient(() => folder.rename(from, to)),
    sync: () => lenient(() => folder.sync()),
  };
});

/** The file is overwritten where it is. */
export const overwrittenInPlace = withFolders((folder) => ({
  create: async (name) => {
    const place = name.replace(/\.new$/, "");
    await folder.remove(place);
    return folder.create(place);
  },
  rename: nothing,
}));

const isNetworkConfig = (name: string): boolean => name.startsWith("network-config");

/** Of a network configuration the file is not synced; of the ledger it is. */
export const networkConfigNotSynced = withFolders((folder) => ({
  create: async (name) => {
    const file = await folder.create(name);
    return isNetworkConfig(name) ? changed(file, { sync: nothing }) : file;
  },
}));

/** A network configuration is overwritten where it is; the ledger is not. */
export const networkConfigInPlace = withFolders((folder) => ({
  create: async (name) => {
    if (!isNetworkConfig(name)) return folder.create(name);
    const place = name.replace(/\.new$/, "");
    await folder.remove(place);
    return folder.create(place);
  },
  rename: (from, to) => (isNetworkConfig(from) ? nothing() : folder.rename(from, to)),
}));

/** Leftovers stay. */
export const leftoversStay = withFolders(() => ({ remove: nothing }));

/** The marker comes after the ledger: a folder is not marked as begun. */
export const markerWrittenAfter = withMarkers((marker) =>
  marker.state === "formatting" ? null : marker,
);

/** The marker says `ready` before there is a ledger. */
export const readyBeforeTheLedger = withMarkers((marker) => ({ ...marker, state: "ready" }));

/** A replica that goes on alone does not say so. */
export const aloneNotNoted = withMarkers((marker) => (marker.alone === null ? marker : null));

/** The store writes nothing when it opens. */
export const notWrittenAnew = withFolders((folder) => {
  // The first ledger that is written is the one that was read; the next one is a save.
  let ledgers = 0;
  const isOpening = (): boolean => ledgers < 2;
  const ignored: OpenFile = {
    write: (bytes) => Promise.resolve(bytes.length),
    sync: nothing,
    close: nothing,
  };
  return {
    create: async (name) => {
      if (name.startsWith("ledger")) ledgers += 1;
      return isOpening() ? ignored : folder.create(name);
    },
    rename: (from, to) => (isOpening() ? nothing() : folder.rename(from, to)),
    sync: () => (isOpening() ? nothing() : folder.sync()),
  };
});

/** A file system on which markers are written otherwise, or not at all (null). */
function withMarkers(change: (marker: Marker) => Marker | null): Mistake {
  return withFolders((folder) => {
    let dropped = false;
    return {
      create: async (name) => {
        const file = await folder.create(name);
        if (!name.startsWith("marker")) return file;
        return changed(file, {
          write: async (bytes, position) => {
            const read = decodeMarker(bytes);
            const marker = read.kind === "valid" ? change(read.value) : null;
            dropped = marker === null;
            if (marker !== null) await file.write(encodeMarker(marker), position);
            return bytes.length;
          },
        });
      },
      rename: async (from, to) => {
        if (!dropped || !to.startsWith("marker")) return folder.rename(from, to);
        dropped = false;
        return folder.remove(from);
      },
    };
  });
}
