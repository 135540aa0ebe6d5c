/**
 * The certificate, key and authorities of the API over TLS: replaced by themselves when their files are,
 * as the mesh's are, and on demand.
 */
import { constants } from "node:crypto";
import type { Server as HttpsServer } from "node:https";
import type { SecureContextOptions } from "node:tls";
import { DaemonError, problemOf } from "@trust-quorum/sled-host/errors";
import { areSameCertificates, validity } from "@trust-quorum/sled-host/pki/chain";
import { loadKeyPair } from "@trust-quorum/sled-host/pki/files";
import type { CertificateFiles, LoadedKeyPair } from "@trust-quorum/sled-host/pki/files";
import { watchFiles } from "@trust-quorum/sled-host/os/watch-files";
import type { FileWatch } from "@trust-quorum/sled-host/os/watch-files";
import { errorFields } from "../sled/logger.ts";
import type { Log } from "../sled/logger.ts";

/** The credentials of a server that listens. */
export class ApiCredentials {
  readonly #files: CertificateFiles;
  readonly #server: HttpsServer;
  readonly #log: Log;
  readonly #watch: FileWatch;
  #inUse: Pick<LoadedKeyPair, "anchors" | "leaf">;
  /** What was wrong with the files when they were last loaded; the old ones are still used. */
  #problem: string | undefined;
  /** One load at a time, in the order in which they were asked for. */
  #last: Promise<void> = Promise.resolve();

  /**
   * @param files are watched until {@link close}
   * @param loaded what the server began with
   */
  constructor(
    files: CertificateFiles,
    { anchors, leaf }: LoadedKeyPair,
    { server, log }: { readonly server: HttpsServer; readonly log: Log },
  ) {
    this.#files = files;
    this.#server = server;
    this.#log = log;
    this.#inUse = { anchors, leaf };
    this.#watch = watchFiles([files.certificate, files.key, files.ca], () => {
      this.reload().catch((error: unknown) => this.#tell(error));
    });
  }

  /**
   * Loads the files again. New connections use them; where the authorities have changed, all connections
   * that there are have to be made anew.
   *
   * @throws DaemonError `ERR_TQD_CERTIFICATE_INVALID`, `ERR_TQD_START_FAILED`: the old ones stay in use
   */
  reload(): Promise<void> {
    const load = this.#last.then(() => this.#load());
    this.#last = load.catch(() => undefined);
    return load;
  }

  close(): void {
    this.#watch.close();
  }

  async #load(): Promise<void> {
    const next = await loadKeyPair(this.#files);
    try {
      startingTls(() => this.#server.setSecureContext(secureOptions(next)));
    } finally {
      next.wipe();
    }
    this.#problem = undefined;
    const { anchors, leaf } = this.#inUse;
    this.#inUse = { anchors: next.anchors, leaf: next.leaf };
    if (leaf.fingerprint256 !== next.leaf.fingerprint256) {
      const notAfter = new Date(validity(next.leaf).notAfter).toISOString();
      this.#log.info({ notAfter }, "a new certificate is in use for the API over TLS");
    }
    if (areSameCertificates(anchors, next.anchors)) return;
    // Who was let in by an authority that is gone must not stay; all others just connect again.
    this.#server.closeAllConnections();
    this.#log.info("the API over TLS has new authorities: all connections were closed");
  }

  /** The files are looked at again whenever something changes beside them: the same problem is told once. */
  #tell(error: unknown): void {
    const problem = problemOf(error);
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#log.error(errorFields(error), "the API over TLS goes on with its old certificate");
  }
}

/** All that makes a server's secure context: what is left out when it is replaced would be lost. */
export function secureOptions({ certificate: cert, key, ca }: LoadedKeyPair): SecureContextOptions {
  return {
    cert,
    key,
    ca,
    minVersion: "TLSv1.3",
    // A resumed session would prove a certificate of the past.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}

/**
 * What OpenSSL finds wrong with a certificate or key is the operator's to put right.
 *
 * @throws DaemonError `ERR_TQD_START_FAILED`
 */
export function startingTls<T>(start: () => T): T {
  try {
    return start();
  } catch (cause) {
    const details = { part: "API's TLS", problem: problemOf(cause) };
    throw new DaemonError("ERR_TQD_START_FAILED", details, { cause });
  }
}
