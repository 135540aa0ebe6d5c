/**
 * Loads the native addon of this platform, and exports what it exports.
 *
 * CommonJS, because that loads everywhere: by `import` and by `require`, in Node's own module system
 * and in those of Jest, vitest, Deno and Bun. Written by hand rather than generated, so that a failure
 * keeps its `code` and its text, and so that no environment variable puts other code in the place of
 * the cryptography.
 *
 * Throws what the platform threw where an addon is there but does not load, e.g. `ERR_DLOPEN_FAILED`
 * or `ERR_DLOPEN_DISABLED`; `MODULE_NOT_FOUND` where none is installed; `EBADPLATFORM` where there is
 * none for this platform.
 */
"use strict";

/** The addons by `process.platform` and `process.arch`, in the order in which they are tried. */
const ADDONS = {
  "darwin-arm64": ["darwin-arm64"],
  "darwin-x64": ["darwin-x64"],
  // Which C library there is need not be found out: npm installs the one that fits, and one for the
  // other library does not load.
  "linux-arm64": ["linux-arm64-gnu", "linux-arm64-musl"],
  "linux-x64": ["linux-x64-gnu", "linux-x64-musl"],
  "win32-x64": ["win32-x64-msvc"],
};

// The names that `import { … }` can find are read off this text; the values are in what is loaded.
exports.LongResult = exports.NativeRackSecret = exports.NativeRackSecrets = undefined;
exports.computeShare = exports.createShares = exports.fastCalls = undefined;
exports.hostEndWithin = exports.hostForbidCoreDumps = exports.hostLock = undefined;
exports.hostNotify = exports.hostPeer = undefined;
exports.importSecrets = exports.isSecretMemoryLocked = exports.openLrtqSpareShares = undefined;
exports.recover = exports.recoverLrtq = exports.seal = exports.sha3_256 = undefined;
exports.shareAt = undefined;
module.exports = load();

function load() {
  const platform = `${process.platform}-${process.arch}`;
  const addons = Object.hasOwn(ADDONS, platform) ? ADDONS[platform] : undefined;
  if (addons === undefined) {
    throw failure("EBADPLATFORM", `there is no addon for ${platform}, only for ${allAddons()}`);
  }
  const packages = addons.map((name) => `@trust-quorum/native-${name}`);
  // Where it was built, the addon is a file beside this one.
  const places = addons.flatMap((name, i) => [`./trust-quorum.${name}.node`, packages[i]]);
  const failures = [];
  for (const place of places) {
    try {
      return require(place);
    } catch (error) {
      failures.push(error);
    }
  }
  // That one is missing says nothing where another is there and does not load.
  const telling = failures.find((error) => error?.code !== "MODULE_NOT_FOUND");
  if (telling !== undefined) throw telling;
  const missing = packages.map((name) => `'${name}'`).join(" or ");
  throw failure("MODULE_NOT_FOUND", `Cannot find module ${missing}`, failures);
}

function allAddons() {
  return Object.values(ADDONS).flat().join(", ");
}

function failure(code, message, errors) {
  const cause = errors && new AggregateError(errors, "each place was tried");
  return Object.assign(new Error(message, cause && { cause }), { code });
}
