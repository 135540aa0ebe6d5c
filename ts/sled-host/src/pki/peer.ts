/** Who is at the other end of a TLS connection. */
import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { isDaemonError } from "../errors.ts";
import { CHAIN_MAX, verifyChain } from "./chain.ts";
import type { ChainReason, ChainRules } from "./chain.ts";
import { extensionProblem } from "./extensions.ts";
import { identityOf, identityText } from "./identity.ts";
import type { Identity } from "./identity.ts";

/** Why the other end is not authenticated. */
export type AuthenticationReason =
  ChainReason | "no_certificate" | "invalid_identity" | "resumed_session";

/** What is found of the other end. */
export type Authentication =
  | {
      readonly kind: "authenticated";
      readonly identity: Identity;
      readonly certificate: X509Certificate;
      /** What was shown, the certificate first: to judge it again when the authorities change. */
      readonly chain: readonly X509Certificate[];
      /** What is wrong with a date, where dates are advisory. */
      readonly dateProblem: string | undefined;
    }
  | { readonly kind: "refused"; readonly reason: AuthenticationReason; readonly problem: string };

/** What OpenSSL says of dates. Everything else it says is final. */
const DATE_ERRORS = new Set(["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"]);

/**
 * Authenticates the other end of a connection whose handshake is complete, made with
 * `rejectUnauthorized: false` and the anchors as `ca`. It is accepted only if OpenSSL has found nothing
 * but dates and the chain verifies by the rules given. Read nothing from the socket before.
 *
 * @example
 * import { X509Certificate } from "node:crypto";
 * import { once } from "node:events";
 * import type { AddressInfo } from "node:net";
 * import { connect, createServer } from "node:tls";
 * import type { TLSSocket } from "node:tls";
 * import { baseboardId } from "trust-quorum";
 * import { createAuthority, issueSledCertificate } from "@trust-quorum/sled-host/pki/authority";
 * import { authenticate } from "@trust-quorum/sled-host/pki/peer";
 *
 * const authority = await createAuthority("rack 7");
 * const sled = await issueSledCertificate(authority, baseboardId("913-0000019", "BRM1"));
 * const options = {
 *   cert: sled.certificate,
 *   key: sled.key,
 *   ca: authority.certificate,
 *   rejectUnauthorized: false,
 *   minVersion: "TLSv1.3",
 * } as const;
 * const server = createServer({ ...options, requestCert: true }).listen(0, "127.0.0.1");
 * await once(server, "listening");
 * const { port } = server.address() as AddressInfo;
 * const client = connect({ ...options, host: "127.0.0.1", port });
 * const [socket] = (await once(server, "secureConnection")) as [TLSSocket];
 *
 * const anchors = [new X509Certificate(authority.certificate)];
 * const now = Date.now();
 * const peer = await authenticate(socket, { anchors, purpose: "client", dates: "enforced", now });
 * peer.kind === "authenticated" && peer.identity; // => { kind: "sled", id: "913-0000019:BRM1" }
 *
 * client.destroy();
 * socket.destroy();
 * server.close();
 */
export async function authenticate(socket: TLSSocket, rules: ChainRules): Promise<Authentication> {
  // A resumed session proves a key of the past, not the certificate of now.
  if (socket.isSessionReused()) return refused("resumed_session", "the session was resumed");
  const chain = shownChain(socket);
  const [leaf] = chain;
  if (leaf === undefined) return refused("no_certificate", "no certificate was shown");

  const verdict = verifyChain(chain, rules);
  if (verdict.kind === "refused") return { ...verdict, problem: named(verdict, leaf) };
  const openssl = opensslError(socket);
  if (openssl !== undefined) {
    if (!DATE_ERRORS.has(openssl)) return refused("untrusted_certificate", `OpenSSL: ${openssl}`);
    const problem = await extensionProblem(verdict.path, rules.purpose);
    if (problem !== undefined) return refused("untrusted_certificate", problem);
  }
  try {
    const { dateProblem } = verdict;
    const identity = identityOf(leaf);
    return { kind: "authenticated", identity, certificate: leaf, chain, dateProblem };
  } catch (error) {
    if (!isDaemonError(error, "ERR_TQD_CERTIFICATE_IDENTITY")) throw error;
    return refused("invalid_identity", error.details.problem);
  }
}

/**
 * Why a chain that was trusted once is not to be trusted any more, by authorities that have changed
 * since; undefined where it still is. Dates have no say: a connection that is there stays.
 */
export async function withdrawnTrust(
  chain: readonly X509Certificate[],
  rules: Pick<ChainRules, "anchors" | "purpose">,
): Promise<string | undefined> {
  const verdict = verifyChain(chain, { ...rules, dates: "advisory", now: Date.now() });
  // OpenSSL does not look at it again, so what only it looks at is looked at here.
  return verdict.kind === "refused"
    ? verdict.problem
    : extensionProblem(verdict.path, rules.purpose);
}

/**
 * The problem with the name that the certificate speaks for, where only a date is wrong: then an authority
 * that is trusted has vouched for the name.
 */
function named(
  { reason, problem }: { readonly reason: ChainReason; readonly problem: string },
  leaf: X509Certificate,
): string {
  if (reason === "untrusted_certificate") return problem;
  try {
    return `${identityText(identityOf(leaf))}: ${problem}`;
  } catch (error) {
    if (!isDaemonError(error, "ERR_TQD_CERTIFICATE_IDENTITY")) throw error;
    return problem;
  }
}

function shownChain(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let certificate = socket.getPeerX509Certificate();
  // A self-signed certificate is its own issuer: the limit ends the walk.
  while (certificate !== undefined && chain.length < CHAIN_MAX) {
    chain.push(certificate);
    certificate = certificate.issuerCertificate;
  }
  return chain;
}

function opensslError(socket: TLSSocket): string | undefined {
  if (socket.authorized) return undefined;
  // The declared type is Error; what is there is the error's code as text.
  const error = socket.authorizationError as unknown;
  if (typeof error === "string") return error;
  if (error instanceof Error && "code" in error) return String(error.code);
  return "unknown";
}

function refused(reason: AuthenticationReason, problem: string): Authentication {
  return { kind: "refused", reason, problem };
}
