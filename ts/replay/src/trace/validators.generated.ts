/**
 * Validators of what `schema.ts` describes.
 *
 * Written by `npm run validators` (`scripts/build-validators.ts`); not to be edited.
 */
/* eslint-disable */
import type { Schema, Validator } from "@trust-quorum/event-log/format";

const pattern1 = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;
const pattern2 = /^[0-9a-f]{64}$/u;
const pattern3 = /^[^:\u0000-\u001f\u007f-\u009f]{1,64}:[^:\u0000-\u001f\u007f-\u009f]{1,64}$/u;
const pattern4 = /^([0-9a-f]{2})*$/u;
const pattern5 = /^.*$/u;
const pattern6 = /^[0-9a-f]{66}$/u;

const is2 = (value: any): boolean => Number.isInteger(value) && value >= 0 && value <= 9007199254740991;
const is3 = (value: any): boolean => typeof value === "string" && pattern1.test(value);
const is5 = (value: any): boolean => typeof value === "string" && pattern2.test(value);
const is4 = (value: any): boolean => value === null || is5(value);
const is7 = (value: any): boolean => typeof value === "string" && pattern3.test(value);
function is6(list: any): boolean {
  for (const one of list) if (!is7(one)) return false;
  return true;
}
const is13 = (value: any): boolean => Number.isInteger(value) && value >= 0 && value <= 255;
function is12(list: any): boolean {
  for (const one of list) if (!is13(one)) return false;
  return true;
}
function is14(list: any): boolean {
  for (const one of list) if (!(Array.isArray(one) && is12(one))) return false;
  return true;
}
function is11(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "rack_uuid": if (!(typeof field === "string")) return false; required++; break;
      case "epoch": if (!is2(field)) return false; required++; break;
      case "threshold": if (!is2(field)) return false; required++; break;
      case "share": if (!(Array.isArray(field) && is12(field))) return false; required++; break;
      case "share_digests": if (!(Array.isArray(field) && is14(field))) return false; required++; break;
      default: return false;
    }
  }
  return required === 5;
}
const is10 = (value: any): boolean => value === null || is11(value);
function is17(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "part_number": if (!(typeof field === "string")) return false; required++; break;
      case "serial_number": if (!(typeof field === "string")) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
function is18(list: any): boolean {
  for (const one of list) if (!(Array.isArray(one) && one.length >= 2 && one.length <= 2 && is17(one[0]) && is5(one[1]))) return false;
  return true;
}
const is21 = (value: any): boolean => typeof value === "string" && pattern4.test(value);
function is20(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "salt": if (!is5(field)) return false; required++; break;
      case "data": if (!is21(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
const is19 = (value: any): boolean => value === null || is20(value);
function is16(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "rack_id": if (!(typeof field === "string")) return false; required++; break;
      case "epoch": if (!is2(field)) return false; required++; break;
      case "coordinator": if (!is17(field)) return false; required++; break;
      case "members": if (!(Array.isArray(field) && is18(field))) return false; required++; break;
      case "threshold": if (!is2(field)) return false; required++; break;
      case "encrypted_rack_secrets": if (!is19(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 6;
}
function is15(list: any): boolean {
  for (const one of list) if (!is16(one)) return false;
  return true;
}
function is23(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "x_coordinate": if (!is13(field)) return false; required++; break;
      case "y_coordinates": if (!(Array.isArray(field) && is12(field))) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
function is22(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  for (const key in value) {
    const field = value[key];
    if (pattern5.test(key) && !is23(field)) return false;
  }
  return true;
}
function is24(list: any): boolean {
  for (const one of list) if (!is2(one)) return false;
  return true;
}
function is26(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "epoch": if (!is2(field)) return false; required++; break;
      case "from": if (!is17(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
const is25 = (value: any): boolean => value === null || is26(value);
function is9(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "lrtq": if (!is10(field)) return false; required++; break;
      case "configs": if (!(Array.isArray(field) && is15(field))) return false; required++; break;
      case "shares": if (!is22(field)) return false; required++; break;
      case "commits": if (!(Array.isArray(field) && is24(field))) return false; required++; break;
      case "expunged": if (!is25(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 5;
}
function is8(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  for (const key in value) {
    const field = value[key];
    if (pattern5.test(key) && !is9(field)) return false;
  }
  return true;
}
function is1(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "trace": if (!(field === 1)) return false; required++; break;
      case "seed": if (!is2(field)) return false; required++; break;
      case "rack_id": if (!is3(field)) return false; required++; break;
      case "from_lrtq": if (!(typeof field === "boolean")) return false; required++; break;
      case "lrtq_secret": if (!is4(field)) return false; required++; break;
      case "hostile": if (field !== undefined && !(typeof field === "boolean")) return false; break;
      case "nodes": if (!(Array.isArray(field) && is6(field))) return false; required++; break;
      case "initial": if (!is8(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 7;
}
function is29(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "state_sha3": if (!is5(field)) return false; required++; break;
      case "commits": if (!(Array.isArray(field) && is24(field))) return false; required++; break;
      case "expunged": if (!(typeof field === "boolean")) return false; required++; break;
      case "alarms": if (!is2(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 4;
}
function is28(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  for (const key in value) {
    const field = value[key];
    if (pattern5.test(key) && !is29(field)) return false;
  }
  return true;
}
function is27(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "final": if (!is28(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 1;
}
function is31(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "peer": if (!is7(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 1;
}
function is33(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "secret": if (!is5(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 1;
}
function is34(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "error": if (!(typeof field === "string")) return false; required++; break;
      case "detail": if (!(typeof field === "string")) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
const is32 = (value: any): boolean => value === "ok" || value === "pending" || is33(value) || is34(value);
function is36(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "to": if (!is7(field)) return false; required++; break;
      case "msg": if (!is21(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
function is35(list: any): boolean {
  for (const one of list) if (!is36(one)) return false;
  return true;
}
function is37(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "epoch": if (!is2(field)) return false; required++; break;
      case "op": if (!(typeof field === "string")) return false; required++; break;
      case "acked": if (!(Array.isArray(field) && is6(field))) return false; required++; break;
      default: return false;
    }
  }
  return required === 3;
}
const is40 = (value: any): boolean => typeof value === "string" && pattern6.test(value);
function is39(list: any): boolean {
  for (const one of list) if (!is40(one)) return false;
  return true;
}
function is38(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "rack_secret": if (field !== undefined && !is5(field)) return false; break;
      case "shares": if (field !== undefined && !(Array.isArray(field) && is39(field))) return false; break;
      case "salt": if (field !== undefined && !is5(field)) return false; break;
      default: return false;
    }
  }
  return true;
}
function is30(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "node": if (!is7(field)) return false; required++; break;
      case "call": if (!(field === "onConnect")) return false; required++; break;
      case "args": if (!is31(field)) return false; required++; break;
      case "result": if (field !== undefined && !is32(field)) return false; break;
      case "sent": if (field !== undefined && !(Array.isArray(field) && is35(field))) return false; break;
      case "state_sha3": if (field !== undefined && !is5(field)) return false; break;
      case "coordinating": if (field !== undefined && !is37(field)) return false; break;
      case "computing_share": if (field !== undefined && !(typeof field === "boolean")) return false; break;
      case "random": if (field !== undefined && !is38(field)) return false; break;
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
      case "node": if (!is7(field)) return false; required++; break;
      case "call": if (!(field === "onDisconnect")) return false; required++; break;
      case "args": if (!is31(field)) return false; required++; break;
      case "result": if (field !== undefined && !is32(field)) return false; break;
      case "sent": if (field !== undefined && !(Array.isArray(field) && is35(field))) return false; break;
      case "state_sha3": if (field !== undefined && !is5(field)) return false; break;
      case "coordinating": if (field !== undefined && !is37(field)) return false; break;
      case "computing_share": if (field !== undefined && !(typeof field === "boolean")) return false; break;
      case "random": if (field !== undefined && !is38(field)) return false; break;
      default: return false;
    }
  }
  return required === 3;
}
function is43(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  for (const _key in value) {
    return false;
  }
  return true;
}
function is42(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "node": if (!is7(field)) return false; required++; break;
      case "call": if (!(field === "restart")) return false; required++; break;
      case "args": if (field !== undefined && !is43(field)) return false; break;
      case "result": if (field !== undefined && !is32(field)) return false; break;
      case "sent": if (field !== undefined && !(Array.isArray(field) && is35(field))) return false; break;
      case "state_sha3": if (field !== undefined && !is5(field)) return false; break;
      case "coordinating": if (field !== undefined && !is37(field)) return false; break;
      case "computing_share": if (field !== undefined && !(typeof field === "boolean")) return false; break;
      case "random": if (field !== undefined && !is38(field)) return false; break;
      default: return false;
    }
  }
  return required === 2;
}
function is44(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "node": if (!is7(field)) return false; required++; break;
      case "call": if (!(field === "clearSecrets")) return false; required++; break;
      case "args": if (field !== undefined && !is43(field)) return false; break;
      case "result": if (field !== undefined && !is32(field)) return false; break;
      case "sent": if (field !== undefined && !(Array.isArray(field) && is35(field))) return false; break;
      case "state_sha3": if (field !== undefined && !is5(field)) return false; break;
      case "coordinating": if (field !== undefined && !is37(field)) return false; break;
      case "computing_share": if (field !== undefined && !(typeof field === "boolean")) return false; break;
      case "random": if (field !== undefined && !is38(field)) return false; break;
      default: return false;
    }
  }
  return required === 2;
}
function is46(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "from": if (!is7(field)) return false; required++; break;
      case "msg": if (!is21(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
function is45(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "node": if (!is7(field)) return false; required++; break;
      case "call": if (!(field === "handle")) return false; required++; break;
      case "args": if (!is46(field)) return false; required++; break;
      case "result": if (field !== undefined && !is32(field)) return false; break;
      case "sent": if (field !== undefined && !(Array.isArray(field) && is35(field))) return false; break;
      case "state_sha3": if (field !== undefined && !is5(field)) return false; break;
      case "coordinating": if (field !== undefined && !is37(field)) return false; break;
      case "computing_share": if (field !== undefined && !(typeof field === "boolean")) return false; break;
      case "random": if (field !== undefined && !is38(field)) return false; break;
      default: return false;
    }
  }
  return required === 3;
}
function is49(list: any): boolean {
  for (const one of list) if (!is17(one)) return false;
  return true;
}
const is50 = (value: any): boolean => value === null || is2(value);
function is48(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "rack_id": if (!(typeof field === "string")) return false; required++; break;
      case "epoch": if (!is2(field)) return false; required++; break;
      case "members": if (!(Array.isArray(field) && is49(field))) return false; required++; break;
      case "threshold": if (!is2(field)) return false; required++; break;
      case "last_committed_epoch": if (!is50(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 5;
}
function is47(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "node": if (!is7(field)) return false; required++; break;
      case "call": if (!(field === "coordinateReconfiguration")) return false; required++; break;
      case "args": if (!is48(field)) return false; required++; break;
      case "result": if (field !== undefined && !is32(field)) return false; break;
      case "sent": if (field !== undefined && !(Array.isArray(field) && is35(field))) return false; break;
      case "state_sha3": if (field !== undefined && !is5(field)) return false; break;
      case "coordinating": if (field !== undefined && !is37(field)) return false; break;
      case "computing_share": if (field !== undefined && !(typeof field === "boolean")) return false; break;
      case "random": if (field !== undefined && !is38(field)) return false; break;
      default: return false;
    }
  }
  return required === 3;
}
function is52(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "rack_id": if (!(typeof field === "string")) return false; required++; break;
      case "epoch": if (!is2(field)) return false; required++; break;
      case "members": if (!(Array.isArray(field) && is49(field))) return false; required++; break;
      case "threshold": if (!is2(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 4;
}
function is51(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "node": if (!is7(field)) return false; required++; break;
      case "call": if (!(field === "coordinateUpgradeFromLrtq")) return false; required++; break;
      case "args": if (!is52(field)) return false; required++; break;
      case "result": if (field !== undefined && !is32(field)) return false; break;
      case "sent": if (field !== undefined && !(Array.isArray(field) && is35(field))) return false; break;
      case "state_sha3": if (field !== undefined && !is5(field)) return false; break;
      case "coordinating": if (field !== undefined && !is37(field)) return false; break;
      case "computing_share": if (field !== undefined && !(typeof field === "boolean")) return false; break;
      case "random": if (field !== undefined && !is38(field)) return false; break;
      default: return false;
    }
  }
  return required === 3;
}
function is54(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "rack_id": if (!(typeof field === "string")) return false; required++; break;
      case "epoch": if (!is2(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 2;
}
function is53(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "node": if (!is7(field)) return false; required++; break;
      case "call": if (!(field === "commit")) return false; required++; break;
      case "args": if (!is54(field)) return false; required++; break;
      case "result": if (field !== undefined && !is32(field)) return false; break;
      case "sent": if (field !== undefined && !(Array.isArray(field) && is35(field))) return false; break;
      case "state_sha3": if (field !== undefined && !is5(field)) return false; break;
      case "coordinating": if (field !== undefined && !is37(field)) return false; break;
      case "computing_share": if (field !== undefined && !(typeof field === "boolean")) return false; break;
      case "random": if (field !== undefined && !is38(field)) return false; break;
      default: return false;
    }
  }
  return required === 3;
}
function is56(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "config": if (!is16(field)) return false; required++; break;
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
      case "node": if (!is7(field)) return false; required++; break;
      case "call": if (!(field === "prepareAndCommit")) return false; required++; break;
      case "args": if (!is56(field)) return false; required++; break;
      case "result": if (field !== undefined && !is32(field)) return false; break;
      case "sent": if (field !== undefined && !(Array.isArray(field) && is35(field))) return false; break;
      case "state_sha3": if (field !== undefined && !is5(field)) return false; break;
      case "coordinating": if (field !== undefined && !is37(field)) return false; break;
      case "computing_share": if (field !== undefined && !(typeof field === "boolean")) return false; break;
      case "random": if (field !== undefined && !is38(field)) return false; break;
      default: return false;
    }
  }
  return required === 3;
}
function is58(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "epoch": if (!is2(field)) return false; required++; break;
      default: return false;
    }
  }
  return required === 1;
}
function is57(value: any): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = value[key];
    switch (key) {
      case "node": if (!is7(field)) return false; required++; break;
      case "call": if (!(field === "loadRackSecret")) return false; required++; break;
      case "args": if (!is58(field)) return false; required++; break;
      case "result": if (field !== undefined && !is32(field)) return false; break;
      case "sent": if (field !== undefined && !(Array.isArray(field) && is35(field))) return false; break;
      case "state_sha3": if (field !== undefined && !is5(field)) return false; break;
      case "coordinating": if (field !== undefined && !is37(field)) return false; break;
      case "computing_share": if (field !== undefined && !(typeof field === "boolean")) return false; break;
      case "random": if (field !== undefined && !is38(field)) return false; break;
      default: return false;
    }
  }
  return required === 3;
}

const schema2: Schema = { type: "number", const: 1 };
const schema3: Schema = { type: "integer", minimum: 0, maximum: 9007199254740991 };
const schema4: Schema = { type: "string", pattern: pattern1 };
const schema5: Schema = { type: "boolean" };
const schema7: Schema = { type: "null" };
const schema8: Schema = { type: "string", pattern: pattern2 };
const schema6: Schema = { anyOf: [schema7, schema8] };
const schema10: Schema = { type: "string", pattern: pattern3 };
const schema9: Schema = { type: "array", items: schema10 };
const schema15: Schema = { type: "string" };
const schema17: Schema = { type: "integer", minimum: 0, maximum: 255 };
const schema16: Schema = { type: "array", items: schema17 };
const schema18: Schema = { type: "array", items: schema16 };
const schema14: Schema = { type: "object", required: ["rack_uuid","epoch","threshold","share","share_digests"], properties: { "rack_uuid": schema15, "epoch": schema3, "threshold": schema3, "share": schema16, "share_digests": schema18 }, additionalProperties: false };
const schema13: Schema = { anyOf: [schema7, schema14] };
const schema21: Schema = { type: "object", required: ["part_number","serial_number"], properties: { "part_number": schema15, "serial_number": schema15 }, additionalProperties: false };
const schema23: Schema = { type: "array", additionalItems: false, items: [schema21, schema8], minItems: 2 };
const schema22: Schema = { type: "array", items: schema23 };
const schema26: Schema = { type: "string", pattern: pattern4 };
const schema25: Schema = { type: "object", required: ["salt","data"], properties: { "salt": schema8, "data": schema26 }, additionalProperties: false };
const schema24: Schema = { anyOf: [schema7, schema25] };
const schema20: Schema = { type: "object", required: ["rack_id","epoch","coordinator","members","threshold","encrypted_rack_secrets"], properties: { "rack_id": schema15, "epoch": schema3, "coordinator": schema21, "members": schema22, "threshold": schema3, "encrypted_rack_secrets": schema24 }, additionalProperties: false };
const schema19: Schema = { type: "array", items: schema20 };
const schema28: Schema = { type: "object", required: ["x_coordinate","y_coordinates"], properties: { "x_coordinate": schema17, "y_coordinates": schema16 }, additionalProperties: false };
const schema27: Schema = { type: "object", patternProperties: { "^.*$": schema28 } };
const schema29: Schema = { type: "array", items: schema3 };
const schema31: Schema = { type: "object", required: ["epoch","from"], properties: { "epoch": schema3, "from": schema21 }, additionalProperties: false };
const schema30: Schema = { anyOf: [schema7, schema31] };
const schema12: Schema = { type: "object", required: ["lrtq","configs","shares","commits","expunged"], properties: { "lrtq": schema13, "configs": schema19, "shares": schema27, "commits": schema29, "expunged": schema30 }, additionalProperties: false };
const schema11: Schema = { type: "object", patternProperties: { "^.*$": schema12 } };
const schema1: Schema = { type: "object", required: ["trace","seed","rack_id","from_lrtq","lrtq_secret","nodes","initial"], properties: { "trace": schema2, "seed": schema3, "rack_id": schema4, "from_lrtq": schema5, "lrtq_secret": schema6, "hostile": schema5, "nodes": schema9, "initial": schema11 }, additionalProperties: false };
const schema34: Schema = { type: "object", required: ["state_sha3","commits","expunged","alarms"], properties: { "state_sha3": schema8, "commits": schema29, "expunged": schema5, "alarms": schema3 }, additionalProperties: false };
const schema33: Schema = { type: "object", patternProperties: { "^.*$": schema34 } };
const schema32: Schema = { type: "object", required: ["final"], properties: { "final": schema33 }, additionalProperties: false };
const schema36: Schema = { type: "string", const: "onConnect" };
const schema37: Schema = { type: "object", required: ["peer"], properties: { "peer": schema10 }, additionalProperties: false };
const schema39: Schema = { type: "string", const: "ok" };
const schema40: Schema = { type: "string", const: "pending" };
const schema41: Schema = { type: "object", required: ["secret"], properties: { "secret": schema8 }, additionalProperties: false };
const schema42: Schema = { type: "object", required: ["error","detail"], properties: { "error": schema15, "detail": schema15 }, additionalProperties: false };
const schema38: Schema = { anyOf: [schema39, schema40, schema41, schema42] };
const schema44: Schema = { type: "object", required: ["to","msg"], properties: { "to": schema10, "msg": schema26 }, additionalProperties: false };
const schema43: Schema = { type: "array", items: schema44 };
const schema45: Schema = { type: "object", required: ["epoch","op","acked"], properties: { "epoch": schema3, "op": schema15, "acked": schema9 }, additionalProperties: false };
const schema48: Schema = { type: "string", pattern: pattern6 };
const schema47: Schema = { type: "array", items: schema48 };
const schema46: Schema = { type: "object", properties: { "rack_secret": schema8, "shares": schema47, "salt": schema8 }, additionalProperties: false };
const schema35: Schema = { type: "object", required: ["node","call","args"], properties: { "node": schema10, "call": schema36, "args": schema37, "result": schema38, "sent": schema43, "state_sha3": schema8, "coordinating": schema45, "computing_share": schema5, "random": schema46 }, additionalProperties: false };
const schema50: Schema = { type: "string", const: "onDisconnect" };
const schema49: Schema = { type: "object", required: ["node","call","args"], properties: { "node": schema10, "call": schema50, "args": schema37, "result": schema38, "sent": schema43, "state_sha3": schema8, "coordinating": schema45, "computing_share": schema5, "random": schema46 }, additionalProperties: false };
const schema52: Schema = { type: "string", const: "restart" };
const schema53: Schema = { type: "object", properties: {  }, additionalProperties: false };
const schema51: Schema = { type: "object", required: ["node","call"], properties: { "node": schema10, "call": schema52, "args": schema53, "result": schema38, "sent": schema43, "state_sha3": schema8, "coordinating": schema45, "computing_share": schema5, "random": schema46 }, additionalProperties: false };
const schema55: Schema = { type: "string", const: "clearSecrets" };
const schema54: Schema = { type: "object", required: ["node","call"], properties: { "node": schema10, "call": schema55, "args": schema53, "result": schema38, "sent": schema43, "state_sha3": schema8, "coordinating": schema45, "computing_share": schema5, "random": schema46 }, additionalProperties: false };
const schema57: Schema = { type: "string", const: "handle" };
const schema58: Schema = { type: "object", required: ["from","msg"], properties: { "from": schema10, "msg": schema26 }, additionalProperties: false };
const schema56: Schema = { type: "object", required: ["node","call","args"], properties: { "node": schema10, "call": schema57, "args": schema58, "result": schema38, "sent": schema43, "state_sha3": schema8, "coordinating": schema45, "computing_share": schema5, "random": schema46 }, additionalProperties: false };
const schema60: Schema = { type: "string", const: "coordinateReconfiguration" };
const schema62: Schema = { type: "array", items: schema21 };
const schema63: Schema = { anyOf: [schema7, schema3] };
const schema61: Schema = { type: "object", required: ["rack_id","epoch","members","threshold","last_committed_epoch"], properties: { "rack_id": schema15, "epoch": schema3, "members": schema62, "threshold": schema3, "last_committed_epoch": schema63 }, additionalProperties: false };
const schema59: Schema = { type: "object", required: ["node","call","args"], properties: { "node": schema10, "call": schema60, "args": schema61, "result": schema38, "sent": schema43, "state_sha3": schema8, "coordinating": schema45, "computing_share": schema5, "random": schema46 }, additionalProperties: false };
const schema65: Schema = { type: "string", const: "coordinateUpgradeFromLrtq" };
const schema66: Schema = { type: "object", required: ["rack_id","epoch","members","threshold"], properties: { "rack_id": schema15, "epoch": schema3, "members": schema62, "threshold": schema3 }, additionalProperties: false };
const schema64: Schema = { type: "object", required: ["node","call","args"], properties: { "node": schema10, "call": schema65, "args": schema66, "result": schema38, "sent": schema43, "state_sha3": schema8, "coordinating": schema45, "computing_share": schema5, "random": schema46 }, additionalProperties: false };
const schema68: Schema = { type: "string", const: "commit" };
const schema69: Schema = { type: "object", required: ["rack_id","epoch"], properties: { "rack_id": schema15, "epoch": schema3 }, additionalProperties: false };
const schema67: Schema = { type: "object", required: ["node","call","args"], properties: { "node": schema10, "call": schema68, "args": schema69, "result": schema38, "sent": schema43, "state_sha3": schema8, "coordinating": schema45, "computing_share": schema5, "random": schema46 }, additionalProperties: false };
const schema71: Schema = { type: "string", const: "prepareAndCommit" };
const schema72: Schema = { type: "object", required: ["config"], properties: { "config": schema20 }, additionalProperties: false };
const schema70: Schema = { type: "object", required: ["node","call","args"], properties: { "node": schema10, "call": schema71, "args": schema72, "result": schema38, "sent": schema43, "state_sha3": schema8, "coordinating": schema45, "computing_share": schema5, "random": schema46 }, additionalProperties: false };
const schema74: Schema = { type: "string", const: "loadRackSecret" };
const schema75: Schema = { type: "object", required: ["epoch"], properties: { "epoch": schema3 }, additionalProperties: false };
const schema73: Schema = { type: "object", required: ["node","call","args"], properties: { "node": schema10, "call": schema74, "args": schema75, "result": schema38, "sent": schema43, "state_sha3": schema8, "coordinating": schema45, "computing_share": schema5, "random": schema46 }, additionalProperties: false };

export const LINE_VALIDATORS: { readonly [name in "header" | "end"]: Validator } = {
  "header": { check: is1, schema: schema1 },
  "end": { check: is27, schema: schema32 },
};

export const STEP_VALIDATORS: { readonly [name in "onConnect" | "onDisconnect" | "restart" | "clearSecrets" | "handle" | "coordinateReconfiguration" | "coordinateUpgradeFromLrtq" | "commit" | "prepareAndCommit" | "loadRackSecret"]: Validator } = {
  "onConnect": { check: is30, schema: schema35 },
  "onDisconnect": { check: is41, schema: schema49 },
  "restart": { check: is42, schema: schema51 },
  "clearSecrets": { check: is44, schema: schema54 },
  "handle": { check: is45, schema: schema56 },
  "coordinateReconfiguration": { check: is47, schema: schema59 },
  "coordinateUpgradeFromLrtq": { check: is51, schema: schema64 },
  "commit": { check: is53, schema: schema67 },
  "prepareAndCommit": { check: is55, schema: schema70 },
  "loadRackSecret": { check: is57, schema: schema73 },
};
