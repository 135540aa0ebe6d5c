/** Asks one sled over its unix socket or over TLS. Every call has a limit in time and in bytes. */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { PeerCertificate } from "node:tls";
import { Agent, errors, request } from "undici";
import { Check } from "typebox/value";
import type { Static, TSchema } from "typebox";
import { CommitAnswerSchema } from "../schemas/changes.ts";
import { API_PREFIX } from "../schemas/common.ts";
import { ConfigurationsSchema } from "../schemas/configuration.ts";
import { ErrorSchema } from "../schemas/errors.ts";
import { KEY_BYTES_MAX } from "../limits.ts";
import { KEY_EPOCH_HEADER } from "../schemas/key.ts";
import { LockSchema } from "../schemas/lock.ts";
import { LogSchema } from "../schemas/log.ts";
import { CoordinatorSchema } from "../schemas/node.ts";
import { ProxyAnswerSchema } from "../schemas/proxy.ts";
import { StatusSchema } from "../schemas/status.ts";
import { VERIFY_TIMEOUT_MS, VerifySchema } from "../schemas/verify.ts";
import type { CommitAnswer, CommitBody, ReconfigureBody, UpgradeBody } from "../schemas/changes.ts";
import type { ConfigurationJson, ConfigurationsAnswer } from "../schemas/configuration.ts";
import type { KeyBody } from "../schemas/key.ts";
import type { LockAnswer } from "../schemas/lock.ts";
import type { LogAnswer } from "../schemas/log.ts";
import type { CoordinatorAnswer } from "../schemas/node.ts";
import type { ProxyAnswer, ProxyBody } from "../schemas/proxy.ts";
import type { StatusAnswer } from "../schemas/status.ts";
import type { VerifyAnswer } from "../schemas/verify.ts";
import type { BaseboardId } from "trust-quorum";
import { identityOf, identityText } from "@trust-quorum/sled-host/pki/identity";
import type { SledApi } from "./api.ts";
import { OperatorError, RefusedError, UnreachableError, messageOf } from "./errors.ts";
import { fromVersion010 } from "./version-0.1.0.ts";

/** How long a call may take where the caller does not say, in milliseconds. */
export const CALL_TIMEOUT_MS = 5000;
/** The most bytes of one answer: a ledger's configurations of many epochs. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;
const NO_LIMIT = -1;

/** Where a sled's API is. */
export type Endpoint =
  | { readonly kind: "socket"; readonly path: string }
  | {
      readonly kind: "tls";
      /** `https://host:port` */
      readonly url: string;
      /** Whose certificate has to answer there; host names do not count. */
      readonly sled: BaseboardId;
      /** Files of PEM: the operator's certificate and key, and the authority of the sleds' APIs. */
      readonly certificate: string;
      readonly key: string;
      readonly ca: string;
    };

type Body = Readonly<Record<string, unknown>>;

/** The API of one sled. */
export class HttpSled implements SledApi {
  readonly #name: string;
  readonly #origin: string;
  readonly #agent: Agent;
  readonly #timeoutMs: number;

  /**
   * @param name how errors call the sled
   * @throws OperatorError `ERR_TQ_CLI_RACK_INVALID` where a certificate's file cannot be read
   */
  constructor(name: string, endpoint: Endpoint, timeoutMs: number = CALL_TIMEOUT_MS) {
    this.#name = name;
    this.#timeoutMs = timeoutMs;
    this.#origin = endpoint.kind === "socket" ? "http://localhost" : endpoint.url;
    this.#agent = new Agent({
      connect: { timeout: timeoutMs, ...connectOptions(endpoint) },
      // A limit of their own would only get in the way of the one that each call has.
      headersTimeout: 0,
      bodyTimeout: 0,
      connections: 4,
    });
  }

  status(): Promise<StatusAnswer> {
    return this.#json("GET", "/status", StatusSchema);
  }

  coordinator(): Promise<CoordinatorAnswer> {
    return this.#json("GET", "/coordinator", CoordinatorSchema);
  }

  configurations(): Promise<ConfigurationsAnswer> {
    return this.#json("GET", "/configurations", ConfigurationsSchema);
  }

  async reconfigure(body: ReconfigureBody): Promise<void> {
    await this.#text("POST", "/reconfigure", body);
  }

  async upgrade(body: UpgradeBody): Promise<void> {
    await this.#text("POST", "/upgrade", body);
  }

  commit(body: CommitBody): Promise<CommitAnswer> {
    return this.#json("POST", "/commit", CommitAnswerSchema, body);
  }

  prepareAndCommit(config: ConfigurationJson): Promise<CommitAnswer> {
    return this.#json("POST", "/prepare-and-commit", CommitAnswerSchema, { config });
  }

  proxy(peer: string, body: ProxyBody): Promise<ProxyAnswer> {
    return this.#json("POST", `/proxy/${encodeURIComponent(peer)}`, ProxyAnswerSchema, body);
  }

  lock(): Promise<LockAnswer> {
    return this.#json("GET", "/lock", LockSchema);
  }

  unlock(timeoutMs: number): Promise<LockAnswer> {
    return this.#json("POST", "/unlock", LockSchema, { timeoutMs }, timeoutMs + this.#timeoutMs);
  }

  async key(request: KeyBody): Promise<{ key: Uint8Array; epoch: number }> {
    return this.#call("POST", "/key", { ...request }, this.#timeoutMs, async (answer) => {
      const epoch = Number(answer.headers[KEY_EPOCH_HEADER]);
      const key = await collect(answer.body, KEY_BYTES_MAX);
      if (key !== null && Number.isSafeInteger(epoch) && epoch >= 1) return { key, epoch };
      key?.fill(0);
      throw this.#badAnswer("POST", "/key", "is no key");
    });
  }

  verify(): Promise<VerifyAnswer> {
    return this.#json("POST", "/verify", VerifySchema, undefined, VERIFY_TIMEOUT_MS);
  }

  logFiles(): Promise<LogAnswer> {
    return this.#json("GET", "/log", LogSchema);
  }

  async *logFile(name: string): AsyncIterable<Uint8Array> {
    const path = `/log/${encodeURIComponent(name)}`;
    // A large file may take its time, but not without a byte for so long.
    const body = await this.#call("GET", path, undefined, NO_LIMIT, (answer) =>
      Promise.resolve(answer.body),
    );
    for await (const chunk of body) yield chunk as Uint8Array;
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #json<S extends TSchema>(
    method: "GET" | "POST",
    path: string,
    schema: S,
    body?: Body,
    timeoutMs: number = this.#timeoutMs,
  ): Promise<Static<S>> {
    const text = await this.#text(method, path, body, timeoutMs);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw this.#badAnswer(method, path, "is not JSON", cause);
    }
    if (!Check(schema, value)) value = fromVersion010(value);
    if (!Check(schema, value)) throw this.#badAnswer(method, path, "is not as documented");
    return value;
  }

  #text(
    method: "GET" | "POST",
    path: string,
    body?: Body,
    timeoutMs: number = this.#timeoutMs,
  ): Promise<string> {
    return this.#call(method, path, body, timeoutMs, async (answer) => {
      const bytes = await collect(answer.body, ANSWER_BYTES_MAX);
      if (bytes === null) throw this.#badAnswer(method, path, "is too long");
      return Buffer.from(bytes).toString("utf8");
    });
  }

  /** One call, its answer read by `read` within the same time. */
  async #call<T>(
    method: "GET" | "POST",
    path: string,
    body: Body | undefined,
    timeoutMs: number,
    read: (answer: Awaited<ReturnType<typeof request>>) => Promise<T>,
  ): Promise<T> {
    const signal = timeoutMs === NO_LIMIT ? null : AbortSignal.timeout(timeoutMs);
    try {
      const answer = await request(`${this.#origin}${API_PREFIX}${path}`, {
        method,
        dispatcher: this.#agent,
        signal,
        ...(body !== undefined && {
          body: JSON.stringify(body),
          headers: { "content-type": "application/json" },
        }),
      });
      if (answer.statusCode >= 400) throw await this.#refusal(method, path, answer);
      return await read(answer);
    } catch (error) {
      if (error instanceof OperatorError) throw error;
      throw new UnreachableError(this.#name, this.#whyUnreachable(error, timeoutMs), {
        cause: error,
      });
    }
  }

  async #refusal(
    method: string,
    path: string,
    answer: Awaited<ReturnType<typeof request>>,
  ): Promise<OperatorError> {
    const bytes = await collect(answer.body, ANSWER_BYTES_MAX);
    let value: unknown;
    try {
      value = JSON.parse(Buffer.from(bytes ?? []).toString("utf8"));
    } catch {
      return this.#badAnswer(method, path, `has the status ${answer.statusCode} and no reason`);
    }
    if (!Check(ErrorSchema, value)) value = fromVersion010(value);
    if (!Check(ErrorSchema, value)) {
      return this.#badAnswer(method, path, `has the status ${answer.statusCode} and no reason`);
    }
    // A daemon that is stopping has not acted on the request: it counts as unreachable.
    if (value.code === "ERR_TQD_STOPPING") {
      return new UnreachableError(this.#name, value.message);
    }
    return new RefusedError(this.#name, { status: answer.statusCode, ...value });
  }

  #badAnswer(method: string, path: string, problem: string, cause?: unknown): OperatorError {
    const text = `the answer of ${this.#name} to ${method} ${API_PREFIX}${path} ${problem}; is it a tqd of this version?`;
    return new OperatorError("ERR_TQ_CLI_BAD_ANSWER", text, { cause });
  }

  #whyUnreachable(error: unknown, timeoutMs: number): string {
    if (!(error instanceof Error)) return "unknown failure";
    if (error.name === "TimeoutError" || error instanceof errors.ConnectTimeoutError) {
      return `no answer within ${timeoutMs} ms`;
    }
    switch ((error as NodeJS.ErrnoException).code) {
      case "ENOENT":
      case "ECONNREFUSED":
        return "nothing listens there (is its tqd running?)";
      case "EACCES":
        return "this user may not use its socket";
      default:
        return messageOf(error);
    }
  }
}

function connectOptions(endpoint: Endpoint): Record<string, unknown> {
  if (endpoint.kind === "socket") return { socketPath: endpoint.path };
  return {
    cert: pem(endpoint.certificate),
    key: pem(endpoint.key),
    ca: pem(endpoint.ca),
    minVersion: "TLSv1.3",
    // A sled's certificate names the sled, not a host: that is what is checked.
    checkServerIdentity: (_host: string, peer: PeerCertificate) =>
      wrongIdentity(endpoint.sled, new X509Certificate(peer.raw)),
  };
}

function wrongIdentity(sled: BaseboardId, certificate: X509Certificate): Error | undefined {
  try {
    const identity = identityOf(certificate);
    if (identity.kind === "sled" && identity.id === sled) return undefined;
    return new Error(`its certificate is that of ${identityText(identity)}`);
  } catch (error) {
    return error instanceof Error ? error : new Error("its certificate cannot be read");
  }
}

function pem(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    const text = `${file} cannot be read: ${messageOf(cause)}`;
    throw new OperatorError("ERR_TQ_CLI_RACK_INVALID", text, { cause });
  }
}

/** All bytes of a body in one buffer, or null where there are more than allowed. */
async function collect(body: AsyncIterable<unknown>, bytesMax: number): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    // Leaving the loop destroys the body.
    if (length > bytesMax) return null;
    chunks.push(chunk);
  }
  const all = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.length;
    // It may have been a key.
    chunk.fill(0);
  }
  return all;
}
