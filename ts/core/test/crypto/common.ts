/**
 * The one suite that every backend passes: what `TrustQuorumCrypto` promises, shown on the recorded
 * vectors, by properties, and on input that must be refused.
 */
import { describe } from "vitest";
import type { TrustQuorumCrypto } from "../../src/protocol/crypto.ts";
import { handlesSuite } from "./common/handles.ts";
import { intoSuite } from "./common/into.ts";
import { lrtqSuite } from "./common/lrtq.ts";
import { rackSecretsSuite } from "./common/rack-secrets.ts";
import { sharingSuite } from "./common/sharing.ts";

/** Runs the whole suite for one backend. */
export function describeCrypto(name: "native" | "reference", make: () => TrustQuorumCrypto): void {
  describe(`the ${name} backend`, () => {
    const crypto = make();
    sharingSuite(crypto, name);
    intoSuite(crypto);
    rackSecretsSuite(crypto);
    lrtqSuite(crypto);
    handlesSuite(crypto);
  });
}
