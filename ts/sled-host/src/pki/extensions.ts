/**
 * The checks of a certificate's extensions that OpenSSL makes as a rule, for the one case in which its
 * result does not cover them: where it reports a date, it may not have looked at the extensions. So a
 * wrong clock costs some memory, and no check is lost.
 */
import type { X509Certificate } from "node:crypto";
import { PURPOSES } from "./chain.ts";
import type { Purpose } from "./chain.ts";
import { library } from "./library.ts";

/** Critical extensions whose meaning `verifyChain` and this module honour (RFC 5280). */
const UNDERSTOOD = new Set([
  "2.5.29.15", // key usage
  "2.5.29.17", // subject alternative name
  "2.5.29.19", // basic constraints
  "2.5.29.37", // extended key usage
]);

/** Limits on what an authority may sign, critical or not: nothing here honours them. */
const CONSTRAINTS = new Set([
  "2.5.29.30", // name constraints
  "2.5.29.36", // policy constraints
  "2.5.29.54", // inhibit any policy
]);

const DIGESTS = new Set(["SHA-256", "SHA-384", "SHA-512"]);

/**
 * Why a path is not to be trusted: a critical extension that is not understood, a key that may not sign
 * a handshake, an authority for other purposes, with constraints or with too many below it, or a signature
 * over a weak digest. The anchor's own signature is not looked at: it is trusted because it was configured.
 *
 * @param path From the leaf to the trust anchor, as `verifyChain` found it.
 */
export async function extensionProblem(
  path: readonly X509Certificate[],
  purpose: Purpose,
): Promise<string | undefined> {
  const lib = await library();
  const { oid, name } = PURPOSES[purpose];
  for (const [index, { raw }] of path.entries()) {
    const certificate = new lib.X509Certificate(raw);
    for (const { critical, type } of certificate.extensions) {
      if (critical && !UNDERSTOOD.has(type)) return `the critical extension ${type} is not known`;
      if (CONSTRAINTS.has(type))
        return `an authority has constraints (${type}) that are not checked`;
    }
    const purposes = certificate.getExtension(lib.ExtendedKeyUsageExtension)?.usages;
    if (purposes !== undefined && !purposes.includes(oid)) {
      return `a certificate of the chain is not for ${name}`;
    }
    const usages = certificate.getExtension(lib.KeyUsagesExtension)?.usages;
    const needed = index === 0 ? lib.KeyUsageFlags.digitalSignature : lib.KeyUsageFlags.keyCertSign;
    if (usages !== undefined && (usages & needed) === 0)
      return "a key is used for what it is not for";
    const pathLength = certificate.getExtension(lib.BasicConstraintsExtension)?.pathLength;
    if (index > 0 && pathLength !== undefined && index - 1 > pathLength) {
      return "an authority has signed for more authorities than it may";
    }
    if (index === path.length - 1) continue;
    if (isWeak(certificate.signatureAlgorithm as unknown as SignatureAlgorithm)) {
      return "a signature's digest is too weak";
    }
  }
  return undefined;
}

/** The library's own type builds on one of the browser's. */
interface SignatureAlgorithm {
  readonly name: string;
  readonly hash?: { readonly name: string };
}

function isWeak({ name, hash }: SignatureAlgorithm): boolean {
  return !/^Ed(DSA|25519|448)$/.test(name) && !DIGESTS.has(hash?.name ?? "");
}
