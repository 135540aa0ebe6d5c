/**
 * Validators of what `schema.ts` describes.
 *
 * Written by `npm run validators` (`scripts/build-validators.ts`); not to be edited.
 */
/* eslint-disable */
import type { Schema, Validator } from "./validation.ts";

const pattern1 = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;
const pattern2 = /^[^:\u0000-\u001f\u007f-\u009f]{1,64}:[^:\u0000-\u001f\u007f-\u009f]{1,64}$/u;
const pattern3 = /^([0-9a-f]{2})*$/u;
const pattern4 = /^[0-9a-f]{64}$/u;
const pattern5 = /^c[0-9]{1,15}$/u;
const pattern6 = /^[1-9][0-9]{0,15}$/u;
const pattern7 = /^(Nexus|[^:\u0000-\u001f\u007f-\u009f]{1,64}:[^:\u0000-\u001f\u007f-\u009f]{1,64})$/u;
const pattern8 = /^ERR_TQ_[A-Z0-9_]+$/u;
const pattern9 = /^[a-zA-Z]+$/u;
const pattern10 = /^[A-Za-z0-9_]+$/u;

const is2 = (value: any): boolean => value === 1 || value === 2;
function is3(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "name": if (!(typeof field === "string")) return false; required++; break;
      case "version": if (!(typeof field === "string")) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
const is5 = (value: any): boolean => typeof value === "string" && pattern1.test(value);
const is4 = (value: any): boolean => value === null || is5(value);
const is6 = (value: any): boolean => value === "virtual" || value === "wall";
const is7 = (value: any): boolean => Number.isInteger(value) && value >= 0 && value <= 9007199254740991;
const is10 = (value: any): boolean => Number.isInteger(value) && value >= 1 && value <= 9007199254740991;
const is11 = (value: any): boolean => typeof value === "string" && pattern2.test(value);
function is12(list: any): boolean {
  for (const one of list) if (!is11(one)) return false;
  return true;
}
const is13 = (value: any): boolean => typeof value === "string" && pattern3.test(value);
const is14 = (value: any): boolean => Number.isInteger(value) && value >= 0 && value <= 255;
const is17 = (value: any): boolean => typeof value === "string" && pattern4.test(value);
function is16(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "salt": if (!is17(field)) return false; required++; break;
      case "data": if (!is13(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
const is15 = (value: any): boolean => value === null || is16(value);
function is9(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "rackId": if (!is5(field)) return false; required++; break;
      case "epoch": if (!is10(field)) return false; required++; break;
      case "coordinator": if (!is11(field)) return false; required++; break;
      case "members": if (!(Array.isArray(field) && field.length <= 32 && is12(field))) return false; required++; break;
      case "digests": if (!is13(field)) return false; required++; break;
      case "threshold": if (!is14(field)) return false; required++; break;
      case "encryptedRackSecrets": if (!is15(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 7;
}
function is8(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  for (const key in value) {
    const field = value[key];
    if (!pattern5.test(key) || !is9(field)) return false;
  }
  return true;
}
const is24 = (value: any): boolean => Number.isInteger(value) && value >= 1 && value <= 255;
function is23(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "x": if (!is24(field)) return false; required++; break;
      case "sha3": if (!is17(field)) return false; required++; break;
      case "y": if (field !== undefined && !is17(field)) return false; break;
      default: return false;
    }
  }
  return required === 2;
}
function is22(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "rackId": if (!is5(field)) return false; required++; break;
      case "epoch": if (!is7(field)) return false; required++; break;
      case "threshold": if (!is14(field)) return false; required++; break;
      case "share": if (!is23(field)) return false; required++; break;
      case "digests": if (!is13(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 5;
}
const is21 = (value: any): boolean => value === null || is22(value);
const is26 = (value: any): boolean => typeof value === "string" && pattern5.test(value);
function is25(list: any): boolean {
  for (const one of list) if (!is26(one)) return false;
  return true;
}
function is27(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  for (const key in value) {
    const field = value[key];
    if (!pattern6.test(key) || !is23(field)) return false;
  }
  return true;
}
function is28(list: any): boolean {
  for (const one of list) if (!is10(one)) return false;
  return true;
}
function is30(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "epoch": if (!is10(field)) return false; required++; break;
      case "from": if (!is11(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
const is29 = (value: any): boolean => value === null || is30(value);
function is20(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "lrtq": if (!is21(field)) return false; required++; break;
      case "configs": if (!(Array.isArray(field) && is25(field))) return false; required++; break;
      case "shares": if (!is27(field)) return false; required++; break;
      case "commits": if (!(Array.isArray(field) && is28(field))) return false; required++; break;
      case "expunged": if (!is29(field)) return false; required++; break;
      case "abandoned": if (field !== undefined && !is10(field)) return false; break;
      default: return false;
    }
  }
  return required === 5;
}
const is34 = (value: any): boolean => typeof value === "string" && pattern7.test(value);
function is33(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "mismatchedConfigurations")) return false; required++; break;
      case "config1": if (!is26(field)) return false; required++; break;
      case "config2": if (!is26(field)) return false; required++; break;
      case "from": if (!is34(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 4;
}
const is36 = (value: any): boolean => typeof value === "string" && pattern8.test(value);
function is35(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "shareComputationFailed")) return false; required++; break;
      case "epoch": if (!is10(field)) return false; required++; break;
      case "code": if (!is36(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 3;
}
function is37(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "committedConfigurationLost")) return false; required++; break;
      case "latestCommittedEpoch": if (!is10(field)) return false; required++; break;
      case "collectingEpoch": if (!is10(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 3;
}
function is38(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "rackSecretDecryptionFailed")) return false; required++; break;
      case "epoch": if (!is10(field)) return false; required++; break;
      case "code": if (!is36(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 3;
}
function is39(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "rackSecretReconstructionFailed")) return false; required++; break;
      case "epoch": if (!is10(field)) return false; required++; break;
      case "code": if (!is36(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 3;
}
function is40(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "lrtqSecretReconstructionFailed")) return false; required++; break;
      case "epoch": if (!is10(field)) return false; required++; break;
      case "code": if (!is36(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 3;
}
function is41(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "unrelatedShares")) return false; required++; break;
      case "epoch": if (!is10(field)) return false; required++; break;
      case "members": if (!(Array.isArray(field) && is12(field))) return false; required++; break;
      default: return false;
    }
  }
  return required === 3;
}
function is42(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "priorSecretsDiffer")) return false; required++; break;
      case "epoch": if (!is10(field)) return false; required++; break;
      case "epochs": if (!(Array.isArray(field) && is28(field))) return false; required++; break;
      default: return false;
    }
  }
  return required === 3;
}
function is43(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "ledgerAlmostFull")) return false; required++; break;
      case "bytes": if (!is7(field)) return false; required++; break;
      case "limit": if (!is7(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 3;
}
function is32(value: any): boolean {
  if (typeof value !== "object" || value === null) return false;
  switch (value["kind"]) {
    case "mismatchedConfigurations":
      return is33(value);
    case "shareComputationFailed":
      return is35(value);
    case "committedConfigurationLost":
      return is37(value);
    case "rackSecretDecryptionFailed":
      return is38(value);
    case "rackSecretReconstructionFailed":
      return is39(value);
    case "lrtqSecretReconstructionFailed":
      return is40(value);
    case "unrelatedShares":
      return is41(value);
    case "priorSecretsDiffer":
      return is42(value);
    case "ledgerAlmostFull":
      return is43(value);
    default:
      return false;
  }
}
function is31(list: any): boolean {
  for (const one of list) if (!is32(one)) return false;
  return true;
}
const is47 = (value: any): boolean => value === "collectShares" || value === "collectLrtqShares";
function is46(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "epoch": if (!is10(field)) return false; required++; break;
      case "lrtqUpgrade": if (!(typeof field === "boolean")) return false; required++; break;
      case "operation": if (!is47(field)) return false; required++; break;
      case "threshold": if (!is14(field)) return false; required++; break;
      case "collected": if (!(Array.isArray(field) && is12(field))) return false; required++; break;
      default: return false;
    }
  }
  return required === 5;
}
function is48(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "epoch": if (!is10(field)) return false; required++; break;
      case "lrtqUpgrade": if (!(typeof field === "boolean")) return false; required++; break;
      case "operation": if (!(field === "prepare")) return false; required++; break;
      case "acks": if (!(Array.isArray(field) && is12(field))) return false; required++; break;
      default: return false;
    }
  }
  return required === 4;
}
function is45(value: any): boolean {
  if (typeof value !== "object" || value === null) return false;
  switch (value["operation"]) {
    case "collectShares":
    case "collectLrtqShares":
      return is46(value);
    case "prepare":
      return is48(value);
    default:
      return false;
  }
}
const is44 = (value: any): boolean => value === null || is45(value);
function is50(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "epoch": if (!is10(field)) return false; required++; break;
      case "threshold": if (!is14(field)) return false; required++; break;
      case "collected": if (!(Array.isArray(field) && is12(field))) return false; required++; break;
      default: return false;
    }
  }
  return required === 3;
}
const is49 = (value: any): boolean => value === null || is50(value);
function is55(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "peer": if (!is11(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 1;
}
function is58(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "op": if (!(field === "createShares")) return false; required++; break;
      case "digests": if (field !== undefined && !is13(field)) return false; break;
      case "shares": if (field !== undefined && !is13(field)) return false; break;
      case "error": if (field !== undefined && !is36(field)) return false; break;
      default: return false;
    }
  }
  return required === 1;
}
function is59(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "op": if (!(field === "seal")) return false; required++; break;
      case "epoch": if (!is10(field)) return false; required++; break;
      case "salt": if (field !== undefined && !is17(field)) return false; break;
      case "data": if (field !== undefined && !is13(field)) return false; break;
      case "error": if (field !== undefined && !is36(field)) return false; break;
      default: return false;
    }
  }
  return required === 2;
}
function is60(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "op": if (!(field === "recover")) return false; required++; break;
      case "epoch": if (!is10(field)) return false; required++; break;
      case "epochs": if (field !== undefined && !(Array.isArray(field) && is28(field))) return false; break;
      case "error": if (field !== undefined && !is36(field)) return false; break;
      default: return false;
    }
  }
  return required === 2;
}
function is61(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "op": if (!(field === "recoverLrtq")) return false; required++; break;
      case "epochs": if (field !== undefined && !(Array.isArray(field) && is28(field))) return false; break;
      case "error": if (field !== undefined && !is36(field)) return false; break;
      default: return false;
    }
  }
  return required === 1;
}
function is62(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "op": if (!(field === "computeShare")) return false; required++; break;
      case "x": if (!is24(field)) return false; required++; break;
      case "share": if (field !== undefined && !is23(field)) return false; break;
      case "error": if (field !== undefined && !is36(field)) return false; break;
      default: return false;
    }
  }
  return required === 2;
}
function is63(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "op": if (!(field === "crossCheck")) return false; required++; break;
      case "epoch": if (!is10(field)) return false; required++; break;
      case "unrelated": if (field !== undefined && !(Array.isArray(field) && is12(field))) return false; break;
      case "changed": if (field !== undefined && !(Array.isArray(field) && is28(field))) return false; break;
      case "error": if (field !== undefined && !is36(field)) return false; break;
      default: return false;
    }
  }
  return required === 2;
}
function is57(value: any): boolean {
  if (typeof value !== "object" || value === null) return false;
  switch (value["op"]) {
    case "createShares":
      return is58(value);
    case "seal":
      return is59(value);
    case "recover":
      return is60(value);
    case "recoverLrtq":
      return is61(value);
    case "computeShare":
      return is62(value);
    case "crossCheck":
      return is63(value);
    default:
      return false;
  }
}
function is56(list: any): boolean {
  for (const one of list) if (!is57(one)) return false;
  return true;
}
function is54(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "call": if (!(field === "connect")) return false; required++; break;
      case "args": if (!is55(field)) return false; required++; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is56(field))) return false; break;
      default: return false;
    }
  }
  return required === 2;
}
function is67(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "prepare")) return false; required++; break;
      case "rackId": if (field !== undefined && !is5(field)) return false; break;
      case "config": if (!is26(field)) return false; required++; break;
      case "share": if (!is23(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 3;
}
function is68(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "prepareAck")) return false; required++; break;
      case "rackId": if (field !== undefined && !is5(field)) return false; break;
      case "epoch": if (!is10(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
function is69(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "getShare")) return false; required++; break;
      case "rackId": if (field !== undefined && !is5(field)) return false; break;
      case "epoch": if (!is10(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
function is70(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "share")) return false; required++; break;
      case "rackId": if (field !== undefined && !is5(field)) return false; break;
      case "epoch": if (!is10(field)) return false; required++; break;
      case "share": if (!is23(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 3;
}
function is71(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "getLrtqShare")) return false; required++; break;
      case "rackId": if (field !== undefined && !is5(field)) return false; break;
      default: return false;
    }
  }
  return required === 1;
}
function is72(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "lrtqShare")) return false; required++; break;
      case "rackId": if (field !== undefined && !is5(field)) return false; break;
      case "share": if (!is23(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
function is73(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "expunged")) return false; required++; break;
      case "rackId": if (field !== undefined && !is5(field)) return false; break;
      case "epoch": if (!is10(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
function is74(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "commitAdvance")) return false; required++; break;
      case "rackId": if (field !== undefined && !is5(field)) return false; break;
      case "config": if (!is26(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
function is66(value: any): boolean {
  if (typeof value !== "object" || value === null) return false;
  switch (value["kind"]) {
    case "prepare":
      return is67(value);
    case "prepareAck":
      return is68(value);
    case "getShare":
      return is69(value);
    case "share":
      return is70(value);
    case "getLrtqShare":
      return is71(value);
    case "lrtqShare":
      return is72(value);
    case "expunged":
      return is73(value);
    case "commitAdvance":
      return is74(value);
    default:
      return false;
  }
}
function is65(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "from": if (!is11(field)) return false; required++; break;
      case "message": if (!is66(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
function is64(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "call": if (!(field === "receive")) return false; required++; break;
      case "args": if (!is65(field)) return false; required++; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is56(field))) return false; break;
      default: return false;
    }
  }
  return required === 2;
}
const is77 = (value: any): boolean => Number.isFinite(value);
const is78 = (value: any): boolean => value === null || is77(value);
function is76(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "rackId": if (!is5(field)) return false; required++; break;
      case "epoch": if (!is77(field)) return false; required++; break;
      case "members": if (!(Array.isArray(field) && field.length <= 1024 && is12(field))) return false; required++; break;
      case "threshold": if (!is77(field)) return false; required++; break;
      case "lastCommittedEpoch": if (!is78(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 5;
}
function is75(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "call": if (!(field === "coordinateReconfiguration")) return false; required++; break;
      case "args": if (!is76(field)) return false; required++; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is56(field))) return false; break;
      default: return false;
    }
  }
  return required === 2;
}
function is80(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "rackId": if (!is5(field)) return false; required++; break;
      case "epoch": if (!is77(field)) return false; required++; break;
      case "members": if (!(Array.isArray(field) && field.length <= 1024 && is12(field))) return false; required++; break;
      case "threshold": if (!is77(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 4;
}
function is79(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "call": if (!(field === "coordinateUpgradeFromLrtq")) return false; required++; break;
      case "args": if (!is80(field)) return false; required++; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is56(field))) return false; break;
      default: return false;
    }
  }
  return required === 2;
}
function is82(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "rackId": if (!is5(field)) return false; required++; break;
      case "epoch": if (!is77(field)) return false; required++; break;
      case "proxiedBy": if (field !== undefined && !is11(field)) return false; break;
      default: return false;
    }
  }
  return required === 2;
}
function is81(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "call": if (!(field === "commit")) return false; required++; break;
      case "args": if (!is82(field)) return false; required++; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is56(field))) return false; break;
      default: return false;
    }
  }
  return required === 2;
}
function is84(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "config": if (!is26(field)) return false; required++; break;
      case "proxiedBy": if (field !== undefined && !is11(field)) return false; break;
      default: return false;
    }
  }
  return required === 1;
}
function is83(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "call": if (!(field === "prepareAndCommit")) return false; required++; break;
      case "args": if (!is84(field)) return false; required++; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is56(field))) return false; break;
      default: return false;
    }
  }
  return required === 2;
}
function is86(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "epoch": if (!is77(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 1;
}
function is85(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "call": if (!(field === "loadRackSecret")) return false; required++; break;
      case "args": if (!is86(field)) return false; required++; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is56(field))) return false; break;
      default: return false;
    }
  }
  return required === 2;
}
function is53(value: any): boolean {
  if (typeof value !== "object" || value === null) return false;
  switch (value["call"]) {
    case "connect":
      return is54(value);
    case "receive":
      return is64(value);
    case "coordinateReconfiguration":
      return is75(value);
    case "coordinateUpgradeFromLrtq":
      return is79(value);
    case "commit":
      return is81(value);
    case "prepareAndCommit":
      return is83(value);
    case "loadRackSecret":
      return is85(value);
    default:
      return false;
  }
}
function is52(list: any): boolean {
  for (const one of list) if (!is53(one)) return false;
  return true;
}
function is51(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "generation": if (!is7(field)) return false; required++; break;
      case "state": if (!is20(field)) return false; required++; break;
      case "calls": if (!(Array.isArray(field) && is52(field))) return false; required++; break;
      default: return false;
    }
  }
  return required === 3;
}
const is90 = (value: any): boolean => value === null || is10(value);
function is89(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "peer": if (!is11(field)) return false; required++; break;
      case "epoch": if (!is90(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
function is88(list: any): boolean {
  for (const one of list) if (!is89(one)) return false;
  return true;
}
function is92(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "from": if (!is11(field)) return false; required++; break;
      case "epoch": if (!is10(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
function is91(list: any): boolean {
  for (const one of list) if (!is92(one)) return false;
  return true;
}
function is94(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "epoch": if (!is10(field)) return false; required++; break;
      case "members": if (!(Array.isArray(field) && is12(field))) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
function is93(list: any): boolean {
  for (const one of list) if (!is94(one)) return false;
  return true;
}
function is96(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "epoch": if (!is10(field)) return false; required++; break;
      case "from": if (!is34(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
function is95(list: any): boolean {
  for (const one of list) if (!is96(one)) return false;
  return true;
}
function is98(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "newest": if (!is10(field)) return false; required++; break;
      case "epochs": if (!(Array.isArray(field) && is28(field))) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
const is97 = (value: any): boolean => value === null || is98(value);
function is87(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "asks": if (!(Array.isArray(field) && is88(field))) return false; required++; break;
      case "removals": if (!(Array.isArray(field) && is91(field))) return false; required++; break;
      case "direct": if (!(Array.isArray(field) && is93(field))) return false; required++; break;
      case "tellers": if (!(Array.isArray(field) && is95(field))) return false; required++; break;
      case "confirmed": if (!is97(field)) return false; required++; break;
      case "suspect": if (!(Array.isArray(field) && is28(field))) return false; required++; break;
      case "seen": if (!(Array.isArray(field) && is28(field))) return false; required++; break;
      default: return false;
    }
  }
  return required === 7;
}
function is19(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "id": if (!is11(field)) return false; required++; break;
      case "generation": if (!is7(field)) return false; required++; break;
      case "state": if (!is20(field)) return false; required++; break;
      case "digest": if (!is17(field)) return false; required++; break;
      case "connected": if (field !== undefined && !(Array.isArray(field) && is12(field))) return false; break;
      case "alarms": if (field !== undefined && !(Array.isArray(field) && is31(field))) return false; break;
      case "coordinating": if (field !== undefined && !is44(field)) return false; break;
      case "computing": if (field !== undefined && !is49(field)) return false; break;
      case "collecting": if (field !== undefined && !is49(field)) return false; break;
      case "loaded": if (field !== undefined && !(Array.isArray(field) && is28(field))) return false; break;
      case "memory": if (field !== undefined && !is51(field)) return false; break;
      case "guardMemory": if (field !== undefined && !is87(field)) return false; break;
      case "unverifiable": if (field !== undefined && !(typeof field === "string")) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
function is18(list: any): boolean {
  for (const one of list) if (!is19(one)) return false;
  return true;
}
const is99 = (value: any): boolean => value === "strict" || value === "original";
function is100(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  for (const key in value) {
    const field = value[key];
    if (!pattern9.test(key) || !is7(field)) return false;
  }
  return true;
}
const is102 = (value: any): boolean => typeof value === "string" || is77(value);
function is101(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "seed": if (!is102(field)) return false; required++; break;
      case "options": if (!(true)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
function is1(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "trustQuorumLog": if (!is2(field)) return false; required++; break;
      case "producer": if (!is3(field)) return false; required++; break;
      case "rackId": if (!is4(field)) return false; required++; break;
      case "secrets": if (!(typeof field === "boolean")) return false; required++; break;
      case "clock": if (!is6(field)) return false; required++; break;
      case "first": if (!is7(field)) return false; required++; break;
      case "sparse": if (field !== undefined && !(field === true)) return false; break;
      case "configs": if (field !== undefined && !is8(field)) return false; break;
      case "nodes": if (!(Array.isArray(field) && is18(field))) return false; required++; break;
      case "guard": if (field !== undefined && !is99(field)) return false; break;
      case "limits": if (field !== undefined && !is100(field)) return false; break;
      case "simulation": if (field !== undefined && !is101(field)) return false; break;
      default: return false;
    }
  }
  return required === 7;
}
function is105(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "crash")) return false; required++; break;
      case "node": if (!is11(field)) return false; required++; break;
      case "text": if (field !== undefined && !(typeof field === "string")) return false; break;
      default: return false;
    }
  }
  return required === 2;
}
function is106(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "link")) return false; required++; break;
      case "a": if (!is11(field)) return false; required++; break;
      case "b": if (!is11(field)) return false; required++; break;
      case "up": if (!(typeof field === "boolean")) return false; required++; break;
      case "oneWay": if (field !== undefined && !(field === true)) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
function is108(list: any): boolean {
  for (const one of list) if (!(Array.isArray(one) && is12(one))) return false;
  return true;
}
function is107(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "partition")) return false; required++; break;
      case "groups": if (!(Array.isArray(field) && is108(field))) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
function is109(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "lost")) return false; required++; break;
      case "from": if (!is11(field)) return false; required++; break;
      case "to": if (!is11(field)) return false; required++; break;
      case "message": if (!(typeof field === "string")) return false; required++; break;
      case "epoch": if (field !== undefined && !is10(field)) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
function is110(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "fault")) return false; required++; break;
      case "name": if (!(typeof field === "string")) return false; required++; break;
      case "node": if (field !== undefined && !is11(field)) return false; break;
      case "peer": if (field !== undefined && !is11(field)) return false; break;
      case "text": if (field !== undefined && !(typeof field === "string")) return false; break;
      default: return false;
    }
  }
  return required === 2;
}
function is111(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "decision")) return false; required++; break;
      case "by": if (!(typeof field === "string")) return false; required++; break;
      case "text": if (!(typeof field === "string")) return false; required++; break;
      case "epoch": if (field !== undefined && !is10(field)) return false; break;
      case "node": if (field !== undefined && !is11(field)) return false; break;
      default: return false;
    }
  }
  return required === 3;
}
function is112(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "text")) return false; required++; break;
      case "text": if (!(typeof field === "string")) return false; required++; break;
      case "node": if (field !== undefined && !is11(field)) return false; break;
      default: return false;
    }
  }
  return required === 2;
}
function is104(value: any): boolean {
  if (typeof value !== "object" || value === null) return false;
  switch (value["kind"]) {
    case "crash":
      return is105(value);
    case "link":
      return is106(value);
    case "partition":
      return is107(value);
    case "lost":
      return is109(value);
    case "fault":
      return is110(value);
    case "decision":
      return is111(value);
    case "text":
      return is112(value);
    default:
      return false;
  }
}
function is103(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "index": if (!is7(field)) return false; required++; break;
      case "time": if (!is77(field)) return false; required++; break;
      case "configs": if (field !== undefined && !is8(field)) return false; break;
      case "annotation": if (!is104(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 3;
}
const is114 = (value: any): boolean => value === null || is55(value);
function is117(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return true;
}
function is116(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "error": if (!is36(field)) return false; required++; break;
      case "details": if (!is117(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
function is118(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "thrown": if (!(typeof field === "string")) return false; required++; break;
      default: return false;
    }
  }
  return required === 1;
}
const is115 = (value: any): boolean => value === "committed" || value === "pending" || value === "loaded" || is116(value) || is118(value);
function is121(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "to": if (!is11(field)) return false; required++; break;
      case "message": if (!is66(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
const is125 = (value: any): boolean => typeof value === "string" && pattern10.test(value);
function is124(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "refused")) return false; required++; break;
      case "reason": if (!is125(field)) return false; required++; break;
      case "from": if (!is34(field)) return false; required++; break;
      case "epoch": if (!is78(field)) return false; required++; break;
      case "code": if (field !== undefined && !is36(field)) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
function is126(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "committed")) return false; required++; break;
      case "epoch": if (!is10(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
function is127(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "rackSecretsReady")) return false; required++; break;
      case "epoch": if (!is10(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
function is128(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "expunged")) return false; required++; break;
      case "epoch": if (!is10(field)) return false; required++; break;
      case "from": if (!is11(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 3;
}
function is129(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "alarm")) return false; required++; break;
      case "alarm": if (!is32(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
function is123(value: any): boolean {
  if (typeof value !== "object" || value === null) return false;
  switch (value["kind"]) {
    case "refused":
      return is124(value);
    case "committed":
      return is126(value);
    case "rackSecretsReady":
      return is127(value);
    case "expunged":
      return is128(value);
    case "alarm":
      return is129(value);
    default:
      return false;
  }
}
function is122(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "event": if (!is123(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 1;
}
function is130(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "persist": if (!is7(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 1;
}
const is120 = (value: any): boolean => is121(value) || is122(value) || is130(value);
function is119(list: any): boolean {
  for (const one of list) if (!is120(one)) return false;
  return true;
}
function is131(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "generation": if (!is7(field)) return false; required++; break;
      case "digest": if (!is17(field)) return false; required++; break;
      case "configs": if (field !== undefined && !(Array.isArray(field) && is25(field))) return false; break;
      case "shares": if (field !== undefined && !is27(field)) return false; break;
      case "commits": if (field !== undefined && !(Array.isArray(field) && is28(field))) return false; break;
      case "expunged": if (field !== undefined && !is30(field)) return false; break;
      case "abandoned": if (field !== undefined && !is10(field)) return false; break;
      case "dropped": if (field !== undefined && !(Array.isArray(field) && is28(field))) return false; break;
      case "lrtqDropped": if (field !== undefined && !(field === true)) return false; break;
      default: return false;
    }
  }
  return required === 2;
}
function is113(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "index": if (!is7(field)) return false; required++; break;
      case "time": if (!is77(field)) return false; required++; break;
      case "configs": if (field !== undefined && !is8(field)) return false; break;
      case "node": if (!is11(field)) return false; required++; break;
      case "call": if (!(field === "connect")) return false; required++; break;
      case "args": if (field !== undefined && !is114(field)) return false; break;
      case "result": if (field !== undefined && !is115(field)) return false; break;
      case "out": if (field !== undefined && !(Array.isArray(field) && is119(field))) return false; break;
      case "undrained": if (field !== undefined && !(field === true)) return false; break;
      case "state": if (field !== undefined && !is131(field)) return false; break;
      case "coordinating": if (field !== undefined && !is44(field)) return false; break;
      case "computing": if (field !== undefined && !is49(field)) return false; break;
      case "collecting": if (field !== undefined && !is49(field)) return false; break;
      case "loaded": if (field !== undefined && !(Array.isArray(field) && is28(field))) return false; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is56(field))) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
function is132(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "index": if (!is7(field)) return false; required++; break;
      case "time": if (!is77(field)) return false; required++; break;
      case "configs": if (field !== undefined && !is8(field)) return false; break;
      case "node": if (!is11(field)) return false; required++; break;
      case "call": if (!(field === "disconnect")) return false; required++; break;
      case "args": if (field !== undefined && !is114(field)) return false; break;
      case "result": if (field !== undefined && !is115(field)) return false; break;
      case "out": if (field !== undefined && !(Array.isArray(field) && is119(field))) return false; break;
      case "undrained": if (field !== undefined && !(field === true)) return false; break;
      case "state": if (field !== undefined && !is131(field)) return false; break;
      case "coordinating": if (field !== undefined && !is44(field)) return false; break;
      case "computing": if (field !== undefined && !is49(field)) return false; break;
      case "collecting": if (field !== undefined && !is49(field)) return false; break;
      case "loaded": if (field !== undefined && !(Array.isArray(field) && is28(field))) return false; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is56(field))) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
const is134 = (value: any): boolean => value === null || is65(value);
function is133(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "index": if (!is7(field)) return false; required++; break;
      case "time": if (!is77(field)) return false; required++; break;
      case "configs": if (field !== undefined && !is8(field)) return false; break;
      case "node": if (!is11(field)) return false; required++; break;
      case "call": if (!(field === "receive")) return false; required++; break;
      case "args": if (field !== undefined && !is134(field)) return false; break;
      case "result": if (field !== undefined && !is115(field)) return false; break;
      case "out": if (field !== undefined && !(Array.isArray(field) && is119(field))) return false; break;
      case "undrained": if (field !== undefined && !(field === true)) return false; break;
      case "state": if (field !== undefined && !is131(field)) return false; break;
      case "coordinating": if (field !== undefined && !is44(field)) return false; break;
      case "computing": if (field !== undefined && !is49(field)) return false; break;
      case "collecting": if (field !== undefined && !is49(field)) return false; break;
      case "loaded": if (field !== undefined && !(Array.isArray(field) && is28(field))) return false; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is56(field))) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
function is137(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "from": if (!is11(field)) return false; required++; break;
      case "code": if (!is36(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
const is136 = (value: any): boolean => value === null || is137(value);
function is135(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "index": if (!is7(field)) return false; required++; break;
      case "time": if (!is77(field)) return false; required++; break;
      case "configs": if (field !== undefined && !is8(field)) return false; break;
      case "node": if (!is11(field)) return false; required++; break;
      case "call": if (!(field === "refuseUndecodable")) return false; required++; break;
      case "args": if (field !== undefined && !is136(field)) return false; break;
      case "result": if (field !== undefined && !is115(field)) return false; break;
      case "out": if (field !== undefined && !(Array.isArray(field) && is119(field))) return false; break;
      case "undrained": if (field !== undefined && !(field === true)) return false; break;
      case "state": if (field !== undefined && !is131(field)) return false; break;
      case "coordinating": if (field !== undefined && !is44(field)) return false; break;
      case "computing": if (field !== undefined && !is49(field)) return false; break;
      case "collecting": if (field !== undefined && !is49(field)) return false; break;
      case "loaded": if (field !== undefined && !(Array.isArray(field) && is28(field))) return false; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is56(field))) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
function is140(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  for (const _key in value) {
    return false;
  }
  return true;
}
const is139 = (value: any): boolean => value === null || is140(value);
function is138(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "index": if (!is7(field)) return false; required++; break;
      case "time": if (!is77(field)) return false; required++; break;
      case "configs": if (field !== undefined && !is8(field)) return false; break;
      case "node": if (!is11(field)) return false; required++; break;
      case "call": if (!(field === "tick")) return false; required++; break;
      case "args": if (field !== undefined && !is139(field)) return false; break;
      case "result": if (field !== undefined && !is115(field)) return false; break;
      case "out": if (field !== undefined && !(Array.isArray(field) && is119(field))) return false; break;
      case "undrained": if (field !== undefined && !(field === true)) return false; break;
      case "state": if (field !== undefined && !is131(field)) return false; break;
      case "coordinating": if (field !== undefined && !is44(field)) return false; break;
      case "computing": if (field !== undefined && !is49(field)) return false; break;
      case "collecting": if (field !== undefined && !is49(field)) return false; break;
      case "loaded": if (field !== undefined && !(Array.isArray(field) && is28(field))) return false; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is56(field))) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
function is141(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "index": if (!is7(field)) return false; required++; break;
      case "time": if (!is77(field)) return false; required++; break;
      case "configs": if (field !== undefined && !is8(field)) return false; break;
      case "node": if (!is11(field)) return false; required++; break;
      case "call": if (!(field === "clearSecrets")) return false; required++; break;
      case "args": if (field !== undefined && !is139(field)) return false; break;
      case "result": if (field !== undefined && !is115(field)) return false; break;
      case "out": if (field !== undefined && !(Array.isArray(field) && is119(field))) return false; break;
      case "undrained": if (field !== undefined && !(field === true)) return false; break;
      case "state": if (field !== undefined && !is131(field)) return false; break;
      case "coordinating": if (field !== undefined && !is44(field)) return false; break;
      case "computing": if (field !== undefined && !is49(field)) return false; break;
      case "collecting": if (field !== undefined && !is49(field)) return false; break;
      case "loaded": if (field !== undefined && !(Array.isArray(field) && is28(field))) return false; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is56(field))) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
function is142(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "index": if (!is7(field)) return false; required++; break;
      case "time": if (!is77(field)) return false; required++; break;
      case "configs": if (field !== undefined && !is8(field)) return false; break;
      case "node": if (!is11(field)) return false; required++; break;
      case "call": if (!(field === "drain")) return false; required++; break;
      case "args": if (field !== undefined && !is139(field)) return false; break;
      case "result": if (field !== undefined && !is115(field)) return false; break;
      case "out": if (field !== undefined && !(Array.isArray(field) && is119(field))) return false; break;
      case "undrained": if (field !== undefined && !(field === true)) return false; break;
      case "state": if (field !== undefined && !is131(field)) return false; break;
      case "coordinating": if (field !== undefined && !is44(field)) return false; break;
      case "computing": if (field !== undefined && !is49(field)) return false; break;
      case "collecting": if (field !== undefined && !is49(field)) return false; break;
      case "loaded": if (field !== undefined && !(Array.isArray(field) && is28(field))) return false; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is56(field))) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
function is145(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "generation": if (!is7(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 1;
}
const is144 = (value: any): boolean => value === null || is145(value);
function is143(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "index": if (!is7(field)) return false; required++; break;
      case "time": if (!is77(field)) return false; required++; break;
      case "configs": if (field !== undefined && !is8(field)) return false; break;
      case "node": if (!is11(field)) return false; required++; break;
      case "call": if (!(field === "persisted")) return false; required++; break;
      case "args": if (field !== undefined && !is144(field)) return false; break;
      case "result": if (field !== undefined && !is115(field)) return false; break;
      case "out": if (field !== undefined && !(Array.isArray(field) && is119(field))) return false; break;
      case "undrained": if (field !== undefined && !(field === true)) return false; break;
      case "state": if (field !== undefined && !is131(field)) return false; break;
      case "coordinating": if (field !== undefined && !is44(field)) return false; break;
      case "computing": if (field !== undefined && !is49(field)) return false; break;
      case "collecting": if (field !== undefined && !is49(field)) return false; break;
      case "loaded": if (field !== undefined && !(Array.isArray(field) && is28(field))) return false; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is56(field))) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
function is148(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "generation": if (!is7(field)) return false; required++; break;
      case "state": if (!is20(field)) return false; required++; break;
      case "digest": if (!is17(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 3;
}
const is147 = (value: any): boolean => value === null || is148(value);
function is146(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "index": if (!is7(field)) return false; required++; break;
      case "time": if (!is77(field)) return false; required++; break;
      case "configs": if (field !== undefined && !is8(field)) return false; break;
      case "node": if (!is11(field)) return false; required++; break;
      case "call": if (!(field === "restart")) return false; required++; break;
      case "args": if (field !== undefined && !is147(field)) return false; break;
      case "result": if (field !== undefined && !is115(field)) return false; break;
      case "out": if (field !== undefined && !(Array.isArray(field) && is119(field))) return false; break;
      case "undrained": if (field !== undefined && !(field === true)) return false; break;
      case "state": if (field !== undefined && !is131(field)) return false; break;
      case "coordinating": if (field !== undefined && !is44(field)) return false; break;
      case "computing": if (field !== undefined && !is49(field)) return false; break;
      case "collecting": if (field !== undefined && !is49(field)) return false; break;
      case "loaded": if (field !== undefined && !(Array.isArray(field) && is28(field))) return false; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is56(field))) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
const is150 = (value: any): boolean => value === null || is76(value);
function is149(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "index": if (!is7(field)) return false; required++; break;
      case "time": if (!is77(field)) return false; required++; break;
      case "configs": if (field !== undefined && !is8(field)) return false; break;
      case "node": if (!is11(field)) return false; required++; break;
      case "call": if (!(field === "coordinateReconfiguration")) return false; required++; break;
      case "args": if (field !== undefined && !is150(field)) return false; break;
      case "result": if (field !== undefined && !is115(field)) return false; break;
      case "out": if (field !== undefined && !(Array.isArray(field) && is119(field))) return false; break;
      case "undrained": if (field !== undefined && !(field === true)) return false; break;
      case "state": if (field !== undefined && !is131(field)) return false; break;
      case "coordinating": if (field !== undefined && !is44(field)) return false; break;
      case "computing": if (field !== undefined && !is49(field)) return false; break;
      case "collecting": if (field !== undefined && !is49(field)) return false; break;
      case "loaded": if (field !== undefined && !(Array.isArray(field) && is28(field))) return false; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is56(field))) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
const is152 = (value: any): boolean => value === null || is80(value);
function is151(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "index": if (!is7(field)) return false; required++; break;
      case "time": if (!is77(field)) return false; required++; break;
      case "configs": if (field !== undefined && !is8(field)) return false; break;
      case "node": if (!is11(field)) return false; required++; break;
      case "call": if (!(field === "coordinateUpgradeFromLrtq")) return false; required++; break;
      case "args": if (field !== undefined && !is152(field)) return false; break;
      case "result": if (field !== undefined && !is115(field)) return false; break;
      case "out": if (field !== undefined && !(Array.isArray(field) && is119(field))) return false; break;
      case "undrained": if (field !== undefined && !(field === true)) return false; break;
      case "state": if (field !== undefined && !is131(field)) return false; break;
      case "coordinating": if (field !== undefined && !is44(field)) return false; break;
      case "computing": if (field !== undefined && !is49(field)) return false; break;
      case "collecting": if (field !== undefined && !is49(field)) return false; break;
      case "loaded": if (field !== undefined && !(Array.isArray(field) && is28(field))) return false; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is56(field))) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
const is154 = (value: any): boolean => value === null || is82(value);
function is153(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "index": if (!is7(field)) return false; required++; break;
      case "time": if (!is77(field)) return false; required++; break;
      case "configs": if (field !== undefined && !is8(field)) return false; break;
      case "node": if (!is11(field)) return false; required++; break;
      case "call": if (!(field === "commit")) return false; required++; break;
      case "args": if (field !== undefined && !is154(field)) return false; break;
      case "result": if (field !== undefined && !is115(field)) return false; break;
      case "out": if (field !== undefined && !(Array.isArray(field) && is119(field))) return false; break;
      case "undrained": if (field !== undefined && !(field === true)) return false; break;
      case "state": if (field !== undefined && !is131(field)) return false; break;
      case "coordinating": if (field !== undefined && !is44(field)) return false; break;
      case "computing": if (field !== undefined && !is49(field)) return false; break;
      case "collecting": if (field !== undefined && !is49(field)) return false; break;
      case "loaded": if (field !== undefined && !(Array.isArray(field) && is28(field))) return false; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is56(field))) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
const is156 = (value: any): boolean => value === null || is84(value);
function is155(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "index": if (!is7(field)) return false; required++; break;
      case "time": if (!is77(field)) return false; required++; break;
      case "configs": if (field !== undefined && !is8(field)) return false; break;
      case "node": if (!is11(field)) return false; required++; break;
      case "call": if (!(field === "prepareAndCommit")) return false; required++; break;
      case "args": if (field !== undefined && !is156(field)) return false; break;
      case "result": if (field !== undefined && !is115(field)) return false; break;
      case "out": if (field !== undefined && !(Array.isArray(field) && is119(field))) return false; break;
      case "undrained": if (field !== undefined && !(field === true)) return false; break;
      case "state": if (field !== undefined && !is131(field)) return false; break;
      case "coordinating": if (field !== undefined && !is44(field)) return false; break;
      case "computing": if (field !== undefined && !is49(field)) return false; break;
      case "collecting": if (field !== undefined && !is49(field)) return false; break;
      case "loaded": if (field !== undefined && !(Array.isArray(field) && is28(field))) return false; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is56(field))) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
const is160 = (value: any): boolean => value === null || typeof value === "string";
function is159(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "rackId": if (!is5(field)) return false; required++; break;
      case "epoch": if (!is77(field)) return false; required++; break;
      case "digest": if (!is160(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 3;
}
const is158 = (value: any): boolean => value === null || is159(value);
function is157(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "index": if (!is7(field)) return false; required++; break;
      case "time": if (!is77(field)) return false; required++; break;
      case "configs": if (field !== undefined && !is8(field)) return false; break;
      case "node": if (!is11(field)) return false; required++; break;
      case "call": if (!(field === "abandon")) return false; required++; break;
      case "args": if (field !== undefined && !is158(field)) return false; break;
      case "result": if (field !== undefined && !is115(field)) return false; break;
      case "out": if (field !== undefined && !(Array.isArray(field) && is119(field))) return false; break;
      case "undrained": if (field !== undefined && !(field === true)) return false; break;
      case "state": if (field !== undefined && !is131(field)) return false; break;
      case "coordinating": if (field !== undefined && !is44(field)) return false; break;
      case "computing": if (field !== undefined && !is49(field)) return false; break;
      case "collecting": if (field !== undefined && !is49(field)) return false; break;
      case "loaded": if (field !== undefined && !(Array.isArray(field) && is28(field))) return false; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is56(field))) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
function is163(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "rackId": if (!is5(field)) return false; required++; break;
      case "epoch": if (!is77(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
const is162 = (value: any): boolean => value === null || is163(value);
function is161(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "index": if (!is7(field)) return false; required++; break;
      case "time": if (!is77(field)) return false; required++; break;
      case "configs": if (field !== undefined && !is8(field)) return false; break;
      case "node": if (!is11(field)) return false; required++; break;
      case "call": if (!(field === "retire")) return false; required++; break;
      case "args": if (field !== undefined && !is162(field)) return false; break;
      case "result": if (field !== undefined && !is115(field)) return false; break;
      case "out": if (field !== undefined && !(Array.isArray(field) && is119(field))) return false; break;
      case "undrained": if (field !== undefined && !(field === true)) return false; break;
      case "state": if (field !== undefined && !is131(field)) return false; break;
      case "coordinating": if (field !== undefined && !is44(field)) return false; break;
      case "computing": if (field !== undefined && !is49(field)) return false; break;
      case "collecting": if (field !== undefined && !is49(field)) return false; break;
      case "loaded": if (field !== undefined && !(Array.isArray(field) && is28(field))) return false; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is56(field))) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
const is165 = (value: any): boolean => value === null || is86(value);
function is164(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "index": if (!is7(field)) return false; required++; break;
      case "time": if (!is77(field)) return false; required++; break;
      case "configs": if (field !== undefined && !is8(field)) return false; break;
      case "node": if (!is11(field)) return false; required++; break;
      case "call": if (!(field === "loadRackSecret")) return false; required++; break;
      case "args": if (field !== undefined && !is165(field)) return false; break;
      case "result": if (field !== undefined && !is115(field)) return false; break;
      case "out": if (field !== undefined && !(Array.isArray(field) && is119(field))) return false; break;
      case "undrained": if (field !== undefined && !(field === true)) return false; break;
      case "state": if (field !== undefined && !is131(field)) return false; break;
      case "coordinating": if (field !== undefined && !is44(field)) return false; break;
      case "computing": if (field !== undefined && !is49(field)) return false; break;
      case "collecting": if (field !== undefined && !is49(field)) return false; break;
      case "loaded": if (field !== undefined && !(Array.isArray(field) && is28(field))) return false; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is56(field))) return false; break;
      default: return false;
    }
  }
  return required === 4;
}

const schema3: Schema = { type: "number", const: 1 };
const schema4: Schema = { type: "number", const: 2 };
const schema2: Schema = { anyOf: [schema3, schema4] };
const schema6: Schema = { type: "string" };
const schema5: Schema = { type: "object", required: ["name","version"], properties: { "name": schema6, "version": schema6 }, additionalProperties: false };
const schema8: Schema = { type: "null" };
const schema9: Schema = { type: "string", pattern: pattern1 };
const schema7: Schema = { anyOf: [schema8, schema9] };
const schema10: Schema = { type: "boolean" };
const schema12: Schema = { type: "string", const: "virtual" };
const schema13: Schema = { type: "string", const: "wall" };
const schema11: Schema = { anyOf: [schema12, schema13] };
const schema14: Schema = { type: "integer", minimum: 0, maximum: 9007199254740991 };
const schema15: Schema = { type: "boolean", const: true };
const schema18: Schema = { type: "integer", minimum: 1, maximum: 9007199254740991 };
const schema19: Schema = { type: "string", pattern: pattern2 };
const schema20: Schema = { type: "array", items: schema19, maxItems: 32 };
const schema21: Schema = { type: "string", pattern: pattern3 };
const schema22: Schema = { type: "integer", minimum: 0, maximum: 255 };
const schema25: Schema = { type: "string", pattern: pattern4 };
const schema24: Schema = { type: "object", required: ["salt","data"], properties: { "salt": schema25, "data": schema21 }, additionalProperties: false };
const schema23: Schema = { anyOf: [schema8, schema24] };
const schema17: Schema = { type: "object", required: ["rackId","epoch","coordinator","members","digests","threshold","encryptedRackSecrets"], properties: { "rackId": schema9, "epoch": schema18, "coordinator": schema19, "members": schema20, "digests": schema21, "threshold": schema22, "encryptedRackSecrets": schema23 }, additionalProperties: false };
const schema16: Schema = { type: "object", patternProperties: { "^c[0-9]{1,15}$": schema17 }, additionalProperties: false };
const schema32: Schema = { type: "integer", minimum: 1, maximum: 255 };
const schema31: Schema = { type: "object", required: ["x","sha3"], properties: { "x": schema32, "sha3": schema25, "y": schema25 }, additionalProperties: false };
const schema30: Schema = { type: "object", required: ["rackId","epoch","threshold","share","digests"], properties: { "rackId": schema9, "epoch": schema14, "threshold": schema22, "share": schema31, "digests": schema21 }, additionalProperties: false };
const schema29: Schema = { anyOf: [schema8, schema30] };
const schema34: Schema = { type: "string", pattern: pattern5 };
const schema33: Schema = { type: "array", items: schema34 };
const schema35: Schema = { type: "object", patternProperties: { "^[1-9][0-9]{0,15}$": schema31 }, additionalProperties: false };
const schema36: Schema = { type: "array", items: schema18 };
const schema38: Schema = { type: "object", required: ["epoch","from"], properties: { "epoch": schema18, "from": schema19 }, additionalProperties: false };
const schema37: Schema = { anyOf: [schema8, schema38] };
const schema28: Schema = { type: "object", required: ["lrtq","configs","shares","commits","expunged"], properties: { "lrtq": schema29, "configs": schema33, "shares": schema35, "commits": schema36, "expunged": schema37, "abandoned": schema18 }, additionalProperties: false };
const schema39: Schema = { type: "array", items: schema19 };
const schema43: Schema = { type: "string", const: "mismatchedConfigurations" };
const schema44: Schema = { type: "string", pattern: pattern7 };
const schema42: Schema = { type: "object", required: ["kind","config1","config2","from"], properties: { "kind": schema43, "config1": schema34, "config2": schema34, "from": schema44 }, additionalProperties: false };
const schema46: Schema = { type: "string", const: "shareComputationFailed" };
const schema47: Schema = { type: "string", pattern: pattern8 };
const schema45: Schema = { type: "object", required: ["kind","epoch","code"], properties: { "kind": schema46, "epoch": schema18, "code": schema47 }, additionalProperties: false };
const schema49: Schema = { type: "string", const: "committedConfigurationLost" };
const schema48: Schema = { type: "object", required: ["kind","latestCommittedEpoch","collectingEpoch"], properties: { "kind": schema49, "latestCommittedEpoch": schema18, "collectingEpoch": schema18 }, additionalProperties: false };
const schema51: Schema = { type: "string", const: "rackSecretDecryptionFailed" };
const schema50: Schema = { type: "object", required: ["kind","epoch","code"], properties: { "kind": schema51, "epoch": schema18, "code": schema47 }, additionalProperties: false };
const schema53: Schema = { type: "string", const: "rackSecretReconstructionFailed" };
const schema52: Schema = { type: "object", required: ["kind","epoch","code"], properties: { "kind": schema53, "epoch": schema18, "code": schema47 }, additionalProperties: false };
const schema55: Schema = { type: "string", const: "lrtqSecretReconstructionFailed" };
const schema54: Schema = { type: "object", required: ["kind","epoch","code"], properties: { "kind": schema55, "epoch": schema18, "code": schema47 }, additionalProperties: false };
const schema57: Schema = { type: "string", const: "unrelatedShares" };
const schema56: Schema = { type: "object", required: ["kind","epoch","members"], properties: { "kind": schema57, "epoch": schema18, "members": schema39 }, additionalProperties: false };
const schema59: Schema = { type: "string", const: "priorSecretsDiffer" };
const schema58: Schema = { type: "object", required: ["kind","epoch","epochs"], properties: { "kind": schema59, "epoch": schema18, "epochs": schema36 }, additionalProperties: false };
const schema61: Schema = { type: "string", const: "ledgerAlmostFull" };
const schema60: Schema = { type: "object", required: ["kind","bytes","limit"], properties: { "kind": schema61, "bytes": schema14, "limit": schema14 }, additionalProperties: false };
const schema41: Schema = { anyOf: [schema42, schema45, schema48, schema50, schema52, schema54, schema56, schema58, schema60] };
const schema40: Schema = { type: "array", items: schema41 };
const schema66: Schema = { type: "string", const: "collectShares" };
const schema67: Schema = { type: "string", const: "collectLrtqShares" };
const schema65: Schema = { anyOf: [schema66, schema67] };
const schema64: Schema = { type: "object", required: ["epoch","lrtqUpgrade","operation","threshold","collected"], properties: { "epoch": schema18, "lrtqUpgrade": schema10, "operation": schema65, "threshold": schema22, "collected": schema39 }, additionalProperties: false };
const schema69: Schema = { type: "string", const: "prepare" };
const schema68: Schema = { type: "object", required: ["epoch","lrtqUpgrade","operation","acks"], properties: { "epoch": schema18, "lrtqUpgrade": schema10, "operation": schema69, "acks": schema39 }, additionalProperties: false };
const schema63: Schema = { anyOf: [schema64, schema68] };
const schema62: Schema = { anyOf: [schema8, schema63] };
const schema71: Schema = { type: "object", required: ["epoch","threshold","collected"], properties: { "epoch": schema18, "threshold": schema22, "collected": schema39 }, additionalProperties: false };
const schema70: Schema = { anyOf: [schema8, schema71] };
const schema76: Schema = { type: "string", const: "connect" };
const schema77: Schema = { type: "object", required: ["peer"], properties: { "peer": schema19 }, additionalProperties: false };
const schema81: Schema = { type: "string", const: "createShares" };
const schema80: Schema = { type: "object", required: ["op"], properties: { "op": schema81, "digests": schema21, "shares": schema21, "error": schema47 }, additionalProperties: false };
const schema83: Schema = { type: "string", const: "seal" };
const schema82: Schema = { type: "object", required: ["op","epoch"], properties: { "op": schema83, "epoch": schema18, "salt": schema25, "data": schema21, "error": schema47 }, additionalProperties: false };
const schema85: Schema = { type: "string", const: "recover" };
const schema84: Schema = { type: "object", required: ["op","epoch"], properties: { "op": schema85, "epoch": schema18, "epochs": schema36, "error": schema47 }, additionalProperties: false };
const schema87: Schema = { type: "string", const: "recoverLrtq" };
const schema86: Schema = { type: "object", required: ["op"], properties: { "op": schema87, "epochs": schema36, "error": schema47 }, additionalProperties: false };
const schema89: Schema = { type: "string", const: "computeShare" };
const schema88: Schema = { type: "object", required: ["op","x"], properties: { "op": schema89, "x": schema32, "share": schema31, "error": schema47 }, additionalProperties: false };
const schema91: Schema = { type: "string", const: "crossCheck" };
const schema90: Schema = { type: "object", required: ["op","epoch"], properties: { "op": schema91, "epoch": schema18, "unrelated": schema39, "changed": schema36, "error": schema47 }, additionalProperties: false };
const schema79: Schema = { anyOf: [schema80, schema82, schema84, schema86, schema88, schema90] };
const schema78: Schema = { type: "array", items: schema79 };
const schema75: Schema = { type: "object", required: ["call","args"], properties: { "call": schema76, "args": schema77, "crypto": schema78 }, additionalProperties: false };
const schema93: Schema = { type: "string", const: "receive" };
const schema96: Schema = { type: "object", required: ["kind","config","share"], properties: { "kind": schema69, "rackId": schema9, "config": schema34, "share": schema31 }, additionalProperties: false };
const schema98: Schema = { type: "string", const: "prepareAck" };
const schema97: Schema = { type: "object", required: ["kind","epoch"], properties: { "kind": schema98, "rackId": schema9, "epoch": schema18 }, additionalProperties: false };
const schema100: Schema = { type: "string", const: "getShare" };
const schema99: Schema = { type: "object", required: ["kind","epoch"], properties: { "kind": schema100, "rackId": schema9, "epoch": schema18 }, additionalProperties: false };
const schema102: Schema = { type: "string", const: "share" };
const schema101: Schema = { type: "object", required: ["kind","epoch","share"], properties: { "kind": schema102, "rackId": schema9, "epoch": schema18, "share": schema31 }, additionalProperties: false };
const schema104: Schema = { type: "string", const: "getLrtqShare" };
const schema103: Schema = { type: "object", required: ["kind"], properties: { "kind": schema104, "rackId": schema9 }, additionalProperties: false };
const schema106: Schema = { type: "string", const: "lrtqShare" };
const schema105: Schema = { type: "object", required: ["kind","share"], properties: { "kind": schema106, "rackId": schema9, "share": schema31 }, additionalProperties: false };
const schema108: Schema = { type: "string", const: "expunged" };
const schema107: Schema = { type: "object", required: ["kind","epoch"], properties: { "kind": schema108, "rackId": schema9, "epoch": schema18 }, additionalProperties: false };
const schema110: Schema = { type: "string", const: "commitAdvance" };
const schema109: Schema = { type: "object", required: ["kind","config"], properties: { "kind": schema110, "rackId": schema9, "config": schema34 }, additionalProperties: false };
const schema95: Schema = { anyOf: [schema96, schema97, schema99, schema101, schema103, schema105, schema107, schema109] };
const schema94: Schema = { type: "object", required: ["from","message"], properties: { "from": schema19, "message": schema95 }, additionalProperties: false };
const schema92: Schema = { type: "object", required: ["call","args"], properties: { "call": schema93, "args": schema94, "crypto": schema78 }, additionalProperties: false };
const schema112: Schema = { type: "string", const: "coordinateReconfiguration" };
const schema114: Schema = { type: "number" };
const schema115: Schema = { type: "array", items: schema19, maxItems: 1024 };
const schema116: Schema = { anyOf: [schema8, schema114] };
const schema113: Schema = { type: "object", required: ["rackId","epoch","members","threshold","lastCommittedEpoch"], properties: { "rackId": schema9, "epoch": schema114, "members": schema115, "threshold": schema114, "lastCommittedEpoch": schema116 }, additionalProperties: false };
const schema111: Schema = { type: "object", required: ["call","args"], properties: { "call": schema112, "args": schema113, "crypto": schema78 }, additionalProperties: false };
const schema118: Schema = { type: "string", const: "coordinateUpgradeFromLrtq" };
const schema119: Schema = { type: "object", required: ["rackId","epoch","members","threshold"], properties: { "rackId": schema9, "epoch": schema114, "members": schema115, "threshold": schema114 }, additionalProperties: false };
const schema117: Schema = { type: "object", required: ["call","args"], properties: { "call": schema118, "args": schema119, "crypto": schema78 }, additionalProperties: false };
const schema121: Schema = { type: "string", const: "commit" };
const schema122: Schema = { type: "object", required: ["rackId","epoch"], properties: { "rackId": schema9, "epoch": schema114, "proxiedBy": schema19 }, additionalProperties: false };
const schema120: Schema = { type: "object", required: ["call","args"], properties: { "call": schema121, "args": schema122, "crypto": schema78 }, additionalProperties: false };
const schema124: Schema = { type: "string", const: "prepareAndCommit" };
const schema125: Schema = { type: "object", required: ["config"], properties: { "config": schema34, "proxiedBy": schema19 }, additionalProperties: false };
const schema123: Schema = { type: "object", required: ["call","args"], properties: { "call": schema124, "args": schema125, "crypto": schema78 }, additionalProperties: false };
const schema127: Schema = { type: "string", const: "loadRackSecret" };
const schema128: Schema = { type: "object", required: ["epoch"], properties: { "epoch": schema114 }, additionalProperties: false };
const schema126: Schema = { type: "object", required: ["call","args"], properties: { "call": schema127, "args": schema128, "crypto": schema78 }, additionalProperties: false };
const schema74: Schema = { anyOf: [schema75, schema92, schema111, schema117, schema120, schema123, schema126] };
const schema73: Schema = { type: "array", items: schema74 };
const schema72: Schema = { type: "object", required: ["generation","state","calls"], properties: { "generation": schema14, "state": schema28, "calls": schema73 }, additionalProperties: false };
const schema132: Schema = { anyOf: [schema8, schema18] };
const schema131: Schema = { type: "object", required: ["peer","epoch"], properties: { "peer": schema19, "epoch": schema132 }, additionalProperties: false };
const schema130: Schema = { type: "array", items: schema131 };
const schema134: Schema = { type: "object", required: ["from","epoch"], properties: { "from": schema19, "epoch": schema18 }, additionalProperties: false };
const schema133: Schema = { type: "array", items: schema134 };
const schema136: Schema = { type: "object", required: ["epoch","members"], properties: { "epoch": schema18, "members": schema39 }, additionalProperties: false };
const schema135: Schema = { type: "array", items: schema136 };
const schema138: Schema = { type: "object", required: ["epoch","from"], properties: { "epoch": schema18, "from": schema44 }, additionalProperties: false };
const schema137: Schema = { type: "array", items: schema138 };
const schema140: Schema = { type: "object", required: ["newest","epochs"], properties: { "newest": schema18, "epochs": schema36 }, additionalProperties: false };
const schema139: Schema = { anyOf: [schema8, schema140] };
const schema129: Schema = { type: "object", required: ["asks","removals","direct","tellers","confirmed","suspect","seen"], properties: { "asks": schema130, "removals": schema133, "direct": schema135, "tellers": schema137, "confirmed": schema139, "suspect": schema36, "seen": schema36 }, additionalProperties: false };
const schema27: Schema = { type: "object", required: ["id","generation","state","digest"], properties: { "id": schema19, "generation": schema14, "state": schema28, "digest": schema25, "connected": schema39, "alarms": schema40, "coordinating": schema62, "computing": schema70, "collecting": schema70, "loaded": schema36, "memory": schema72, "guardMemory": schema129, "unverifiable": schema6 }, additionalProperties: false };
const schema26: Schema = { type: "array", items: schema27 };
const schema142: Schema = { type: "string", const: "strict" };
const schema143: Schema = { type: "string", const: "original" };
const schema141: Schema = { anyOf: [schema142, schema143] };
const schema144: Schema = { type: "object", patternProperties: { "^[a-zA-Z]+$": schema14 }, additionalProperties: false };
const schema146: Schema = { anyOf: [schema6, schema114] };
const schema147: Schema = {  };
const schema145: Schema = { type: "object", required: ["seed","options"], properties: { "seed": schema146, "options": schema147 }, additionalProperties: false };
const schema1: Schema = { type: "object", required: ["trustQuorumLog","producer","rackId","secrets","clock","first","nodes"], properties: { "trustQuorumLog": schema2, "producer": schema5, "rackId": schema7, "secrets": schema10, "clock": schema11, "first": schema14, "sparse": schema15, "configs": schema16, "nodes": schema26, "guard": schema141, "limits": schema144, "simulation": schema145 }, additionalProperties: false };
const schema151: Schema = { type: "string", const: "crash" };
const schema150: Schema = { type: "object", required: ["kind","node"], properties: { "kind": schema151, "node": schema19, "text": schema6 }, additionalProperties: false };
const schema153: Schema = { type: "string", const: "link" };
const schema152: Schema = { type: "object", required: ["kind","a","b","up"], properties: { "kind": schema153, "a": schema19, "b": schema19, "up": schema10, "oneWay": schema15 }, additionalProperties: false };
const schema155: Schema = { type: "string", const: "partition" };
const schema156: Schema = { type: "array", items: schema39 };
const schema154: Schema = { type: "object", required: ["kind","groups"], properties: { "kind": schema155, "groups": schema156 }, additionalProperties: false };
const schema158: Schema = { type: "string", const: "lost" };
const schema157: Schema = { type: "object", required: ["kind","from","to","message"], properties: { "kind": schema158, "from": schema19, "to": schema19, "message": schema6, "epoch": schema18 }, additionalProperties: false };
const schema160: Schema = { type: "string", const: "fault" };
const schema159: Schema = { type: "object", required: ["kind","name"], properties: { "kind": schema160, "name": schema6, "node": schema19, "peer": schema19, "text": schema6 }, additionalProperties: false };
const schema162: Schema = { type: "string", const: "decision" };
const schema161: Schema = { type: "object", required: ["kind","by","text"], properties: { "kind": schema162, "by": schema6, "text": schema6, "epoch": schema18, "node": schema19 }, additionalProperties: false };
const schema164: Schema = { type: "string", const: "text" };
const schema163: Schema = { type: "object", required: ["kind","text"], properties: { "kind": schema164, "text": schema6, "node": schema19 }, additionalProperties: false };
const schema149: Schema = { anyOf: [schema150, schema152, schema154, schema157, schema159, schema161, schema163] };
const schema148: Schema = { type: "object", required: ["index","time","annotation"], properties: { "index": schema14, "time": schema114, "configs": schema16, "annotation": schema149 }, additionalProperties: false };
const schema166: Schema = { anyOf: [schema8, schema77] };
const schema168: Schema = { type: "string", const: "committed" };
const schema169: Schema = { type: "string", const: "pending" };
const schema170: Schema = { type: "string", const: "loaded" };
const schema172: Schema = { type: "object", patternProperties: { "^.*$": schema147 } };
const schema171: Schema = { type: "object", required: ["error","details"], properties: { "error": schema47, "details": schema172 }, additionalProperties: false };
const schema173: Schema = { type: "object", required: ["thrown"], properties: { "thrown": schema6 }, additionalProperties: false };
const schema167: Schema = { anyOf: [schema168, schema169, schema170, schema171, schema173] };
const schema176: Schema = { type: "object", required: ["to","message"], properties: { "to": schema19, "message": schema95 }, additionalProperties: false };
const schema180: Schema = { type: "string", const: "refused" };
const schema181: Schema = { type: "string", pattern: pattern10 };
const schema179: Schema = { type: "object", required: ["kind","reason","from","epoch"], properties: { "kind": schema180, "reason": schema181, "from": schema44, "epoch": schema116, "code": schema47 }, additionalProperties: false };
const schema182: Schema = { type: "object", required: ["kind","epoch"], properties: { "kind": schema168, "epoch": schema18 }, additionalProperties: false };
const schema184: Schema = { type: "string", const: "rackSecretsReady" };
const schema183: Schema = { type: "object", required: ["kind","epoch"], properties: { "kind": schema184, "epoch": schema18 }, additionalProperties: false };
const schema185: Schema = { type: "object", required: ["kind","epoch","from"], properties: { "kind": schema108, "epoch": schema18, "from": schema19 }, additionalProperties: false };
const schema187: Schema = { type: "string", const: "alarm" };
const schema186: Schema = { type: "object", required: ["kind","alarm"], properties: { "kind": schema187, "alarm": schema41 }, additionalProperties: false };
const schema178: Schema = { anyOf: [schema179, schema182, schema183, schema185, schema186] };
const schema177: Schema = { type: "object", required: ["event"], properties: { "event": schema178 }, additionalProperties: false };
const schema188: Schema = { type: "object", required: ["persist"], properties: { "persist": schema14 }, additionalProperties: false };
const schema175: Schema = { anyOf: [schema176, schema177, schema188] };
const schema174: Schema = { type: "array", items: schema175 };
const schema189: Schema = { type: "object", required: ["generation","digest"], properties: { "generation": schema14, "digest": schema25, "configs": schema33, "shares": schema35, "commits": schema36, "expunged": schema38, "abandoned": schema18, "dropped": schema36, "lrtqDropped": schema15 }, additionalProperties: false };
const schema165: Schema = { type: "object", required: ["index","time","node","call"], properties: { "index": schema14, "time": schema114, "configs": schema16, "node": schema19, "call": schema76, "args": schema166, "result": schema167, "out": schema174, "undrained": schema15, "state": schema189, "coordinating": schema62, "computing": schema70, "collecting": schema70, "loaded": schema36, "crypto": schema78 }, additionalProperties: false };
const schema191: Schema = { type: "string", const: "disconnect" };
const schema190: Schema = { type: "object", required: ["index","time","node","call"], properties: { "index": schema14, "time": schema114, "configs": schema16, "node": schema19, "call": schema191, "args": schema166, "result": schema167, "out": schema174, "undrained": schema15, "state": schema189, "coordinating": schema62, "computing": schema70, "collecting": schema70, "loaded": schema36, "crypto": schema78 }, additionalProperties: false };
const schema193: Schema = { anyOf: [schema8, schema94] };
const schema192: Schema = { type: "object", required: ["index","time","node","call"], properties: { "index": schema14, "time": schema114, "configs": schema16, "node": schema19, "call": schema93, "args": schema193, "result": schema167, "out": schema174, "undrained": schema15, "state": schema189, "coordinating": schema62, "computing": schema70, "collecting": schema70, "loaded": schema36, "crypto": schema78 }, additionalProperties: false };
const schema195: Schema = { type: "string", const: "refuseUndecodable" };
const schema197: Schema = { type: "object", required: ["from","code"], properties: { "from": schema19, "code": schema47 }, additionalProperties: false };
const schema196: Schema = { anyOf: [schema8, schema197] };
const schema194: Schema = { type: "object", required: ["index","time","node","call"], properties: { "index": schema14, "time": schema114, "configs": schema16, "node": schema19, "call": schema195, "args": schema196, "result": schema167, "out": schema174, "undrained": schema15, "state": schema189, "coordinating": schema62, "computing": schema70, "collecting": schema70, "loaded": schema36, "crypto": schema78 }, additionalProperties: false };
const schema199: Schema = { type: "string", const: "tick" };
const schema201: Schema = { type: "object", properties: {  }, additionalProperties: false };
const schema200: Schema = { anyOf: [schema8, schema201] };
const schema198: Schema = { type: "object", required: ["index","time","node","call"], properties: { "index": schema14, "time": schema114, "configs": schema16, "node": schema19, "call": schema199, "args": schema200, "result": schema167, "out": schema174, "undrained": schema15, "state": schema189, "coordinating": schema62, "computing": schema70, "collecting": schema70, "loaded": schema36, "crypto": schema78 }, additionalProperties: false };
const schema203: Schema = { type: "string", const: "clearSecrets" };
const schema202: Schema = { type: "object", required: ["index","time","node","call"], properties: { "index": schema14, "time": schema114, "configs": schema16, "node": schema19, "call": schema203, "args": schema200, "result": schema167, "out": schema174, "undrained": schema15, "state": schema189, "coordinating": schema62, "computing": schema70, "collecting": schema70, "loaded": schema36, "crypto": schema78 }, additionalProperties: false };
const schema205: Schema = { type: "string", const: "drain" };
const schema204: Schema = { type: "object", required: ["index","time","node","call"], properties: { "index": schema14, "time": schema114, "configs": schema16, "node": schema19, "call": schema205, "args": schema200, "result": schema167, "out": schema174, "undrained": schema15, "state": schema189, "coordinating": schema62, "computing": schema70, "collecting": schema70, "loaded": schema36, "crypto": schema78 }, additionalProperties: false };
const schema207: Schema = { type: "string", const: "persisted" };
const schema209: Schema = { type: "object", required: ["generation"], properties: { "generation": schema14 }, additionalProperties: false };
const schema208: Schema = { anyOf: [schema8, schema209] };
const schema206: Schema = { type: "object", required: ["index","time","node","call"], properties: { "index": schema14, "time": schema114, "configs": schema16, "node": schema19, "call": schema207, "args": schema208, "result": schema167, "out": schema174, "undrained": schema15, "state": schema189, "coordinating": schema62, "computing": schema70, "collecting": schema70, "loaded": schema36, "crypto": schema78 }, additionalProperties: false };
const schema211: Schema = { type: "string", const: "restart" };
const schema213: Schema = { type: "object", required: ["generation","state","digest"], properties: { "generation": schema14, "state": schema28, "digest": schema25 }, additionalProperties: false };
const schema212: Schema = { anyOf: [schema8, schema213] };
const schema210: Schema = { type: "object", required: ["index","time","node","call"], properties: { "index": schema14, "time": schema114, "configs": schema16, "node": schema19, "call": schema211, "args": schema212, "result": schema167, "out": schema174, "undrained": schema15, "state": schema189, "coordinating": schema62, "computing": schema70, "collecting": schema70, "loaded": schema36, "crypto": schema78 }, additionalProperties: false };
const schema215: Schema = { anyOf: [schema8, schema113] };
const schema214: Schema = { type: "object", required: ["index","time","node","call"], properties: { "index": schema14, "time": schema114, "configs": schema16, "node": schema19, "call": schema112, "args": schema215, "result": schema167, "out": schema174, "undrained": schema15, "state": schema189, "coordinating": schema62, "computing": schema70, "collecting": schema70, "loaded": schema36, "crypto": schema78 }, additionalProperties: false };
const schema217: Schema = { anyOf: [schema8, schema119] };
const schema216: Schema = { type: "object", required: ["index","time","node","call"], properties: { "index": schema14, "time": schema114, "configs": schema16, "node": schema19, "call": schema118, "args": schema217, "result": schema167, "out": schema174, "undrained": schema15, "state": schema189, "coordinating": schema62, "computing": schema70, "collecting": schema70, "loaded": schema36, "crypto": schema78 }, additionalProperties: false };
const schema219: Schema = { anyOf: [schema8, schema122] };
const schema218: Schema = { type: "object", required: ["index","time","node","call"], properties: { "index": schema14, "time": schema114, "configs": schema16, "node": schema19, "call": schema121, "args": schema219, "result": schema167, "out": schema174, "undrained": schema15, "state": schema189, "coordinating": schema62, "computing": schema70, "collecting": schema70, "loaded": schema36, "crypto": schema78 }, additionalProperties: false };
const schema221: Schema = { anyOf: [schema8, schema125] };
const schema220: Schema = { type: "object", required: ["index","time","node","call"], properties: { "index": schema14, "time": schema114, "configs": schema16, "node": schema19, "call": schema124, "args": schema221, "result": schema167, "out": schema174, "undrained": schema15, "state": schema189, "coordinating": schema62, "computing": schema70, "collecting": schema70, "loaded": schema36, "crypto": schema78 }, additionalProperties: false };
const schema223: Schema = { type: "string", const: "abandon" };
const schema226: Schema = { anyOf: [schema8, schema6] };
const schema225: Schema = { type: "object", required: ["rackId","epoch","digest"], properties: { "rackId": schema9, "epoch": schema114, "digest": schema226 }, additionalProperties: false };
const schema224: Schema = { anyOf: [schema8, schema225] };
const schema222: Schema = { type: "object", required: ["index","time","node","call"], properties: { "index": schema14, "time": schema114, "configs": schema16, "node": schema19, "call": schema223, "args": schema224, "result": schema167, "out": schema174, "undrained": schema15, "state": schema189, "coordinating": schema62, "computing": schema70, "collecting": schema70, "loaded": schema36, "crypto": schema78 }, additionalProperties: false };
const schema228: Schema = { type: "string", const: "retire" };
const schema230: Schema = { type: "object", required: ["rackId","epoch"], properties: { "rackId": schema9, "epoch": schema114 }, additionalProperties: false };
const schema229: Schema = { anyOf: [schema8, schema230] };
const schema227: Schema = { type: "object", required: ["index","time","node","call"], properties: { "index": schema14, "time": schema114, "configs": schema16, "node": schema19, "call": schema228, "args": schema229, "result": schema167, "out": schema174, "undrained": schema15, "state": schema189, "coordinating": schema62, "computing": schema70, "collecting": schema70, "loaded": schema36, "crypto": schema78 }, additionalProperties: false };
const schema232: Schema = { anyOf: [schema8, schema128] };
const schema231: Schema = { type: "object", required: ["index","time","node","call"], properties: { "index": schema14, "time": schema114, "configs": schema16, "node": schema19, "call": schema127, "args": schema232, "result": schema167, "out": schema174, "undrained": schema15, "state": schema189, "coordinating": schema62, "computing": schema70, "collecting": schema70, "loaded": schema36, "crypto": schema78 }, additionalProperties: false };

export const LINE_VALIDATORS: { readonly [name in "header" | "annotation"]: Validator } = {
  "header": { check: is1, schema: schema1 },
  "annotation": { check: is103, schema: schema148 },
};

export const CALL_VALIDATORS: { readonly [name in "connect" | "disconnect" | "receive" | "refuseUndecodable" | "tick" | "clearSecrets" | "drain" | "persisted" | "restart" | "coordinateReconfiguration" | "coordinateUpgradeFromLrtq" | "commit" | "prepareAndCommit" | "abandon" | "retire" | "loadRackSecret"]: Validator } = {
  "connect": { check: is113, schema: schema165 },
  "disconnect": { check: is132, schema: schema190 },
  "receive": { check: is133, schema: schema192 },
  "refuseUndecodable": { check: is135, schema: schema194 },
  "tick": { check: is138, schema: schema198 },
  "clearSecrets": { check: is141, schema: schema202 },
  "drain": { check: is142, schema: schema204 },
  "persisted": { check: is143, schema: schema206 },
  "restart": { check: is146, schema: schema210 },
  "coordinateReconfiguration": { check: is149, schema: schema214 },
  "coordinateUpgradeFromLrtq": { check: is151, schema: schema216 },
  "commit": { check: is153, schema: schema218 },
  "prepareAndCommit": { check: is155, schema: schema220 },
  "abandon": { check: is157, schema: schema222 },
  "retire": { check: is161, schema: schema227 },
  "loadRackSecret": { check: is164, schema: schema231 },
};
