/**
 * A private certificate authority: P-256 keys and ECDSA with SHA-256 (RFC 5480, RFC 5758), which every
 * TLS 1.3 implementation must take (RFC 8446, 9.1).
 */
import { webcrypto, KeyObject } from "node:crypto";
import type * as x509 from "@peculiar/x509";
import type { BaseboardId } from "trust-quorum";
import { DaemonError, problemOf } from "../errors.ts";
import { operatorUri, sledUri } from "./identity.ts";
import { library } from "./library.ts";

/** A certificate and its private key, both PEM. The key is a secret: its bytes are the caller's to zero. */
export interface IssuedCertificate {
  readonly certificate: string;
  readonly key: Buffer;
}

/** How long a certificate is valid. */
export interface Validity {
  /** Default: an hour before now, for clocks that are a little behind. */
  readonly notBefore?: Date;
  /** How many days from now, or from `notBefore` where that is given. */
  readonly days?: number;
}

const AUTHORITY_DAYS = 20 * 365;
const SLED_DAYS = 5 * 365;
const OPERATOR_DAYS = 365;
const DAY_MS = 24 * 3600 * 1000;
const BACKDATE_MS = 3600 * 1000;
/** The names of a certificate's subject are for people, and X.520 ends a common name after 64 characters. */
const COMMON_NAME_MAX = 64;

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/**
 * Makes a certificate authority: a self-signed certificate that may sign certificates, but no further
 * authorities, valid for 20 years unless told otherwise.
 *
 * @example
 * import { X509Certificate } from "node:crypto";
 * import { baseboardId } from "trust-quorum";
 * import { createAuthority, issueSledCertificate } from "@trust-quorum/sled-host/pki/authority";
 *
 * const authority = await createAuthority("rack 7");
 * const sled = await issueSledCertificate(authority, baseboardId("913-0000019", "BRM1"));
 * new X509Certificate(sled.certificate).subjectAltName; // => "URI:urn:trust-quorum:sled:913-0000019:BRM1"
 * for (const { key } of [authority, sled]) key.fill(0);
 */
export async function createAuthority(
  name: string,
  validity: Validity = {},
): Promise<IssuedCertificate> {
  const lib = await library();
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await lib.X509CertificateGenerator.createSelfSigned({
    name: commonName(`trust-quorum CA ${name}`),
    ...period(validity, AUTHORITY_DAYS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new lib.BasicConstraintsExtension(true, 0, true),
      new lib.KeyUsagesExtension(lib.KeyUsageFlags.keyCertSign | lib.KeyUsageFlags.cRLSign, true),
      await lib.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return issued(certificate, keys.privateKey);
}

/**
 * Issues a sled's certificate, for both ends of a connection, valid for 5 years unless told otherwise.
 *
 * @throws DaemonError `ERR_TQD_CERTIFICATE_INVALID` where the authority's certificate or key is none
 */
export async function issueSledCertificate(
  authority: IssuedCertificate,
  id: BaseboardId,
  validity: Validity = {},
): Promise<IssuedCertificate> {
  const lib = await library();
  const usages = [lib.ExtendedKeyUsage.serverAuth, lib.ExtendedKeyUsage.clientAuth];
  return issue(authority, { name: id, uri: sledUri(id), usages, validity, days: SLED_DAYS });
}

/**
 * Issues an operator's certificate, for the client's end of a connection to the API, valid for a year
 * unless told otherwise.
 *
 * @throws DaemonError `ERR_TQD_INVALID_OPERATOR_NAME`, and as {@link issueSledCertificate}
 */
export async function issueOperatorCertificate(
  authority: IssuedCertificate,
  name: string,
  validity: Validity = {},
): Promise<IssuedCertificate> {
  const lib = await library();
  const usages = [lib.ExtendedKeyUsage.clientAuth];
  return issue(authority, { name, uri: operatorUri(name), usages, validity, days: OPERATOR_DAYS });
}

interface Subject {
  readonly name: string;
  readonly uri: string;
  readonly usages: x509.ExtendedKeyUsageType[];
  readonly validity: Validity;
  readonly days: number;
}

async function issue(authority: IssuedCertificate, subject: Subject): Promise<IssuedCertificate> {
  const lib = await library();
  const issuer = await readAuthority(lib, authority);
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await lib.X509CertificateGenerator.create({
    subject: commonName(subject.name),
    issuer: issuer.certificate.subjectName,
    ...period(subject.validity, subject.days),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: issuer.key,
    extensions: [
      new lib.BasicConstraintsExtension(false, undefined, true),
      new lib.KeyUsagesExtension(lib.KeyUsageFlags.digitalSignature, true),
      new lib.ExtendedKeyUsageExtension(subject.usages),
      new lib.SubjectAlternativeNameExtension([{ type: "url", value: subject.uri }]),
      await lib.AuthorityKeyIdentifierExtension.create(issuer.certificate.publicKey),
      await lib.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return issued(certificate, keys.privateKey);
}

async function readAuthority(
  lib: typeof x509,
  authority: IssuedCertificate,
): Promise<{ certificate: x509.X509Certificate; key: webcrypto.CryptoKey }> {
  try {
    const certificate = new lib.X509Certificate(authority.certificate);
    const [der] = lib.PemConverter.decode(authority.key.toString("latin1"));
    if (der === undefined) throw new Error("the key's file holds no key");
    const key = await webcrypto.subtle.importKey("pkcs8", der, ALGORITHM, false, ["sign"]);
    new Uint8Array(der).fill(0);
    return { certificate, key };
  } catch (cause) {
    const problem = `not a P-256 certificate authority: ${problemOf(cause)}`;
    throw new DaemonError("ERR_TQD_CERTIFICATE_INVALID", { file: "authority", problem }, { cause });
  }
}

function issued(certificate: x509.X509Certificate, key: webcrypto.CryptoKey): IssuedCertificate {
  const pem = KeyObject.from(key).export({ type: "pkcs8", format: "pem" });
  return { certificate: `${certificate.toString("pem")}\n`, key: Buffer.from(pem) };
}

function period(validity: Validity, days: number): { notBefore: Date; notAfter: Date } {
  const from = validity.notBefore?.getTime() ?? Date.now();
  return {
    notBefore: validity.notBefore ?? new Date(from - BACKDATE_MS),
    notAfter: new Date(from + (validity.days ?? days) * DAY_MS),
  };
}

function commonName(name: string): { CN: string[] }[] {
  return [{ CN: [Array.from(name).slice(0, COMMON_NAME_MAX).join("")] }];
}
