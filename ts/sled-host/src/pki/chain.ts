/**
 * Whether a certificate comes from an authority that is trusted.
 *
 * OpenSSL verifies chains too, but it tells only one error: where it says that a certificate has
 * expired, it may have found a wrong signature just before. A sled whose clock is wrong at a cold
 * boot has to look past the dates and at nothing else, so the chain is verified here, dates apart.
 */
import type { X509Certificate } from "node:crypto";

/** The most certificates of a chain, the leaf included and the trust anchor not. */
export const CHAIN_MAX = 4;

/** The shortest RSA key that is trusted, in bits: the strength of 112 bits (NIST SP 800-57, part 1). */
const RSA_BITS_MIN = 2048;
const CURVES = /^(prime256v1|secp384r1|secp521r1|brainpoolP(256|320|384|512)[rt]1)$/;

/** What a certificate has to be good for: the end of the connection at which it is shown. */
export type Purpose = "server" | "client";

/** Whether validity dates decide, or are only told (before a rack is unlocked). */
export type DatePolicy = "advisory" | "enforced";

/** Why a chain is refused. */
export type ChainReason =
  "untrusted_certificate" | "certificate_expired" | "certificate_not_yet_valid";

/** What is found of a chain. */
export type ChainVerdict =
  | {
      readonly kind: "trusted";
      /** From the leaf to the trust anchor. */
      readonly path: readonly X509Certificate[];
      /** What is wrong with a date, where dates are advisory. */
      readonly dateProblem: string | undefined;
    }
  | { readonly kind: "refused"; readonly reason: ChainReason; readonly problem: string };

/** By which rules a chain is judged. */
export interface ChainRules {
  /** Certificates that are trusted to sign others. */
  readonly anchors: readonly X509Certificate[];
  readonly purpose: Purpose;
  readonly dates: DatePolicy;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The extended key usage that a purpose demands (RFC 5280, 4.2.1.12). */
export const PURPOSES = {
  server: { oid: "1.3.6.1.5.5.7.3.1", name: "serverAuth" },
  client: { oid: "1.3.6.1.5.5.7.3.2", name: "clientAuth" },
} as const;

/**
 * Verifies names, signatures, the right to sign, the strength of keys and the purpose along a chain from
 * its leaf to one of the anchors, and then every date on that path. Where several paths lead there, one whose dates are
 * fine counts.
 *
 * @param chain What the peer showed: the leaf, then certificates each of which issued the one before.
 */
export function verifyChain(chain: readonly X509Certificate[], rules: ChainRules): ChainVerdict {
  const [leaf] = chain;
  if (leaf === undefined) return untrusted("there is no certificate");
  if (leaf.ca) return untrusted("the certificate is an authority's own");
  const { oid, name } = PURPOSES[rules.purpose];
  // Node calls the extended key usage by the name of the other extension, and has it where it is.
  const usages = leaf.keyUsage as string[] | undefined;
  if (usages?.includes(oid) !== true) return untrusted(`the certificate is not for ${name}`);
  const verdicts = pathsToAnchors(chain, rules.anchors).map(
    (path) => judgeKeys(path) ?? judgeDates(path, rules),
  );
  const [first] = verdicts;
  // Several certificates of one authority may be trusted, e.g. while it is renewed.
  const fine = verdicts.find((each) => each.kind === "trusted" && each.dateProblem === undefined);
  return fine ?? first ?? untrusted("no trusted authority has signed the certificate");
}

/** First and last moment at which a certificate is valid, in milliseconds since 1970. */
export function validity(certificate: X509Certificate): { notBefore: number; notAfter: number } {
  return {
    notBefore: Date.parse(certificate.validFrom),
    notAfter: Date.parse(certificate.validTo),
  };
}

/** Whether these are the same certificates, in whatever order. */
export function areSameCertificates(
  some: readonly X509Certificate[],
  others: readonly X509Certificate[],
): boolean {
  const known = new Set(some.map(({ fingerprint256 }) => fingerprint256));
  const found = new Set(others.map(({ fingerprint256 }) => fingerprint256));
  return known.size === found.size && [...found].every((each) => known.has(each));
}

/** The shortest ways first; at most one for each certificate of the chain and anchor. */
function pathsToAnchors(
  chain: readonly X509Certificate[],
  anchors: readonly X509Certificate[],
): X509Certificate[][] {
  const paths: X509Certificate[][] = [];
  const path: X509Certificate[] = [];
  for (const certificate of chain.slice(0, CHAIN_MAX)) {
    const previous = path.at(-1);
    if (previous !== undefined && !issuedBy(previous, certificate)) break;
    path.push(certificate);
    for (const anchor of anchors) {
      if (issuedBy(certificate, anchor)) paths.push([...path, anchor]);
    }
  }
  return paths;
}

function issuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  // `ca` is basic constraints, `checkIssued` names, key identifiers and the key usage.
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

/** Said here for every chain: OpenSSL's own limit depends on its version and its configuration. */
function judgeKeys(path: readonly X509Certificate[]): ChainVerdict | undefined {
  for (const [index, certificate] of path.entries()) {
    const problem = keyProblem(certificate);
    if (problem === undefined) continue;
    const whose = index === 0 ? "the certificate" : "an authority";
    return untrusted(`${whose} has a key that is too weak: ${problem}`);
  }
  return undefined;
}

function keyProblem({ publicKey }: X509Certificate): string | undefined {
  const { asymmetricKeyType: type = "unknown", asymmetricKeyDetails: details = {} } = publicKey;
  switch (type) {
    case "ed25519":
    case "ed448":
      return undefined;
    case "ec": {
      const curve = details.namedCurve ?? "unknown";
      return CURVES.test(curve) ? undefined : `the curve ${curve}`;
    }
    case "rsa":
    case "rsa-pss": {
      const bits = details.modulusLength ?? 0;
      return bits >= RSA_BITS_MIN ? undefined : `RSA with ${bits} bits`;
    }
    default:
      return type;
  }
}

function judgeDates(path: readonly X509Certificate[], rules: ChainRules): ChainVerdict {
  let dateProblem: string | undefined;
  for (const [index, certificate] of path.entries()) {
    const { notBefore, notAfter } = validity(certificate);
    const whose = index === 0 ? "the certificate" : "the authority's certificate";
    // Written so that a date that cannot be read is a problem too.
    const early = !(rules.now >= notBefore);
    if (!early && rules.now <= notAfter) continue;
    const problem = early
      ? `${whose} is valid from ${dateText(notBefore)} on only, and it is ${dateText(rules.now)}`
      : `${whose} was valid until ${dateText(notAfter)}, and it is ${dateText(rules.now)}`;
    if (rules.dates === "enforced") {
      const reason = early ? "certificate_not_yet_valid" : "certificate_expired";
      return { kind: "refused", reason, problem };
    }
    dateProblem ??= problem;
  }
  return { kind: "trusted", path, dateProblem };
}

function dateText(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : "an unreadable date";
}

function untrusted(problem: string): ChainVerdict {
  return { kind: "refused", reason: "untrusted_certificate", problem };
}
