/** This sled's own certificate and key and the authorities it trusts, as `tls` wants them; replaceable. */
import type { X509Certificate } from "node:crypto";
import { constants } from "node:crypto";
import { createSecureContext } from "node:tls";
import type { SecureContext, SecureContextOptions } from "node:tls";
import type { BaseboardId } from "trust-quorum";
import { DaemonError, problemOf } from "@trust-quorum/sled-host/errors";
import { loadCertificates } from "@trust-quorum/sled-host/pki/files";
import type { CertificateFacts, CertificateFiles } from "@trust-quorum/sled-host/pki/files";
import { identityText } from "@trust-quorum/sled-host/pki/identity";

/** The mesh's application protocol (RFC 7301), so that no other service's connection passes for one. */
export const MESH_ALPN = "trust-quorum/1";

/** Credentials that were loaded. */
export interface MeshCredentials {
  readonly anchors: readonly X509Certificate[];
  readonly facts: CertificateFacts;
  /** For connections that this sled makes. */
  readonly context: SecureContext;
  /** For those that it accepts; zero the key with {@link wipe} once a server was given it. */
  readonly serverOptions: SecureContextOptions;
  wipe(): void;
}

/**
 * Loads credentials: a certificate of this very sled, for both ends of a connection.
 *
 * @throws DaemonError `ERR_TQD_CERTIFICATE_INVALID`, `ERR_TQD_CERTIFICATE_IDENTITY`
 */
export async function loadCredentials(
  self: BaseboardId,
  files: CertificateFiles,
): Promise<MeshCredentials> {
  const loaded = await loadCertificates(files, ["server", "client"]);
  const { identity } = loaded.facts;
  if (identity.kind !== "sled" || identity.id !== self) {
    loaded.wipe();
    const problem = `it is of ${identityText(identity)}, not of sled ${self}`;
    throw new DaemonError("ERR_TQD_CERTIFICATE_INVALID", { file: files.certificate, problem });
  }
  const serverOptions: SecureContextOptions = {
    cert: loaded.certificate,
    key: loaded.key,
    ca: loaded.ca,
    minVersion: "TLSv1.3",
    maxVersion: "TLSv1.3",
    // A session that is resumed would prove less than a certificate does.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
  const { anchors, facts } = loaded;
  try {
    const context = createSecureContext(serverOptions);
    return { anchors, facts, context, serverOptions, wipe: () => loaded.wipe() };
  } catch (cause) {
    loaded.wipe();
    const details = { file: files.certificate, problem: problemOf(cause) };
    throw new DaemonError("ERR_TQD_CERTIFICATE_INVALID", details, { cause });
  }
}
