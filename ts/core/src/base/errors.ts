/**
 * All errors of this library. Callers match on `code`; `details` holds the values that the text mentions,
 * with their types; the text is for people. The codes are declared by domain in `errors/`. A test checks
 * that these tables, their types and the published list (ERRORS.md) agree.
 *
 * No detail may ever hold a secret or a share.
 */
import { ARGUMENT_ERRORS } from "./errors/arguments.ts";
import type { ArgumentErrorDetails } from "./errors/arguments.ts";
import { CONTROL_ERRORS } from "./errors/control.ts";
import type { ControlErrorDetails } from "./errors/control.ts";
import { CRYPTO_ERRORS } from "./errors/crypto.ts";
import type { CryptoErrorDetails } from "./errors/crypto.ts";
import { DRIVER_ERRORS } from "./errors/driver.ts";
import type { DriverErrorDetails } from "./errors/driver.ts";
import { LEDGER_ERRORS } from "./errors/ledger.ts";
import type { LedgerErrorDetails } from "./errors/ledger.ts";
import { REQUEST_ERRORS } from "./errors/requests.ts";
import type { RequestErrorDetails } from "./errors/requests.ts";
import { WIRE_ERRORS } from "./errors/wire.ts";
import type { WireErrorDetails } from "./errors/wire.ts";
import type { ErrorTable } from "./errors/table.ts";

/** The details of each code. */
export interface ErrorDetails
  extends
    RequestErrorDetails,
    ArgumentErrorDetails,
    CryptoErrorDetails,
    WireErrorDetails,
    LedgerErrorDetails,
    DriverErrorDetails,
    ControlErrorDetails {}

/** Every stable error code. */
export type ErrorCode = keyof ErrorDetails;

/** For each code its name and its text. */
export const ERRORS: ErrorTable<ErrorDetails> = {
  ...REQUEST_ERRORS,
  ...ARGUMENT_ERRORS,
  ...CRYPTO_ERRORS,
  ...WIRE_ERRORS,
  ...LEDGER_ERRORS,
  ...DRIVER_ERRORS,
  ...CONTROL_ERRORS,
};

/**
 * Every error this library raises on purpose. Match on `code`; `details` has the type that belongs
 * to it.
 *
 * @example
 * import {
 *   TrustQuorumNode,
 *   baseboardId,
 *   isTrustQuorumError,
 *   nativeCrypto,
 *   parseRackId,
 * } from "trust-quorum";
 *
 * const self = baseboardId("913-0000019", "BRM1");
 * const node = TrustQuorumNode.restore({ self, ledger: null, crypto: nativeCrypto() });
 * const rackId = parseRackId("ca7cf321-e47a-4fc9-bfd0-32abc31b253f");
 * try {
 *   node.commit({ rackId, epoch: 7 });
 * } catch (error) {
 *   if (!isTrustQuorumError(error, "ERR_TQ_NOT_PREPARED")) throw error;
 *   console.log(error.details.epoch); // => 7
 * }
 */
export class TrustQuorumError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = "TrustQuorumError";
  readonly code: C;
  readonly details: ErrorDetails[C];

  constructor(code: C, details: ErrorDetails[C], options?: { cause?: unknown }) {
    super(textOf(code, details), options);
    this.code = code;
    this.details = details;
  }

  /** Whose error it is, as over HTTP: the protocol's, not that of the daemon around it. */
  get origin(): "core" {
    return "core";
  }

  /** The error's name in the protocol's texts, e.g. `PreparedEpochMismatch`. */
  get kind(): string {
    return ERRORS[this.code].kind;
  }
}

/** Whether a caught value is a {@link TrustQuorumError}, of this code where one is given. */
export function isTrustQuorumError<C extends ErrorCode = ErrorCode>(
  value: unknown,
  code?: C,
): value is TrustQuorumError<C> {
  return value instanceof TrustQuorumError && (code === undefined || value.code === code);
}

/** The error's text. What a caller passed by mistake (a symbol, say) must not make it fail. */
function textOf<C extends ErrorCode>(code: C, details: ErrorDetails[C]): string {
  try {
    return ERRORS[code].text(details);
  } catch {
    return ERRORS[code].kind;
  }
}
