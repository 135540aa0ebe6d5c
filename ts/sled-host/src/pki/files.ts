/** Certificates and keys as PEM files: written safely, and read with every check before they are used. */
import { X509Certificate, createPrivateKey } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { DaemonError, problemOf } from "../errors.ts";
import { replaceFile } from "../os/replace-file.ts";
import type { IssuedCertificate } from "./authority.ts";
import { CHAIN_MAX, validity, verifyChain } from "./chain.ts";
import type { Purpose } from "./chain.ts";
import { identityOf } from "./identity.ts";
import type { Identity } from "./identity.ts";

/** The longest certificate or key file that is read, in bytes. */
const PEM_BYTES_MAX = 256 * 1024;

/** Where a certificate chain, its private key and the trusted authorities are. All PEM. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
  readonly ca: string;
}

/** What people and metrics are told of a certificate. */
export interface CertificateFacts {
  readonly identity: Identity;
  /** SHA-256 of the certificate, lower-case hex. */
  readonly fingerprint: string;
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Certificates as they were read: complete, belonging together, and dates apart valid. */
export interface LoadedCertificates {
  /** The files' bytes, as `tls` takes them. */
  readonly certificate: Buffer;
  readonly key: Buffer;
  readonly ca: Buffer;
  readonly anchors: readonly X509Certificate[];
  readonly facts: CertificateFacts;
  /** Zeroes the key. Call it once a secure context was made of it. */
  wipe(): void;
}

/**
 * Writes a certificate and its key, each by way of a temporary file next to it, on disk when this
 * returns. The key's file has mode 0600 from its first byte on; the certificate's 0644.
 *
 * @param files Where they go. What is there already is replaced.
 */
// eslint-disable-next-line @typescript-eslint/require-await -- what is thrown rejects
export async function writeCertificate(
  files: { readonly certificate: string; readonly key: string },
  issued: IssuedCertificate,
): Promise<void> {
  replaceFile(files.key, [issued.key], 0o600);
  replaceFile(files.certificate, [Buffer.from(issued.certificate)], 0o644);
}

/**
 * Reads a certificate and its key back, e.g. an authority's. The key is the caller's to zero.
 *
 * @throws DaemonError `ERR_TQD_CERTIFICATE_INVALID`
 */
export async function readCertificate(files: {
  readonly certificate: string;
  readonly key: string;
}): Promise<IssuedCertificate> {
  const certificate = await readPem(files.certificate);
  return { certificate: certificate.toString("latin1"), key: await readKey(files.key) };
}

/**
 * Reads and checks what one end of a TLS connection needs: the key is nothing that others
 * may read, and belongs to the certificate, which names someone and comes from one of the authorities. Dates do not
 * matter here: the clock may be what is wrong.
 *
 * @param purposes What the certificate must be good for.
 * @throws DaemonError `ERR_TQD_CERTIFICATE_INVALID` with the file that is to blame;
 * `ERR_TQD_CERTIFICATE_IDENTITY`
 * @example
 * import { mkdtemp, rm, writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import path from "node:path";
 * import { createSecureContext } from "node:tls";
 * import { baseboardId } from "trust-quorum";
 * import { createAuthority, issueSledCertificate } from "@trust-quorum/sled-host/pki/authority";
 * import { loadCertificates, writeCertificate } from "@trust-quorum/sled-host/pki/files";
 *
 * const folder = await mkdtemp(path.join(tmpdir(), "pki-"));
 * const [certificate, key, ca] = ["cert.pem", "key.pem", "ca.pem"].map((name) =>
 *   path.join(folder, name),
 * ) as [string, string, string];
 * const authority = await createAuthority("rack 7");
 * await writeFile(ca, authority.certificate);
 * const sled = baseboardId("913-0000019", "BRM1");
 * await writeCertificate({ certificate, key }, await issueSledCertificate(authority, sled));
 *
 * const loaded = await loadCertificates({ certificate, key, ca }, ["server", "client"]);
 * createSecureContext({ cert: loaded.certificate, key: loaded.key, ca: loaded.ca });
 * loaded.wipe();
 * loaded.facts.identity; // => { kind: "sled", id: sled }
 * await rm(folder, { recursive: true });
 */
export async function loadCertificates(
  files: CertificateFiles,
  purposes: readonly Purpose[],
): Promise<LoadedCertificates> {
  const { chain, leaf, ...pair } = await loadKeyPair(files);
  try {
    for (const purpose of purposes) {
      const rules = { anchors: pair.anchors, purpose, dates: "advisory", now: Date.now() } as const;
      const verdict = verifyChain(chain, rules);
      if (verdict.kind === "refused") throw invalid(files.certificate, verdict.problem);
    }
    return { ...pair, facts: certificateFacts(leaf) };
  } catch (error) {
    pair.wipe();
    throw error;
  }
}

/** A certificate and its key as they were read; who they are of, and for what, was not looked at. */
export interface LoadedKeyPair extends Omit<LoadedCertificates, "facts"> {
  /** The certificate first. */
  readonly chain: readonly X509Certificate[];
  readonly leaf: X509Certificate;
}

/**
 * Reads a certificate that may come from anywhere, and checks its key as {@link loadCertificates} does:
 * nothing that others may read, and the certificate's own.
 *
 * @throws DaemonError `ERR_TQD_CERTIFICATE_INVALID` with the file that is to blame
 */
export async function loadKeyPair(files: CertificateFiles): Promise<LoadedKeyPair> {
  const ca = await readPem(files.ca);
  const certificate = await readPem(files.certificate);
  const anchors = parseCertificates(files.ca, ca);
  for (const anchor of anchors) {
    if (!anchor.ca) throw invalid(files.ca, "it holds a certificate that is not an authority's");
  }
  const chain = parseCertificates(files.certificate, certificate);
  const [leaf] = chain;
  if (leaf === undefined || chain.length > CHAIN_MAX) {
    throw invalid(files.certificate, `a chain has 1 to ${CHAIN_MAX} certificates`);
  }
  const key = await readKey(files.key);
  try {
    requireMatch(files.key, key, leaf);
  } catch (error) {
    key.fill(0);
    throw error;
  }
  return { certificate, key, ca, anchors, chain, leaf, wipe: () => void key.fill(0) };
}

/**
 * What is told of a certificate.
 *
 * @throws DaemonError `ERR_TQD_CERTIFICATE_IDENTITY`
 */
export function certificateFacts(certificate: X509Certificate): CertificateFacts {
  return {
    identity: identityOf(certificate),
    fingerprint: certificate.fingerprint256.replaceAll(":", "").toLowerCase(),
    ...validity(certificate),
  };
}

/** The certificates of a PEM text, in its order; anything between them is skipped. */
function parseCertificates(file: string, pem: Buffer): X509Certificate[] {
  const blocks =
    pem.toString("latin1").match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ??
    [];
  if (blocks.length === 0) throw invalid(file, "it holds no certificate in PEM");
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch (cause) {
    throw invalid(file, `a certificate cannot be read: ${problemOf(cause)}`, cause);
  }
}

function requireMatch(file: string, key: Buffer, leaf: X509Certificate): void {
  let matches: boolean;
  try {
    matches = leaf.checkPrivateKey(createPrivateKey(key));
  } catch (cause) {
    throw invalid(file, "it holds no private key in PEM without a password", cause);
  }
  if (!matches) throw invalid(file, "the key does not belong to the certificate");
}

async function readKey(file: string): Promise<Buffer> {
  try {
    const { mode } = await stat(file);
    // A group may read: that is how service managers and secret mounts hand keys out.
    if ((mode & 0o027) !== 0) {
      throw new Error(`others may read or change it: chmod 600 ${file}`);
    }
  } catch (cause) {
    throw invalid(file, problemOf(cause), cause);
  }
  return readPem(file);
}

async function readPem(file: string): Promise<Buffer> {
  try {
    const { size } = await stat(file);
    if (size > PEM_BYTES_MAX) throw new Error(`it is larger than ${PEM_BYTES_MAX} bytes`);
    return await readFile(file);
  } catch (cause) {
    throw invalid(file, problemOf(cause), cause);
  }
}

function invalid(
  file: string,
  problem: string,
  cause?: unknown,
): DaemonError<"ERR_TQD_CERTIFICATE_INVALID"> {
  return new DaemonError("ERR_TQD_CERTIFICATE_INVALID", { file, problem }, { cause });
}
