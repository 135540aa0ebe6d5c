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
const pattern9 = /^[A-Za-z0-9_]+$/u;

function is2(value: any): boolean {
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
const is4 = (value: any): boolean => typeof value === "string" && pattern1.test(value);
const is3 = (value: any): boolean => value === null || is4(value);
const is5 = (value: any): boolean => value === "virtual" || value === "wall";
const is6 = (value: any): boolean => Number.isInteger(value) && value >= 0 && value <= 9007199254740991;
const is9 = (value: any): boolean => Number.isInteger(value) && value >= 1 && value <= 9007199254740991;
const is10 = (value: any): boolean => typeof value === "string" && pattern2.test(value);
function is11(list: any): boolean {
  for (const one of list) if (!is10(one)) return false;
  return true;
}
const is12 = (value: any): boolean => typeof value === "string" && pattern3.test(value);
const is13 = (value: any): boolean => Number.isInteger(value) && value >= 0 && value <= 255;
const is16 = (value: any): boolean => typeof value === "string" && pattern4.test(value);
function is15(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "salt": if (!is16(field)) return false; required++; break;
      case "data": if (!is12(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
const is14 = (value: any): boolean => value === null || is15(value);
function is8(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "rackId": if (!is4(field)) return false; required++; break;
      case "epoch": if (!is9(field)) return false; required++; break;
      case "coordinator": if (!is10(field)) return false; required++; break;
      case "members": if (!(Array.isArray(field) && field.length <= 32 && is11(field))) return false; required++; break;
      case "digests": if (!is12(field)) return false; required++; break;
      case "threshold": if (!is13(field)) return false; required++; break;
      case "encryptedRackSecrets": if (!is14(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 7;
}
function is7(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  for (const key in value) {
    const field = value[key];
    if (!pattern5.test(key) || !is8(field)) return false;
  }
  return true;
}
const is23 = (value: any): boolean => Number.isInteger(value) && value >= 1 && value <= 255;
function is22(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "x": if (!is23(field)) return false; required++; break;
      case "sha3": if (!is16(field)) return false; required++; break;
      case "y": if (field !== undefined && !is16(field)) return false; break;
      default: return false;
    }
  }
  return required === 2;
}
function is21(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "rackId": if (!is4(field)) return false; required++; break;
      case "epoch": if (!is6(field)) return false; required++; break;
      case "threshold": if (!is13(field)) return false; required++; break;
      case "share": if (!is22(field)) return false; required++; break;
      case "digests": if (!is12(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 5;
}
const is20 = (value: any): boolean => value === null || is21(value);
const is25 = (value: any): boolean => typeof value === "string" && pattern5.test(value);
function is24(list: any): boolean {
  for (const one of list) if (!is25(one)) return false;
  return true;
}
function is26(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  for (const key in value) {
    const field = value[key];
    if (!pattern6.test(key) || !is22(field)) return false;
  }
  return true;
}
function is27(list: any): boolean {
  for (const one of list) if (!is9(one)) return false;
  return true;
}
function is29(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "epoch": if (!is9(field)) return false; required++; break;
      case "from": if (!is10(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
const is28 = (value: any): boolean => value === null || is29(value);
function is19(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "lrtq": if (!is20(field)) return false; required++; break;
      case "configs": if (!(Array.isArray(field) && is24(field))) return false; required++; break;
      case "shares": if (!is26(field)) return false; required++; break;
      case "commits": if (!(Array.isArray(field) && is27(field))) return false; required++; break;
      case "expunged": if (!is28(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 5;
}
const is33 = (value: any): boolean => typeof value === "string" && pattern7.test(value);
function is32(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "mismatchedConfigurations")) return false; required++; break;
      case "config1": if (!is25(field)) return false; required++; break;
      case "config2": if (!is25(field)) return false; required++; break;
      case "from": if (!is33(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 4;
}
const is35 = (value: any): boolean => typeof value === "string" && pattern8.test(value);
function is34(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "shareComputationFailed")) return false; required++; break;
      case "epoch": if (!is9(field)) return false; required++; break;
      case "code": if (!is35(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 3;
}
function is36(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "committedConfigurationLost")) return false; required++; break;
      case "latestCommittedEpoch": if (!is9(field)) return false; required++; break;
      case "collectingEpoch": if (!is9(field)) return false; required++; break;
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
      case "kind": if (!(field === "rackSecretDecryptionFailed")) return false; required++; break;
      case "epoch": if (!is9(field)) return false; required++; break;
      case "code": if (!is35(field)) return false; required++; break;
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
      case "kind": if (!(field === "rackSecretReconstructionFailed")) return false; required++; break;
      case "epoch": if (!is9(field)) return false; required++; break;
      case "code": if (!is35(field)) return false; required++; break;
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
      case "kind": if (!(field === "lrtqSecretReconstructionFailed")) return false; required++; break;
      case "epoch": if (!is9(field)) return false; required++; break;
      case "code": if (!is35(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 3;
}
function is31(value: any): boolean {
  if (typeof value !== "object" || value === null) return false;
  switch (value["kind"]) {
    case "mismatchedConfigurations":
      return is32(value);
    case "shareComputationFailed":
      return is34(value);
    case "committedConfigurationLost":
      return is36(value);
    case "rackSecretDecryptionFailed":
      return is37(value);
    case "rackSecretReconstructionFailed":
      return is38(value);
    case "lrtqSecretReconstructionFailed":
      return is39(value);
    default:
      return false;
  }
}
function is30(list: any): boolean {
  for (const one of list) if (!is31(one)) return false;
  return true;
}
const is43 = (value: any): boolean => value === "collectShares" || value === "collectLrtqShares";
function is42(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "epoch": if (!is9(field)) return false; required++; break;
      case "lrtqUpgrade": if (!(typeof field === "boolean")) return false; required++; break;
      case "operation": if (!is43(field)) return false; required++; break;
      case "threshold": if (!is13(field)) return false; required++; break;
      case "collected": if (!(Array.isArray(field) && is11(field))) return false; required++; break;
      default: return false;
    }
  }
  return required === 5;
}
function is44(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "epoch": if (!is9(field)) return false; required++; break;
      case "lrtqUpgrade": if (!(typeof field === "boolean")) return false; required++; break;
      case "operation": if (!(field === "prepare")) return false; required++; break;
      case "acks": if (!(Array.isArray(field) && is11(field))) return false; required++; break;
      default: return false;
    }
  }
  return required === 4;
}
function is41(value: any): boolean {
  if (typeof value !== "object" || value === null) return false;
  switch (value["operation"]) {
    case "collectShares":
    case "collectLrtqShares":
      return is42(value);
    case "prepare":
      return is44(value);
    default:
      return false;
  }
}
const is40 = (value: any): boolean => value === null || is41(value);
function is46(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "epoch": if (!is9(field)) return false; required++; break;
      case "threshold": if (!is13(field)) return false; required++; break;
      case "collected": if (!(Array.isArray(field) && is11(field))) return false; required++; break;
      default: return false;
    }
  }
  return required === 3;
}
const is45 = (value: any): boolean => value === null || is46(value);
function is51(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "peer": if (!is10(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 1;
}
function is54(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "op": if (!(field === "createShares")) return false; required++; break;
      case "digests": if (field !== undefined && !is12(field)) return false; break;
      case "shares": if (field !== undefined && !is12(field)) return false; break;
      case "error": if (field !== undefined && !is35(field)) return false; break;
      default: return false;
    }
  }
  return required === 1;
}
function is55(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "op": if (!(field === "seal")) return false; required++; break;
      case "epoch": if (!is9(field)) return false; required++; break;
      case "salt": if (field !== undefined && !is16(field)) return false; break;
      case "data": if (field !== undefined && !is12(field)) return false; break;
      case "error": if (field !== undefined && !is35(field)) return false; break;
      default: return false;
    }
  }
  return required === 2;
}
function is56(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "op": if (!(field === "recover")) return false; required++; break;
      case "epoch": if (!is9(field)) return false; required++; break;
      case "epochs": if (field !== undefined && !(Array.isArray(field) && is27(field))) return false; break;
      case "error": if (field !== undefined && !is35(field)) return false; break;
      default: return false;
    }
  }
  return required === 2;
}
function is57(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "op": if (!(field === "recoverLrtq")) return false; required++; break;
      case "epochs": if (field !== undefined && !(Array.isArray(field) && is27(field))) return false; break;
      case "error": if (field !== undefined && !is35(field)) return false; break;
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
      case "op": if (!(field === "computeShare")) return false; required++; break;
      case "x": if (!is23(field)) return false; required++; break;
      case "share": if (field !== undefined && !is22(field)) return false; break;
      case "error": if (field !== undefined && !is35(field)) return false; break;
      default: return false;
    }
  }
  return required === 2;
}
function is53(value: any): boolean {
  if (typeof value !== "object" || value === null) return false;
  switch (value["op"]) {
    case "createShares":
      return is54(value);
    case "seal":
      return is55(value);
    case "recover":
      return is56(value);
    case "recoverLrtq":
      return is57(value);
    case "computeShare":
      return is58(value);
    default:
      return false;
  }
}
function is52(list: any): boolean {
  for (const one of list) if (!is53(one)) return false;
  return true;
}
function is50(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "call": if (!(field === "connect")) return false; required++; break;
      case "args": if (!is51(field)) return false; required++; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is52(field))) return false; break;
      default: return false;
    }
  }
  return required === 2;
}
function is62(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "prepare")) return false; required++; break;
      case "rackId": if (field !== undefined && !is4(field)) return false; break;
      case "config": if (!is25(field)) return false; required++; break;
      case "share": if (!is22(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 3;
}
function is63(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "prepareAck")) return false; required++; break;
      case "rackId": if (field !== undefined && !is4(field)) return false; break;
      case "epoch": if (!is9(field)) return false; required++; break;
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
      case "kind": if (!(field === "getShare")) return false; required++; break;
      case "rackId": if (field !== undefined && !is4(field)) return false; break;
      case "epoch": if (!is9(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
function is65(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "share")) return false; required++; break;
      case "rackId": if (field !== undefined && !is4(field)) return false; break;
      case "epoch": if (!is9(field)) return false; required++; break;
      case "share": if (!is22(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 3;
}
function is66(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "getLrtqShare")) return false; required++; break;
      case "rackId": if (field !== undefined && !is4(field)) return false; break;
      default: return false;
    }
  }
  return required === 1;
}
function is67(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "lrtqShare")) return false; required++; break;
      case "rackId": if (field !== undefined && !is4(field)) return false; break;
      case "share": if (!is22(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
function is68(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "expunged")) return false; required++; break;
      case "rackId": if (field !== undefined && !is4(field)) return false; break;
      case "epoch": if (!is9(field)) return false; required++; break;
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
      case "kind": if (!(field === "commitAdvance")) return false; required++; break;
      case "rackId": if (field !== undefined && !is4(field)) return false; break;
      case "config": if (!is25(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
function is61(value: any): boolean {
  if (typeof value !== "object" || value === null) return false;
  switch (value["kind"]) {
    case "prepare":
      return is62(value);
    case "prepareAck":
      return is63(value);
    case "getShare":
      return is64(value);
    case "share":
      return is65(value);
    case "getLrtqShare":
      return is66(value);
    case "lrtqShare":
      return is67(value);
    case "expunged":
      return is68(value);
    case "commitAdvance":
      return is69(value);
    default:
      return false;
  }
}
function is60(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "from": if (!is10(field)) return false; required++; break;
      case "message": if (!is61(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
function is59(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "call": if (!(field === "receive")) return false; required++; break;
      case "args": if (!is60(field)) return false; required++; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is52(field))) return false; break;
      default: return false;
    }
  }
  return required === 2;
}
const is72 = (value: any): boolean => Number.isFinite(value);
const is73 = (value: any): boolean => value === null || is72(value);
function is71(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "rackId": if (!is4(field)) return false; required++; break;
      case "epoch": if (!is72(field)) return false; required++; break;
      case "members": if (!(Array.isArray(field) && field.length <= 1024 && is11(field))) return false; required++; break;
      case "threshold": if (!is72(field)) return false; required++; break;
      case "lastCommittedEpoch": if (!is73(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 5;
}
function is70(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "call": if (!(field === "coordinateReconfiguration")) return false; required++; break;
      case "args": if (!is71(field)) return false; required++; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is52(field))) return false; break;
      default: return false;
    }
  }
  return required === 2;
}
function is75(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "rackId": if (!is4(field)) return false; required++; break;
      case "epoch": if (!is72(field)) return false; required++; break;
      case "members": if (!(Array.isArray(field) && field.length <= 1024 && is11(field))) return false; required++; break;
      case "threshold": if (!is72(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 4;
}
function is74(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "call": if (!(field === "coordinateUpgradeFromLrtq")) return false; required++; break;
      case "args": if (!is75(field)) return false; required++; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is52(field))) return false; break;
      default: return false;
    }
  }
  return required === 2;
}
function is77(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "rackId": if (!is4(field)) return false; required++; break;
      case "epoch": if (!is72(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
function is76(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "call": if (!(field === "commit")) return false; required++; break;
      case "args": if (!is77(field)) return false; required++; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is52(field))) return false; break;
      default: return false;
    }
  }
  return required === 2;
}
function is79(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "config": if (!is25(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 1;
}
function is78(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "call": if (!(field === "prepareAndCommit")) return false; required++; break;
      case "args": if (!is79(field)) return false; required++; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is52(field))) return false; break;
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
      case "epoch": if (!is72(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 1;
}
function is80(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "call": if (!(field === "loadRackSecret")) return false; required++; break;
      case "args": if (!is81(field)) return false; required++; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is52(field))) return false; break;
      default: return false;
    }
  }
  return required === 2;
}
function is49(value: any): boolean {
  if (typeof value !== "object" || value === null) return false;
  switch (value["call"]) {
    case "connect":
      return is50(value);
    case "receive":
      return is59(value);
    case "coordinateReconfiguration":
      return is70(value);
    case "coordinateUpgradeFromLrtq":
      return is74(value);
    case "commit":
      return is76(value);
    case "prepareAndCommit":
      return is78(value);
    case "loadRackSecret":
      return is80(value);
    default:
      return false;
  }
}
function is48(list: any): boolean {
  for (const one of list) if (!is49(one)) return false;
  return true;
}
function is47(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "generation": if (!is6(field)) return false; required++; break;
      case "state": if (!is19(field)) return false; required++; break;
      case "calls": if (!(Array.isArray(field) && is48(field))) return false; required++; break;
      default: return false;
    }
  }
  return required === 3;
}
function is18(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "id": if (!is10(field)) return false; required++; break;
      case "generation": if (!is6(field)) return false; required++; break;
      case "state": if (!is19(field)) return false; required++; break;
      case "digest": if (!is16(field)) return false; required++; break;
      case "connected": if (field !== undefined && !(Array.isArray(field) && is11(field))) return false; break;
      case "alarms": if (field !== undefined && !(Array.isArray(field) && is30(field))) return false; break;
      case "coordinating": if (field !== undefined && !is40(field)) return false; break;
      case "computing": if (field !== undefined && !is45(field)) return false; break;
      case "collecting": if (field !== undefined && !is45(field)) return false; break;
      case "loaded": if (field !== undefined && !(Array.isArray(field) && is27(field))) return false; break;
      case "memory": if (field !== undefined && !is47(field)) return false; break;
      case "unverifiable": if (field !== undefined && !(typeof field === "string")) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
function is17(list: any): boolean {
  for (const one of list) if (!is18(one)) return false;
  return true;
}
const is83 = (value: any): boolean => typeof value === "string" || is72(value);
function is82(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "seed": if (!is83(field)) return false; required++; break;
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
      case "trustQuorumLog": if (!(field === 1)) return false; required++; break;
      case "producer": if (!is2(field)) return false; required++; break;
      case "rackId": if (!is3(field)) return false; required++; break;
      case "secrets": if (!(typeof field === "boolean")) return false; required++; break;
      case "clock": if (!is5(field)) return false; required++; break;
      case "first": if (!is6(field)) return false; required++; break;
      case "sparse": if (field !== undefined && !(field === true)) return false; break;
      case "configs": if (field !== undefined && !is7(field)) return false; break;
      case "nodes": if (!(Array.isArray(field) && is17(field))) return false; required++; break;
      case "simulation": if (field !== undefined && !is82(field)) return false; break;
      default: return false;
    }
  }
  return required === 7;
}
function is86(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "crash")) return false; required++; break;
      case "node": if (!is10(field)) return false; required++; break;
      case "text": if (field !== undefined && !(typeof field === "string")) return false; break;
      default: return false;
    }
  }
  return required === 2;
}
function is87(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "link")) return false; required++; break;
      case "a": if (!is10(field)) return false; required++; break;
      case "b": if (!is10(field)) return false; required++; break;
      case "up": if (!(typeof field === "boolean")) return false; required++; break;
      case "oneWay": if (field !== undefined && !(field === true)) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
function is89(list: any): boolean {
  for (const one of list) if (!(Array.isArray(one) && is11(one))) return false;
  return true;
}
function is88(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "partition")) return false; required++; break;
      case "groups": if (!(Array.isArray(field) && is89(field))) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
function is90(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "lost")) return false; required++; break;
      case "from": if (!is10(field)) return false; required++; break;
      case "to": if (!is10(field)) return false; required++; break;
      case "message": if (!(typeof field === "string")) return false; required++; break;
      case "epoch": if (field !== undefined && !is9(field)) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
function is91(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "fault")) return false; required++; break;
      case "name": if (!(typeof field === "string")) return false; required++; break;
      case "node": if (field !== undefined && !is10(field)) return false; break;
      case "peer": if (field !== undefined && !is10(field)) return false; break;
      case "text": if (field !== undefined && !(typeof field === "string")) return false; break;
      default: return false;
    }
  }
  return required === 2;
}
function is92(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "decision")) return false; required++; break;
      case "by": if (!(typeof field === "string")) return false; required++; break;
      case "text": if (!(typeof field === "string")) return false; required++; break;
      case "epoch": if (field !== undefined && !is9(field)) return false; break;
      case "node": if (field !== undefined && !is10(field)) return false; break;
      default: return false;
    }
  }
  return required === 3;
}
function is93(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "text")) return false; required++; break;
      case "text": if (!(typeof field === "string")) return false; required++; break;
      case "node": if (field !== undefined && !is10(field)) return false; break;
      default: return false;
    }
  }
  return required === 2;
}
function is85(value: any): boolean {
  if (typeof value !== "object" || value === null) return false;
  switch (value["kind"]) {
    case "crash":
      return is86(value);
    case "link":
      return is87(value);
    case "partition":
      return is88(value);
    case "lost":
      return is90(value);
    case "fault":
      return is91(value);
    case "decision":
      return is92(value);
    case "text":
      return is93(value);
    default:
      return false;
  }
}
function is84(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "index": if (!is6(field)) return false; required++; break;
      case "time": if (!is72(field)) return false; required++; break;
      case "configs": if (field !== undefined && !is7(field)) return false; break;
      case "annotation": if (!is85(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 3;
}
const is95 = (value: any): boolean => value === null || is51(value);
function is98(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return true;
}
function is97(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "error": if (!is35(field)) return false; required++; break;
      case "details": if (!is98(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
function is99(value: any): boolean {
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
const is96 = (value: any): boolean => value === "committed" || value === "pending" || value === "loaded" || is97(value) || is99(value);
function is102(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "to": if (!is10(field)) return false; required++; break;
      case "message": if (!is61(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
const is106 = (value: any): boolean => typeof value === "string" && pattern9.test(value);
function is105(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "refused")) return false; required++; break;
      case "reason": if (!is106(field)) return false; required++; break;
      case "from": if (!is33(field)) return false; required++; break;
      case "epoch": if (!is73(field)) return false; required++; break;
      case "code": if (field !== undefined && !is35(field)) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
function is107(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "committed")) return false; required++; break;
      case "epoch": if (!is9(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
function is108(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "rackSecretsReady")) return false; required++; break;
      case "epoch": if (!is9(field)) return false; required++; break;
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
      case "kind": if (!(field === "expunged")) return false; required++; break;
      case "epoch": if (!is9(field)) return false; required++; break;
      case "from": if (!is10(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 3;
}
function is110(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "kind": if (!(field === "alarm")) return false; required++; break;
      case "alarm": if (!is31(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
function is104(value: any): boolean {
  if (typeof value !== "object" || value === null) return false;
  switch (value["kind"]) {
    case "refused":
      return is105(value);
    case "committed":
      return is107(value);
    case "rackSecretsReady":
      return is108(value);
    case "expunged":
      return is109(value);
    case "alarm":
      return is110(value);
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
      case "event": if (!is104(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 1;
}
function is111(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "persist": if (!is6(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 1;
}
const is101 = (value: any): boolean => is102(value) || is103(value) || is111(value);
function is100(list: any): boolean {
  for (const one of list) if (!is101(one)) return false;
  return true;
}
function is112(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "generation": if (!is6(field)) return false; required++; break;
      case "digest": if (!is16(field)) return false; required++; break;
      case "configs": if (field !== undefined && !(Array.isArray(field) && is24(field))) return false; break;
      case "shares": if (field !== undefined && !is26(field)) return false; break;
      case "commits": if (field !== undefined && !(Array.isArray(field) && is27(field))) return false; break;
      case "expunged": if (field !== undefined && !is29(field)) return false; break;
      default: return false;
    }
  }
  return required === 2;
}
function is94(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "index": if (!is6(field)) return false; required++; break;
      case "time": if (!is72(field)) return false; required++; break;
      case "configs": if (field !== undefined && !is7(field)) return false; break;
      case "node": if (!is10(field)) return false; required++; break;
      case "call": if (!(field === "connect")) return false; required++; break;
      case "args": if (field !== undefined && !is95(field)) return false; break;
      case "result": if (field !== undefined && !is96(field)) return false; break;
      case "out": if (field !== undefined && !(Array.isArray(field) && is100(field))) return false; break;
      case "undrained": if (field !== undefined && !(field === true)) return false; break;
      case "state": if (field !== undefined && !is112(field)) return false; break;
      case "coordinating": if (field !== undefined && !is40(field)) return false; break;
      case "computing": if (field !== undefined && !is45(field)) return false; break;
      case "collecting": if (field !== undefined && !is45(field)) return false; break;
      case "loaded": if (field !== undefined && !(Array.isArray(field) && is27(field))) return false; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is52(field))) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
function is113(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "index": if (!is6(field)) return false; required++; break;
      case "time": if (!is72(field)) return false; required++; break;
      case "configs": if (field !== undefined && !is7(field)) return false; break;
      case "node": if (!is10(field)) return false; required++; break;
      case "call": if (!(field === "disconnect")) return false; required++; break;
      case "args": if (field !== undefined && !is95(field)) return false; break;
      case "result": if (field !== undefined && !is96(field)) return false; break;
      case "out": if (field !== undefined && !(Array.isArray(field) && is100(field))) return false; break;
      case "undrained": if (field !== undefined && !(field === true)) return false; break;
      case "state": if (field !== undefined && !is112(field)) return false; break;
      case "coordinating": if (field !== undefined && !is40(field)) return false; break;
      case "computing": if (field !== undefined && !is45(field)) return false; break;
      case "collecting": if (field !== undefined && !is45(field)) return false; break;
      case "loaded": if (field !== undefined && !(Array.isArray(field) && is27(field))) return false; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is52(field))) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
const is115 = (value: any): boolean => value === null || is60(value);
function is114(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "index": if (!is6(field)) return false; required++; break;
      case "time": if (!is72(field)) return false; required++; break;
      case "configs": if (field !== undefined && !is7(field)) return false; break;
      case "node": if (!is10(field)) return false; required++; break;
      case "call": if (!(field === "receive")) return false; required++; break;
      case "args": if (field !== undefined && !is115(field)) return false; break;
      case "result": if (field !== undefined && !is96(field)) return false; break;
      case "out": if (field !== undefined && !(Array.isArray(field) && is100(field))) return false; break;
      case "undrained": if (field !== undefined && !(field === true)) return false; break;
      case "state": if (field !== undefined && !is112(field)) return false; break;
      case "coordinating": if (field !== undefined && !is40(field)) return false; break;
      case "computing": if (field !== undefined && !is45(field)) return false; break;
      case "collecting": if (field !== undefined && !is45(field)) return false; break;
      case "loaded": if (field !== undefined && !(Array.isArray(field) && is27(field))) return false; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is52(field))) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
function is118(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "from": if (!is10(field)) return false; required++; break;
      case "code": if (!is35(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
const is117 = (value: any): boolean => value === null || is118(value);
function is116(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "index": if (!is6(field)) return false; required++; break;
      case "time": if (!is72(field)) return false; required++; break;
      case "configs": if (field !== undefined && !is7(field)) return false; break;
      case "node": if (!is10(field)) return false; required++; break;
      case "call": if (!(field === "refuseUndecodable")) return false; required++; break;
      case "args": if (field !== undefined && !is117(field)) return false; break;
      case "result": if (field !== undefined && !is96(field)) return false; break;
      case "out": if (field !== undefined && !(Array.isArray(field) && is100(field))) return false; break;
      case "undrained": if (field !== undefined && !(field === true)) return false; break;
      case "state": if (field !== undefined && !is112(field)) return false; break;
      case "coordinating": if (field !== undefined && !is40(field)) return false; break;
      case "computing": if (field !== undefined && !is45(field)) return false; break;
      case "collecting": if (field !== undefined && !is45(field)) return false; break;
      case "loaded": if (field !== undefined && !(Array.isArray(field) && is27(field))) return false; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is52(field))) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
function is121(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  for (const _key in value) {
    return false;
  }
  return true;
}
const is120 = (value: any): boolean => value === null || is121(value);
function is119(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "index": if (!is6(field)) return false; required++; break;
      case "time": if (!is72(field)) return false; required++; break;
      case "configs": if (field !== undefined && !is7(field)) return false; break;
      case "node": if (!is10(field)) return false; required++; break;
      case "call": if (!(field === "tick")) return false; required++; break;
      case "args": if (field !== undefined && !is120(field)) return false; break;
      case "result": if (field !== undefined && !is96(field)) return false; break;
      case "out": if (field !== undefined && !(Array.isArray(field) && is100(field))) return false; break;
      case "undrained": if (field !== undefined && !(field === true)) return false; break;
      case "state": if (field !== undefined && !is112(field)) return false; break;
      case "coordinating": if (field !== undefined && !is40(field)) return false; break;
      case "computing": if (field !== undefined && !is45(field)) return false; break;
      case "collecting": if (field !== undefined && !is45(field)) return false; break;
      case "loaded": if (field !== undefined && !(Array.isArray(field) && is27(field))) return false; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is52(field))) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
function is122(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "index": if (!is6(field)) return false; required++; break;
      case "time": if (!is72(field)) return false; required++; break;
      case "configs": if (field !== undefined && !is7(field)) return false; break;
      case "node": if (!is10(field)) return false; required++; break;
      case "call": if (!(field === "clearSecrets")) return false; required++; break;
      case "args": if (field !== undefined && !is120(field)) return false; break;
      case "result": if (field !== undefined && !is96(field)) return false; break;
      case "out": if (field !== undefined && !(Array.isArray(field) && is100(field))) return false; break;
      case "undrained": if (field !== undefined && !(field === true)) return false; break;
      case "state": if (field !== undefined && !is112(field)) return false; break;
      case "coordinating": if (field !== undefined && !is40(field)) return false; break;
      case "computing": if (field !== undefined && !is45(field)) return false; break;
      case "collecting": if (field !== undefined && !is45(field)) return false; break;
      case "loaded": if (field !== undefined && !(Array.isArray(field) && is27(field))) return false; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is52(field))) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
function is123(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "index": if (!is6(field)) return false; required++; break;
      case "time": if (!is72(field)) return false; required++; break;
      case "configs": if (field !== undefined && !is7(field)) return false; break;
      case "node": if (!is10(field)) return false; required++; break;
      case "call": if (!(field === "drain")) return false; required++; break;
      case "args": if (field !== undefined && !is120(field)) return false; break;
      case "result": if (field !== undefined && !is96(field)) return false; break;
      case "out": if (field !== undefined && !(Array.isArray(field) && is100(field))) return false; break;
      case "undrained": if (field !== undefined && !(field === true)) return false; break;
      case "state": if (field !== undefined && !is112(field)) return false; break;
      case "coordinating": if (field !== undefined && !is40(field)) return false; break;
      case "computing": if (field !== undefined && !is45(field)) return false; break;
      case "collecting": if (field !== undefined && !is45(field)) return false; break;
      case "loaded": if (field !== undefined && !(Array.isArray(field) && is27(field))) return false; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is52(field))) return false; break;
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
      case "generation": if (!is6(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 1;
}
const is125 = (value: any): boolean => value === null || is126(value);
function is124(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "index": if (!is6(field)) return false; required++; break;
      case "time": if (!is72(field)) return false; required++; break;
      case "configs": if (field !== undefined && !is7(field)) return false; break;
      case "node": if (!is10(field)) return false; required++; break;
      case "call": if (!(field === "persisted")) return false; required++; break;
      case "args": if (field !== undefined && !is125(field)) return false; break;
      case "result": if (field !== undefined && !is96(field)) return false; break;
      case "out": if (field !== undefined && !(Array.isArray(field) && is100(field))) return false; break;
      case "undrained": if (field !== undefined && !(field === true)) return false; break;
      case "state": if (field !== undefined && !is112(field)) return false; break;
      case "coordinating": if (field !== undefined && !is40(field)) return false; break;
      case "computing": if (field !== undefined && !is45(field)) return false; break;
      case "collecting": if (field !== undefined && !is45(field)) return false; break;
      case "loaded": if (field !== undefined && !(Array.isArray(field) && is27(field))) return false; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is52(field))) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
function is129(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "generation": if (!is6(field)) return false; required++; break;
      case "state": if (!is19(field)) return false; required++; break;
      case "digest": if (!is16(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 3;
}
const is128 = (value: any): boolean => value === null || is129(value);
function is127(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "index": if (!is6(field)) return false; required++; break;
      case "time": if (!is72(field)) return false; required++; break;
      case "configs": if (field !== undefined && !is7(field)) return false; break;
      case "node": if (!is10(field)) return false; required++; break;
      case "call": if (!(field === "restart")) return false; required++; break;
      case "args": if (field !== undefined && !is128(field)) return false; break;
      case "result": if (field !== undefined && !is96(field)) return false; break;
      case "out": if (field !== undefined && !(Array.isArray(field) && is100(field))) return false; break;
      case "undrained": if (field !== undefined && !(field === true)) return false; break;
      case "state": if (field !== undefined && !is112(field)) return false; break;
      case "coordinating": if (field !== undefined && !is40(field)) return false; break;
      case "computing": if (field !== undefined && !is45(field)) return false; break;
      case "collecting": if (field !== undefined && !is45(field)) return false; break;
      case "loaded": if (field !== undefined && !(Array.isArray(field) && is27(field))) return false; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is52(field))) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
const is131 = (value: any): boolean => value === null || is71(value);
function is130(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "index": if (!is6(field)) return false; required++; break;
      case "time": if (!is72(field)) return false; required++; break;
      case "configs": if (field !== undefined && !is7(field)) return false; break;
      case "node": if (!is10(field)) return false; required++; break;
      case "call": if (!(field === "coordinateReconfiguration")) return false; required++; break;
      case "args": if (field !== undefined && !is131(field)) return false; break;
      case "result": if (field !== undefined && !is96(field)) return false; break;
      case "out": if (field !== undefined && !(Array.isArray(field) && is100(field))) return false; break;
      case "undrained": if (field !== undefined && !(field === true)) return false; break;
      case "state": if (field !== undefined && !is112(field)) return false; break;
      case "coordinating": if (field !== undefined && !is40(field)) return false; break;
      case "computing": if (field !== undefined && !is45(field)) return false; break;
      case "collecting": if (field !== undefined && !is45(field)) return false; break;
      case "loaded": if (field !== undefined && !(Array.isArray(field) && is27(field))) return false; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is52(field))) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
const is133 = (value: any): boolean => value === null || is75(value);
function is132(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "index": if (!is6(field)) return false; required++; break;
      case "time": if (!is72(field)) return false; required++; break;
      case "configs": if (field !== undefined && !is7(field)) return false; break;
      case "node": if (!is10(field)) return false; required++; break;
      case "call": if (!(field === "coordinateUpgradeFromLrtq")) return false; required++; break;
      case "args": if (field !== undefined && !is133(field)) return false; break;
      case "result": if (field !== undefined && !is96(field)) return false; break;
      case "out": if (field !== undefined && !(Array.isArray(field) && is100(field))) return false; break;
      case "undrained": if (field !== undefined && !(field === true)) return false; break;
      case "state": if (field !== undefined && !is112(field)) return false; break;
      case "coordinating": if (field !== undefined && !is40(field)) return false; break;
      case "computing": if (field !== undefined && !is45(field)) return false; break;
      case "collecting": if (field !== undefined && !is45(field)) return false; break;
      case "loaded": if (field !== undefined && !(Array.isArray(field) && is27(field))) return false; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is52(field))) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
const is135 = (value: any): boolean => value === null || is77(value);
function is134(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "index": if (!is6(field)) return false; required++; break;
      case "time": if (!is72(field)) return false; required++; break;
      case "configs": if (field !== undefined && !is7(field)) return false; break;
      case "node": if (!is10(field)) return false; required++; break;
      case "call": if (!(field === "commit")) return false; required++; break;
      case "args": if (field !== undefined && !is135(field)) return false; break;
      case "result": if (field !== undefined && !is96(field)) return false; break;
      case "out": if (field !== undefined && !(Array.isArray(field) && is100(field))) return false; break;
      case "undrained": if (field !== undefined && !(field === true)) return false; break;
      case "state": if (field !== undefined && !is112(field)) return false; break;
      case "coordinating": if (field !== undefined && !is40(field)) return false; break;
      case "computing": if (field !== undefined && !is45(field)) return false; break;
      case "collecting": if (field !== undefined && !is45(field)) return false; break;
      case "loaded": if (field !== undefined && !(Array.isArray(field) && is27(field))) return false; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is52(field))) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
const is137 = (value: any): boolean => value === null || is79(value);
function is136(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "index": if (!is6(field)) return false; required++; break;
      case "time": if (!is72(field)) return false; required++; break;
      case "configs": if (field !== undefined && !is7(field)) return false; break;
      case "node": if (!is10(field)) return false; required++; break;
      case "call": if (!(field === "prepareAndCommit")) return false; required++; break;
      case "args": if (field !== undefined && !is137(field)) return false; break;
      case "result": if (field !== undefined && !is96(field)) return false; break;
      case "out": if (field !== undefined && !(Array.isArray(field) && is100(field))) return false; break;
      case "undrained": if (field !== undefined && !(field === true)) return false; break;
      case "state": if (field !== undefined && !is112(field)) return false; break;
      case "coordinating": if (field !== undefined && !is40(field)) return false; break;
      case "computing": if (field !== undefined && !is45(field)) return false; break;
      case "collecting": if (field !== undefined && !is45(field)) return false; break;
      case "loaded": if (field !== undefined && !(Array.isArray(field) && is27(field))) return false; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is52(field))) return false; break;
      default: return false;
    }
  }
  return required === 4;
}
const is139 = (value: any): boolean => value === null || is81(value);
function is138(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "index": if (!is6(field)) return false; required++; break;
      case "time": if (!is72(field)) return false; required++; break;
      case "configs": if (field !== undefined && !is7(field)) return false; break;
      case "node": if (!is10(field)) return false; required++; break;
      case "call": if (!(field === "loadRackSecret")) return false; required++; break;
      case "args": if (field !== undefined && !is139(field)) return false; break;
      case "result": if (field !== undefined && !is96(field)) return false; break;
      case "out": if (field !== undefined && !(Array.isArray(field) && is100(field))) return false; break;
      case "undrained": if (field !== undefined && !(field === true)) return false; break;
      case "state": if (field !== undefined && !is112(field)) return false; break;
      case "coordinating": if (field !== undefined && !is40(field)) return false; break;
      case "computing": if (field !== undefined && !is45(field)) return false; break;
      case "collecting": if (field !== undefined && !is45(field)) return false; break;
      case "loaded": if (field !== undefined && !(Array.isArray(field) && is27(field))) return false; break;
      case "crypto": if (field !== undefined && !(Array.isArray(field) && is52(field))) return false; break;
      default: return false;
    }
  }
  return required === 4;
}

const schema2: Schema = { type: "number", const: 1 };
const schema4: Schema = { type: "string" };
const schema3: Schema = { type: "object", required: ["name","version"], properties: { "name": schema4, "version": schema4 }, additionalProperties: false };
const schema6: Schema = { type: "null" };
const schema7: Schema = { type: "string", pattern: pattern1 };
const schema5: Schema = { anyOf: [schema6, schema7] };
const schema8: Schema = { type: "boolean" };
const schema10: Schema = { type: "string", const: "virtual" };
const schema11: Schema = { type: "string", const: "wall" };
const schema9: Schema = { anyOf: [schema10, schema11] };
const schema12: Schema = { type: "integer", minimum: 0, maximum: 9007199254740991 };
const schema13: Schema = { type: "boolean", const: true };
const schema16: Schema = { type: "integer", minimum: 1, maximum: 9007199254740991 };
const schema17: Schema = { type: "string", pattern: pattern2 };
const schema18: Schema = { type: "array", items: schema17, maxItems: 32 };
const schema19: Schema = { type: "string", pattern: pattern3 };
const schema20: Schema = { type: "integer", minimum: 0, maximum: 255 };
const schema23: Schema = { type: "string", pattern: pattern4 };
const schema22: Schema = { type: "object", required: ["salt","data"], properties: { "salt": schema23, "data": schema19 }, additionalProperties: false };
const schema21: Schema = { anyOf: [schema6, schema22] };
const schema15: Schema = { type: "object", required: ["rackId","epoch","coordinator","members","digests","threshold","encryptedRackSecrets"], properties: { "rackId": schema7, "epoch": schema16, "coordinator": schema17, "members": schema18, "digests": schema19, "threshold": schema20, "encryptedRackSecrets": schema21 }, additionalProperties: false };
const schema14: Schema = { type: "object", patternProperties: { "^c[0-9]{1,15}$": schema15 }, additionalProperties: false };
const schema30: Schema = { type: "integer", minimum: 1, maximum: 255 };
const schema29: Schema = { type: "object", required: ["x","sha3"], properties: { "x": schema30, "sha3": schema23, "y": schema23 }, additionalProperties: false };
const schema28: Schema = { type: "object", required: ["rackId","epoch","threshold","share","digests"], properties: { "rackId": schema7, "epoch": schema12, "threshold": schema20, "share": schema29, "digests": schema19 }, additionalProperties: false };
const schema27: Schema = { anyOf: [schema6, schema28] };
const schema32: Schema = { type: "string", pattern: pattern5 };
const schema31: Schema = { type: "array", items: schema32 };
const schema33: Schema = { type: "object", patternProperties: { "^[1-9][0-9]{0,15}$": schema29 }, additionalProperties: false };
const schema34: Schema = { type: "array", items: schema16 };
const schema36: Schema = { type: "object", required: ["epoch","from"], properties: { "epoch": schema16, "from": schema17 }, additionalProperties: false };
const schema35: Schema = { anyOf: [schema6, schema36] };
const schema26: Schema = { type: "object", required: ["lrtq","configs","shares","commits","expunged"], properties: { "lrtq": schema27, "configs": schema31, "shares": schema33, "commits": schema34, "expunged": schema35 }, additionalProperties: false };
const schema37: Schema = { type: "array", items: schema17 };
const schema41: Schema = { type: "string", const: "mismatchedConfigurations" };
const schema42: Schema = { type: "string", pattern: pattern7 };
const schema40: Schema = { type: "object", required: ["kind","config1","config2","from"], properties: { "kind": schema41, "config1": schema32, "config2": schema32, "from": schema42 }, additionalProperties: false };
const schema44: Schema = { type: "string", const: "shareComputationFailed" };
const schema45: Schema = { type: "string", pattern: pattern8 };
const schema43: Schema = { type: "object", required: ["kind","epoch","code"], properties: { "kind": schema44, "epoch": schema16, "code": schema45 }, additionalProperties: false };
const schema47: Schema = { type: "string", const: "committedConfigurationLost" };
const schema46: Schema = { type: "object", required: ["kind","latestCommittedEpoch","collectingEpoch"], properties: { "kind": schema47, "latestCommittedEpoch": schema16, "collectingEpoch": schema16 }, additionalProperties: false };
const schema49: Schema = { type: "string", const: "rackSecretDecryptionFailed" };
const schema48: Schema = { type: "object", required: ["kind","epoch","code"], properties: { "kind": schema49, "epoch": schema16, "code": schema45 }, additionalProperties: false };
const schema51: Schema = { type: "string", const: "rackSecretReconstructionFailed" };
const schema50: Schema = { type: "object", required: ["kind","epoch","code"], properties: { "kind": schema51, "epoch": schema16, "code": schema45 }, additionalProperties: false };
const schema53: Schema = { type: "string", const: "lrtqSecretReconstructionFailed" };
const schema52: Schema = { type: "object", required: ["kind","epoch","code"], properties: { "kind": schema53, "epoch": schema16, "code": schema45 }, additionalProperties: false };
const schema39: Schema = { anyOf: [schema40, schema43, schema46, schema48, schema50, schema52] };
const schema38: Schema = { type: "array", items: schema39 };
const schema58: Schema = { type: "string", const: "collectShares" };
const schema59: Schema = { type: "string", const: "collectLrtqShares" };
const schema57: Schema = { anyOf: [schema58, schema59] };
const schema56: Schema = { type: "object", required: ["epoch","lrtqUpgrade","operation","threshold","collected"], properties: { "epoch": schema16, "lrtqUpgrade": schema8, "operation": schema57, "threshold": schema20, "collected": schema37 }, additionalProperties: false };
const schema61: Schema = { type: "string", const: "prepare" };
const schema60: Schema = { type: "object", required: ["epoch","lrtqUpgrade","operation","acks"], properties: { "epoch": schema16, "lrtqUpgrade": schema8, "operation": schema61, "acks": schema37 }, additionalProperties: false };
const schema55: Schema = { anyOf: [schema56, schema60] };
const schema54: Schema = { anyOf: [schema6, schema55] };
const schema63: Schema = { type: "object", required: ["epoch","threshold","collected"], properties: { "epoch": schema16, "threshold": schema20, "collected": schema37 }, additionalProperties: false };
const schema62: Schema = { anyOf: [schema6, schema63] };
const schema68: Schema = { type: "string", const: "connect" };
const schema69: Schema = { type: "object", required: ["peer"], properties: { "peer": schema17 }, additionalProperties: false };
const schema73: Schema = { type: "string", const: "createShares" };
const schema72: Schema = { type: "object", required: ["op"], properties: { "op": schema73, "digests": schema19, "shares": schema19, "error": schema45 }, additionalProperties: false };
const schema75: Schema = { type: "string", const: "seal" };
const schema74: Schema = { type: "object", required: ["op","epoch"], properties: { "op": schema75, "epoch": schema16, "salt": schema23, "data": schema19, "error": schema45 }, additionalProperties: false };
const schema77: Schema = { type: "string", const: "recover" };
const schema76: Schema = { type: "object", required: ["op","epoch"], properties: { "op": schema77, "epoch": schema16, "epochs": schema34, "error": schema45 }, additionalProperties: false };
const schema79: Schema = { type: "string", const: "recoverLrtq" };
const schema78: Schema = { type: "object", required: ["op"], properties: { "op": schema79, "epochs": schema34, "error": schema45 }, additionalProperties: false };
const schema81: Schema = { type: "string", const: "computeShare" };
const schema80: Schema = { type: "object", required: ["op","x"], properties: { "op": schema81, "x": schema30, "share": schema29, "error": schema45 }, additionalProperties: false };
const schema71: Schema = { anyOf: [schema72, schema74, schema76, schema78, schema80] };
const schema70: Schema = { type: "array", items: schema71 };
const schema67: Schema = { type: "object", required: ["call","args"], properties: { "call": schema68, "args": schema69, "crypto": schema70 }, additionalProperties: false };
const schema83: Schema = { type: "string", const: "receive" };
const schema86: Schema = { type: "object", required: ["kind","config","share"], properties: { "kind": schema61, "rackId": schema7, "config": schema32, "share": schema29 }, additionalProperties: false };
const schema88: Schema = { type: "string", const: "prepareAck" };
const schema87: Schema = { type: "object", required: ["kind","epoch"], properties: { "kind": schema88, "rackId": schema7, "epoch": schema16 }, additionalProperties: false };
const schema90: Schema = { type: "string", const: "getShare" };
const schema89: Schema = { type: "object", required: ["kind","epoch"], properties: { "kind": schema90, "rackId": schema7, "epoch": schema16 }, additionalProperties: false };
const schema92: Schema = { type: "string", const: "share" };
const schema91: Schema = { type: "object", required: ["kind","epoch","share"], properties: { "kind": schema92, "rackId": schema7, "epoch": schema16, "share": schema29 }, additionalProperties: false };
const schema94: Schema = { type: "string", const: "getLrtqShare" };
const schema93: Schema = { type: "object", required: ["kind"], properties: { "kind": schema94, "rackId": schema7 }, additionalProperties: false };
const schema96: Schema = { type: "string", const: "lrtqShare" };
const schema95: Schema = { type: "object", required: ["kind","share"], properties: { "kind": schema96, "rackId": schema7, "share": schema29 }, additionalProperties: false };
const schema98: Schema = { type: "string", const: "expunged" };
const schema97: Schema = { type: "object", required: ["kind","epoch"], properties: { "kind": schema98, "rackId": schema7, "epoch": schema16 }, additionalProperties: false };
const schema100: Schema = { type: "string", const: "commitAdvance" };
const schema99: Schema = { type: "object", required: ["kind","config"], properties: { "kind": schema100, "rackId": schema7, "config": schema32 }, additionalProperties: false };
const schema85: Schema = { anyOf: [schema86, schema87, schema89, schema91, schema93, schema95, schema97, schema99] };
const schema84: Schema = { type: "object", required: ["from","message"], properties: { "from": schema17, "message": schema85 }, additionalProperties: false };
const schema82: Schema = { type: "object", required: ["call","args"], properties: { "call": schema83, "args": schema84, "crypto": schema70 }, additionalProperties: false };
const schema102: Schema = { type: "string", const: "coordinateReconfiguration" };
const schema104: Schema = { type: "number" };
const schema105: Schema = { type: "array", items: schema17, maxItems: 1024 };
const schema106: Schema = { anyOf: [schema6, schema104] };
const schema103: Schema = { type: "object", required: ["rackId","epoch","members","threshold","lastCommittedEpoch"], properties: { "rackId": schema7, "epoch": schema104, "members": schema105, "threshold": schema104, "lastCommittedEpoch": schema106 }, additionalProperties: false };
const schema101: Schema = { type: "object", required: ["call","args"], properties: { "call": schema102, "args": schema103, "crypto": schema70 }, additionalProperties: false };
const schema108: Schema = { type: "string", const: "coordinateUpgradeFromLrtq" };
const schema109: Schema = { type: "object", required: ["rackId","epoch","members","threshold"], properties: { "rackId": schema7, "epoch": schema104, "members": schema105, "threshold": schema104 }, additionalProperties: false };
const schema107: Schema = { type: "object", required: ["call","args"], properties: { "call": schema108, "args": schema109, "crypto": schema70 }, additionalProperties: false };
const schema111: Schema = { type: "string", const: "commit" };
const schema112: Schema = { type: "object", required: ["rackId","epoch"], properties: { "rackId": schema7, "epoch": schema104 }, additionalProperties: false };
const schema110: Schema = { type: "object", required: ["call","args"], properties: { "call": schema111, "args": schema112, "crypto": schema70 }, additionalProperties: false };
const schema114: Schema = { type: "string", const: "prepareAndCommit" };
const schema115: Schema = { type: "object", required: ["config"], properties: { "config": schema32 }, additionalProperties: false };
const schema113: Schema = { type: "object", required: ["call","args"], properties: { "call": schema114, "args": schema115, "crypto": schema70 }, additionalProperties: false };
const schema117: Schema = { type: "string", const: "loadRackSecret" };
const schema118: Schema = { type: "object", required: ["epoch"], properties: { "epoch": schema104 }, additionalProperties: false };
const schema116: Schema = { type: "object", required: ["call","args"], properties: { "call": schema117, "args": schema118, "crypto": schema70 }, additionalProperties: false };
const schema66: Schema = { anyOf: [schema67, schema82, schema101, schema107, schema110, schema113, schema116] };
const schema65: Schema = { type: "array", items: schema66 };
const schema64: Schema = { type: "object", required: ["generation","state","calls"], properties: { "generation": schema12, "state": schema26, "calls": schema65 }, additionalProperties: false };
const schema25: Schema = { type: "object", required: ["id","generation","state","digest"], properties: { "id": schema17, "generation": schema12, "state": schema26, "digest": schema23, "connected": schema37, "alarms": schema38, "coordinating": schema54, "computing": schema62, "collecting": schema62, "loaded": schema34, "memory": schema64, "unverifiable": schema4 }, additionalProperties: false };
const schema24: Schema = { type: "array", items: schema25 };
const schema120: Schema = { anyOf: [schema4, schema104] };
const schema121: Schema = {  };
const schema119: Schema = { type: "object", required: ["seed","options"], properties: { "seed": schema120, "options": schema121 }, additionalProperties: false };
const schema1: Schema = { type: "object", required: ["trustQuorumLog","producer","rackId","secrets","clock","first","nodes"], properties: { "trustQuorumLog": schema2, "producer": schema3, "rackId": schema5, "secrets": schema8, "clock": schema9, "first": schema12, "sparse": schema13, "configs": schema14, "nodes": schema24, "simulation": schema119 }, additionalProperties: false };
const schema125: Schema = { type: "string", const: "crash" };
const schema124: Schema = { type: "object", required: ["kind","node"], properties: { "kind": schema125, "node": schema17, "text": schema4 }, additionalProperties: false };
const schema127: Schema = { type: "string", const: "link" };
const schema126: Schema = { type: "object", required: ["kind","a","b","up"], properties: { "kind": schema127, "a": schema17, "b": schema17, "up": schema8, "oneWay": schema13 }, additionalProperties: false };
const schema129: Schema = { type: "string", const: "partition" };
const schema130: Schema = { type: "array", items: schema37 };
const schema128: Schema = { type: "object", required: ["kind","groups"], properties: { "kind": schema129, "groups": schema130 }, additionalProperties: false };
const schema132: Schema = { type: "string", const: "lost" };
const schema131: Schema = { type: "object", required: ["kind","from","to","message"], properties: { "kind": schema132, "from": schema17, "to": schema17, "message": schema4, "epoch": schema16 }, additionalProperties: false };
const schema134: Schema = { type: "string", const: "fault" };
const schema133: Schema = { type: "object", required: ["kind","name"], properties: { "kind": schema134, "name": schema4, "node": schema17, "peer": schema17, "text": schema4 }, additionalProperties: false };
const schema136: Schema = { type: "string", const: "decision" };
const schema135: Schema = { type: "object", required: ["kind","by","text"], properties: { "kind": schema136, "by": schema4, "text": schema4, "epoch": schema16, "node": schema17 }, additionalProperties: false };
const schema138: Schema = { type: "string", const: "text" };
const schema137: Schema = { type: "object", required: ["kind","text"], properties: { "kind": schema138, "text": schema4, "node": schema17 }, additionalProperties: false };
const schema123: Schema = { anyOf: [schema124, schema126, schema128, schema131, schema133, schema135, schema137] };
const schema122: Schema = { type: "object", required: ["index","time","annotation"], properties: { "index": schema12, "time": schema104, "configs": schema14, "annotation": schema123 }, additionalProperties: false };
const schema140: Schema = { anyOf: [schema6, schema69] };
const schema142: Schema = { type: "string", const: "committed" };
const schema143: Schema = { type: "string", const: "pending" };
const schema144: Schema = { type: "string", const: "loaded" };
const schema146: Schema = { type: "object", patternProperties: { "^.*$": schema121 } };
const schema145: Schema = { type: "object", required: ["error","details"], properties: { "error": schema45, "details": schema146 }, additionalProperties: false };
const schema147: Schema = { type: "object", required: ["thrown"], properties: { "thrown": schema4 }, additionalProperties: false };
const schema141: Schema = { anyOf: [schema142, schema143, schema144, schema145, schema147] };
const schema150: Schema = { type: "object", required: ["to","message"], properties: { "to": schema17, "message": schema85 }, additionalProperties: false };
const schema154: Schema = { type: "string", const: "refused" };
const schema155: Schema = { type: "string", pattern: pattern9 };
const schema153: Schema = { type: "object", required: ["kind","reason","from","epoch"], properties: { "kind": schema154, "reason": schema155, "from": schema42, "epoch": schema106, "code": schema45 }, additionalProperties: false };
const schema156: Schema = { type: "object", required: ["kind","epoch"], properties: { "kind": schema142, "epoch": schema16 }, additionalProperties: false };
const schema158: Schema = { type: "string", const: "rackSecretsReady" };
const schema157: Schema = { type: "object", required: ["kind","epoch"], properties: { "kind": schema158, "epoch": schema16 }, additionalProperties: false };
const schema159: Schema = { type: "object", required: ["kind","epoch","from"], properties: { "kind": schema98, "epoch": schema16, "from": schema17 }, additionalProperties: false };
const schema161: Schema = { type: "string", const: "alarm" };
const schema160: Schema = { type: "object", required: ["kind","alarm"], properties: { "kind": schema161, "alarm": schema39 }, additionalProperties: false };
const schema152: Schema = { anyOf: [schema153, schema156, schema157, schema159, schema160] };
const schema151: Schema = { type: "object", required: ["event"], properties: { "event": schema152 }, additionalProperties: false };
const schema162: Schema = { type: "object", required: ["persist"], properties: { "persist": schema12 }, additionalProperties: false };
const schema149: Schema = { anyOf: [schema150, schema151, schema162] };
const schema148: Schema = { type: "array", items: schema149 };
const schema163: Schema = { type: "object", required: ["generation","digest"], properties: { "generation": schema12, "digest": schema23, "configs": schema31, "shares": schema33, "commits": schema34, "expunged": schema36 }, additionalProperties: false };
const schema139: Schema = { type: "object", required: ["index","time","node","call"], properties: { "index": schema12, "time": schema104, "configs": schema14, "node": schema17, "call": schema68, "args": schema140, "result": schema141, "out": schema148, "undrained": schema13, "state": schema163, "coordinating": schema54, "computing": schema62, "collecting": schema62, "loaded": schema34, "crypto": schema70 }, additionalProperties: false };
const schema165: Schema = { type: "string", const: "disconnect" };
const schema164: Schema = { type: "object", required: ["index","time","node","call"], properties: { "index": schema12, "time": schema104, "configs": schema14, "node": schema17, "call": schema165, "args": schema140, "result": schema141, "out": schema148, "undrained": schema13, "state": schema163, "coordinating": schema54, "computing": schema62, "collecting": schema62, "loaded": schema34, "crypto": schema70 }, additionalProperties: false };
const schema167: Schema = { anyOf: [schema6, schema84] };
const schema166: Schema = { type: "object", required: ["index","time","node","call"], properties: { "index": schema12, "time": schema104, "configs": schema14, "node": schema17, "call": schema83, "args": schema167, "result": schema141, "out": schema148, "undrained": schema13, "state": schema163, "coordinating": schema54, "computing": schema62, "collecting": schema62, "loaded": schema34, "crypto": schema70 }, additionalProperties: false };
const schema169: Schema = { type: "string", const: "refuseUndecodable" };
const schema171: Schema = { type: "object", required: ["from","code"], properties: { "from": schema17, "code": schema45 }, additionalProperties: false };
const schema170: Schema = { anyOf: [schema6, schema171] };
const schema168: Schema = { type: "object", required: ["index","time","node","call"], properties: { "index": schema12, "time": schema104, "configs": schema14, "node": schema17, "call": schema169, "args": schema170, "result": schema141, "out": schema148, "undrained": schema13, "state": schema163, "coordinating": schema54, "computing": schema62, "collecting": schema62, "loaded": schema34, "crypto": schema70 }, additionalProperties: false };
const schema173: Schema = { type: "string", const: "tick" };
const schema175: Schema = { type: "object", properties: {  }, additionalProperties: false };
const schema174: Schema = { anyOf: [schema6, schema175] };
const schema172: Schema = { type: "object", required: ["index","time","node","call"], properties: { "index": schema12, "time": schema104, "configs": schema14, "node": schema17, "call": schema173, "args": schema174, "result": schema141, "out": schema148, "undrained": schema13, "state": schema163, "coordinating": schema54, "computing": schema62, "collecting": schema62, "loaded": schema34, "crypto": schema70 }, additionalProperties: false };
const schema177: Schema = { type: "string", const: "clearSecrets" };
const schema176: Schema = { type: "object", required: ["index","time","node","call"], properties: { "index": schema12, "time": schema104, "configs": schema14, "node": schema17, "call": schema177, "args": schema174, "result": schema141, "out": schema148, "undrained": schema13, "state": schema163, "coordinating": schema54, "computing": schema62, "collecting": schema62, "loaded": schema34, "crypto": schema70 }, additionalProperties: false };
const schema179: Schema = { type: "string", const: "drain" };
const schema178: Schema = { type: "object", required: ["index","time","node","call"], properties: { "index": schema12, "time": schema104, "configs": schema14, "node": schema17, "call": schema179, "args": schema174, "result": schema141, "out": schema148, "undrained": schema13, "state": schema163, "coordinating": schema54, "computing": schema62, "collecting": schema62, "loaded": schema34, "crypto": schema70 }, additionalProperties: false };
const schema181: Schema = { type: "string", const: "persisted" };
const schema183: Schema = { type: "object", required: ["generation"], properties: { "generation": schema12 }, additionalProperties: false };
const schema182: Schema = { anyOf: [schema6, schema183] };
const schema180: Schema = { type: "object", required: ["index","time","node","call"], properties: { "index": schema12, "time": schema104, "configs": schema14, "node": schema17, "call": schema181, "args": schema182, "result": schema141, "out": schema148, "undrained": schema13, "state": schema163, "coordinating": schema54, "computing": schema62, "collecting": schema62, "loaded": schema34, "crypto": schema70 }, additionalProperties: false };
const schema185: Schema = { type: "string", const: "restart" };
const schema187: Schema = { type: "object", required: ["generation","state","digest"], properties: { "generation": schema12, "state": schema26, "digest": schema23 }, additionalProperties: false };
const schema186: Schema = { anyOf: [schema6, schema187] };
const schema184: Schema = { type: "object", required: ["index","time","node","call"], properties: { "index": schema12, "time": schema104, "configs": schema14, "node": schema17, "call": schema185, "args": schema186, "result": schema141, "out": schema148, "undrained": schema13, "state": schema163, "coordinating": schema54, "computing": schema62, "collecting": schema62, "loaded": schema34, "crypto": schema70 }, additionalProperties: false };
const schema189: Schema = { anyOf: [schema6, schema103] };
const schema188: Schema = { type: "object", required: ["index","time","node","call"], properties: { "index": schema12, "time": schema104, "configs": schema14, "node": schema17, "call": schema102, "args": schema189, "result": schema141, "out": schema148, "undrained": schema13, "state": schema163, "coordinating": schema54, "computing": schema62, "collecting": schema62, "loaded": schema34, "crypto": schema70 }, additionalProperties: false };
const schema191: Schema = { anyOf: [schema6, schema109] };
const schema190: Schema = { type: "object", required: ["index","time","node","call"], properties: { "index": schema12, "time": schema104, "configs": schema14, "node": schema17, "call": schema108, "args": schema191, "result": schema141, "out": schema148, "undrained": schema13, "state": schema163, "coordinating": schema54, "computing": schema62, "collecting": schema62, "loaded": schema34, "crypto": schema70 }, additionalProperties: false };
const schema193: Schema = { anyOf: [schema6, schema112] };
const schema192: Schema = { type: "object", required: ["index","time","node","call"], properties: { "index": schema12, "time": schema104, "configs": schema14, "node": schema17, "call": schema111, "args": schema193, "result": schema141, "out": schema148, "undrained": schema13, "state": schema163, "coordinating": schema54, "computing": schema62, "collecting": schema62, "loaded": schema34, "crypto": schema70 }, additionalProperties: false };
const schema195: Schema = { anyOf: [schema6, schema115] };
const schema194: Schema = { type: "object", required: ["index","time","node","call"], properties: { "index": schema12, "time": schema104, "configs": schema14, "node": schema17, "call": schema114, "args": schema195, "result": schema141, "out": schema148, "undrained": schema13, "state": schema163, "coordinating": schema54, "computing": schema62, "collecting": schema62, "loaded": schema34, "crypto": schema70 }, additionalProperties: false };
const schema197: Schema = { anyOf: [schema6, schema118] };
const schema196: Schema = { type: "object", required: ["index","time","node","call"], properties: { "index": schema12, "time": schema104, "configs": schema14, "node": schema17, "call": schema117, "args": schema197, "result": schema141, "out": schema148, "undrained": schema13, "state": schema163, "coordinating": schema54, "computing": schema62, "collecting": schema62, "loaded": schema34, "crypto": schema70 }, additionalProperties: false };

export const LINE_VALIDATORS: { readonly [name in "header" | "annotation"]: Validator } = {
  "header": { check: is1, schema: schema1 },
  "annotation": { check: is84, schema: schema122 },
};

export const CALL_VALIDATORS: { readonly [name in "connect" | "disconnect" | "receive" | "refuseUndecodable" | "tick" | "clearSecrets" | "drain" | "persisted" | "restart" | "coordinateReconfiguration" | "coordinateUpgradeFromLrtq" | "commit" | "prepareAndCommit" | "loadRackSecret"]: Validator } = {
  "connect": { check: is94, schema: schema139 },
  "disconnect": { check: is113, schema: schema164 },
  "receive": { check: is114, schema: schema166 },
  "refuseUndecodable": { check: is116, schema: schema168 },
  "tick": { check: is119, schema: schema172 },
  "clearSecrets": { check: is122, schema: schema176 },
  "drain": { check: is123, schema: schema178 },
  "persisted": { check: is124, schema: schema180 },
  "restart": { check: is127, schema: schema184 },
  "coordinateReconfiguration": { check: is130, schema: schema188 },
  "coordinateUpgradeFromLrtq": { check: is132, schema: schema190 },
  "commit": { check: is134, schema: schema192 },
  "prepareAndCommit": { check: is136, schema: schema194 },
  "loadRackSecret": { check: is138, schema: schema196 },
};
