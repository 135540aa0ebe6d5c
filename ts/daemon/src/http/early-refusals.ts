/**
 * Refusals of what never gets as far as a route: bytes that are no request, headers that are too long, paths
 * that cannot be decoded. They have the form, the headers and the request's id that every other refusal has.
 */
import { STATUS_CODES } from "node:http";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyError, FastifyServerOptions } from "fastify";
import { DaemonError } from "@trust-quorum/sled-host/errors";
import type { Log } from "../sled/logger.ts";
import type { SledMetrics } from "../sled/metrics.ts";
import { failureOf, internalFailure } from "./failure.ts";
import type { Failure } from "./failure.ts";
import { endWith } from "./last-answer.ts";

/** Bytes of a request's line and headers. */
export const HEADER_BYTES_MAX = 16 * 1024;

/** The part of a server that refuses before there is a route. */
export class EarlyRefusals {
  readonly #log: Log;
  readonly #metrics: Pick<SledMetrics, "request">;
  readonly #nextId: () => string;
  /** Those that were refused: what else they send is not looked at. */
  readonly #refused = new WeakSet<Socket>();

  constructor(log: Log, metrics: Pick<SledMetrics, "request">, nextId: () => string) {
    this.#log = log;
    this.#metrics = metrics;
    this.#nextId = nextId;
  }

  /** What Fastify is to do with them. */
  get options(): Pick<FastifyServerOptions, "frameworkErrors" | "clientErrorHandler"> {
    return {
      frameworkErrors: (error, _request, reply) => {
        reply.hijack();
        this.refuse(routingError(error), reply.raw);
      },
      clientErrorHandler: (error, socket) => {
        this.#refuseBytes(error, socket);
      },
    };
  }

  /** Answers a request that Node's server itself would refuse with nothing but a status. */
  refuse(error: DaemonError, response: ServerResponse, status?: number): void {
    const id = this.#nextId();
    const failure = this.#told(error, id);
    const body = JSON.stringify(failure.body);
    const length = { "content-length": Buffer.byteLength(body), connection: "close" };
    response.writeHead(status ?? failure.status, { ...headersOf(id), ...length }).end(body);
  }

  /** The same where there is no response, only a connection. */
  refuseConnection(error: DaemonError, socket: Socket): void {
    const id = this.#nextId();
    endWith(socket, rawAnswer(this.#told(error, id), id));
  }

  #refuseBytes(error: NodeJS.ErrnoException & { reason?: string }, socket: Socket): void {
    if (this.#refused.has(socket)) return;
    this.#refused.add(socket);
    // Whoever has gone, has not shown who they are, or is being answered is told nothing.
    if (
      error.code === "ECONNRESET" ||
      !socket.writable ||
      isInHandshake(error, socket) ||
      isBeingAnswered(socket)
    ) {
      socket.destroy();
      return;
    }
    this.refuseConnection(bytesError(error), socket);
  }

  #told(error: DaemonError, request: string): Failure {
    const failure = failureOf(error) ?? internalFailure(request);
    this.#metrics.request({ route: "unknown", status: failure.status });
    this.#log.debug(
      { request, status: failure.status, code: error.code },
      "refused before routing",
    );
    return failure;
  }
}

function routingError(error: Pick<FastifyError, "code">): DaemonError {
  switch (error.code) {
    case "FST_ERR_BAD_URL":
      return new DaemonError("ERR_TQD_BAD_REQUEST", { problem: "its path cannot be decoded" });
    case "FST_ERR_MAX_PARAM_LENGTH":
      return new DaemonError("ERR_TQD_BAD_REQUEST", { problem: "a part of its path is too long" });
    default:
      return new DaemonError("ERR_TQD_BAD_REQUEST", { problem: "its path is not valid" });
  }
}

function bytesError(error: NodeJS.ErrnoException & { reason?: string }): DaemonError {
  switch (error.code) {
    case "HPE_HEADER_OVERFLOW":
      return new DaemonError("ERR_TQD_HEADERS_TOO_LARGE", { limit: HEADER_BYTES_MAX });
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new DaemonError("ERR_TQD_REQUEST_TIMEOUT", {});
    default: {
      // The parser's own sentence, which has nothing of what was sent.
      const problem = `it is not HTTP/1.1: ${error.reason ?? error.code ?? "unknown"}`;
      return new DaemonError("ERR_TQD_BAD_REQUEST", { problem });
    }
  }
}

/** Over TLS Node reports failures of the handshake in the same way. */
function isInHandshake(error: NodeJS.ErrnoException, socket: Socket): boolean {
  return "encrypted" in socket && !/^(HPE_|ERR_HTTP_)/.test(error.code ?? "");
}

/** Whether another answer is on its way: this one would end up in its midst. */
function isBeingAnswered(socket: Socket): boolean {
  const { _httpMessage: answer } = socket as {
    _httpMessage?: ServerResponse | null;
  };
  return answer?.headersSent ?? false;
}

function headersOf(id: string): Record<string, string> {
  return {
    "content-type": "application/json; charset=utf-8",
    "x-request-id": id,
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
  };
}

/** An answer as it goes over the wire, after which the connection ends. */
function rawAnswer({ status, body }: Failure, id: string): string {
  const text = JSON.stringify(body);
  const headers = {
    ...headersOf(id),
    date: new Date().toUTCString(),
    "content-length": String(Buffer.byteLength(text)),
    connection: "close",
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n${text}`;
}
