import { X509Certificate } from "node:crypto";
import { chmod, mkdtemp, rm, stat, writeFile, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { baseboardId, parseBaseboardId } from "trust-quorum";
import {
  createAuthority,
  issueOperatorCertificate,
  issueSledCertificate,
} from "../../src/pki/authority.ts";
import type { IssuedCertificate } from "../../src/pki/authority.ts";
import { verifyChain } from "../../src/pki/chain.ts";
import type { ChainRules, Purpose } from "../../src/pki/chain.ts";
import { extensionProblem } from "../../src/pki/extensions.ts";
import { loadCertificates, readCertificate, writeCertificate } from "../../src/pki/files.ts";
import { identityOf, operatorUri, sledUri } from "../../src/pki/identity.ts";
import { library } from "../../src/pki/library.ts";
import { issueCustom, reissueAuthority } from "./custom.ts";

const SLED = baseboardId("913-0000019", "BRM1");
const DAY = 24 * 3600 * 1000;

let ca: IssuedCertificate;
let folder: string;
beforeAll(async () => {
  ca = await createAuthority("test");
  folder = await mkdtemp(path.join(tmpdir(), "tqd-pki-"));
});
afterAll(() => rm(folder, { recursive: true }));

const parsed = (issued: IssuedCertificate) => new X509Certificate(issued.certificate);
const rules = (more: Partial<ChainRules> = {}): ChainRules => ({
  anchors: [parsed(ca)],
  purpose: "server",
  dates: "enforced",
  now: Date.now(),
  ...more,
});

describe("identity", () => {
  it("is read back from the certificate that was issued for it, whatever the characters", async () => {
    for (const id of ["913-0000019:BRM1", "a b:é/%41", "~!*'():,\"", "..:++"]) {
      const sled = parseBaseboardId(id);
      const certificate = parsed(await issueSledCertificate(ca, sled));
      expect(identityOf(certificate)).toEqual({ kind: "sled", id });
    }
    const operator = parsed(await issueOperatorCertificate(ca, "Ann O'Hara, Ω"));
    expect(identityOf(operator)).toEqual({ kind: "operator", name: "Ann O'Hara, Ω" });
  });

  it("has one URI per sled, made of characters that need no quoting", () => {
    const text = fc
      .string({ unit: "binary", minLength: 1, maxLength: 12 })
      .filter((t) => !/[:\p{Cc}]/u.test(t) && new TextEncoder().encode(t).length <= 64);
    fc.assert(
      fc.property(text, text, (part, serial) => {
        const uri = sledUri(baseboardId(part, serial));
        expect(uri).toMatch(
          /^urn:trust-quorum:sled:([A-Za-z0-9._~-]|%[0-9A-F]{2})+:([A-Za-z0-9._~-]|%[0-9A-F]{2})+$/,
        );
        const [encodedPart, encodedSerial] = uri.split(":").slice(3);
        expect(decodeURIComponent(encodedPart ?? "")).toBe(part);
        expect(decodeURIComponent(encodedSerial ?? "")).toBe(serial);
      }),
    );
  });

  const refused: [string, { uris?: string[]; dns?: string[] }][] = [
    ["no alternative name", {}],
    ["two sleds", { uris: ["urn:trust-quorum:sled:a:b", "urn:trust-quorum:sled:c:d"] }],
    ["the same sled twice", { uris: ["urn:trust-quorum:sled:a:b", "urn:trust-quorum:sled:a:b"] }],
    ["a host's name besides", { uris: ["urn:trust-quorum:sled:a:b"], dns: ["example.com"] }],
    ["a host's name that looks like one", { dns: ["URI:urn:trust-quorum:sled:a:b"] }],
    ["another scheme", { uris: ["https://example.com/sled/a/b"] }],
    ["upper case", { uris: ["URN:trust-quorum:sled:a:b"] }],
    ["another kind", { uris: ["urn:trust-quorum:rack:a:b"] }],
    ["no serial number", { uris: ["urn:trust-quorum:sled:a"] }],
    ["an empty serial number", { uris: ["urn:trust-quorum:sled:a:"] }],
    ["a third part", { uris: ["urn:trust-quorum:sled:a:b:c"] }],
    ["an encoded colon", { uris: ["urn:trust-quorum:sled:a%3Ab:c"] }],
    ["a letter that is encoded without need", { uris: ["urn:trust-quorum:sled:%61:b"] }],
    ["lower-case hex", { uris: ["urn:trust-quorum:sled:a%2fb:c"] }],
    ["half an escape", { uris: ["urn:trust-quorum:sled:a%2:c"] }],
    ["bytes that are no UTF-8", { uris: ["urn:trust-quorum:sled:a%FF:c"] }],
    ["a control character", { uris: ["urn:trust-quorum:sled:a%0A:c"] }],
    ["65 bytes", { uris: [`urn:trust-quorum:sled:${"a".repeat(65)}:c`] }],
    ["a separator within the URI", { uris: ["urn:trust-quorum:sled:a:b, URI:urn:x"] }],
    ["a query", { uris: ["urn:trust-quorum:sled:a:b?=x"] }],
    ["a fragment", { uris: ["urn:trust-quorum:sled:a:b#x"] }],
    ["an operator without a name", { uris: ["urn:trust-quorum:operator:"] }],
    ["an operator with two names", { uris: ["urn:trust-quorum:operator:a:b"] }],
  ];
  it.each(refused)("is refused where a certificate has %s", async (_, names) => {
    const certificate = parsed(await issueCustom(ca, names));
    expect(() => identityOf(certificate)).toThrow(
      expect.objectContaining({ code: "ERR_TQD_CERTIFICATE_IDENTITY" }),
    );
  });

  it("of an operator has limits", () => {
    for (const name of ["", "a\nb", "\ud800", "x".repeat(65)]) {
      expect(() => operatorUri(name)).toThrow(
        expect.objectContaining({ code: "ERR_TQD_INVALID_OPERATOR_NAME" }),
      );
    }
  });
});

describe("a chain", () => {
  it("is trusted from leaf to authority, for both ends where it is a sled's", async () => {
    const sled = parsed(await issueSledCertificate(ca, SLED));
    for (const purpose of ["server", "client"] as const) {
      expect(verifyChain([sled], rules({ purpose }))).toMatchObject({ kind: "trusted" });
    }
    const operator = parsed(await issueOperatorCertificate(ca, "ann"));
    expect(verifyChain([operator], rules({ purpose: "client" })).kind).toBe("trusted");
    expect(verifyChain([operator], rules({ purpose: "server" })).kind).toBe("refused");
  });

  it("of another authority is refused whatever the dates, one of the same name included", async () => {
    const foreign = await createAuthority("test");
    for (const notBefore of [undefined, new Date(0), new Date(Date.now() + 900 * DAY)]) {
      const validity = notBefore === undefined ? {} : { notBefore, days: 10 };
      const sled = parsed(await issueSledCertificate(foreign, SLED, validity));
      for (const dates of ["advisory", "enforced"] as const) {
        const verdict = verifyChain([sled, parsed(foreign)], rules({ dates }));
        expect(verdict).toMatchObject({ kind: "refused", reason: "untrusted_certificate" });
      }
    }
  });

  it("that signs itself is refused, as a leaf and as an authority", async () => {
    const selfSigned = await issueCustom(undefined, { uris: [sledUri(SLED)] });
    const verdict = verifyChain([parsed(selfSigned)], rules());
    expect(verdict).toMatchObject({ kind: "refused", reason: "untrusted_certificate" });
    expect(verifyChain([parsed(ca)], rules()).kind).toBe("refused");
    // Nor is one that may sign others, though all else about it fits a sled.
    const powerful = await issueCustom(ca, { ca: true, uris: [sledUri(SLED)] });
    expect(verifyChain([parsed(powerful)], rules()).kind).toBe("refused");
    // Not even where it was configured as an anchor: it may not sign.
    const anchors = [parsed(selfSigned)];
    expect(verifyChain([parsed(selfSigned)], rules({ anchors })).kind).toBe("refused");
  });

  it("signed by a sled is refused: a sled is no authority", async () => {
    const sled = await issueSledCertificate(ca, SLED);
    const forged = await issueCustom(sled, { uris: [sledUri(baseboardId("a", "victim"))] });
    const verdict = verifyChain([parsed(forged), parsed(sled)], rules());
    expect(verdict).toMatchObject({ kind: "refused", reason: "untrusted_certificate" });
  });

  it("may go by an authority in between, but not by one that was not given the right", async () => {
    const root = await issueCustom(undefined, { ca: true, name: "root" });
    const between = await issueCustom(root, { ca: true, name: "between" });
    const leaf = await issueSledCertificate(between, SLED);
    const anchors = [parsed(root)];
    const chain = [parsed(leaf), parsed(between)];
    const verdict = verifyChain(chain, rules({ anchors }));
    expect(verdict).toMatchObject({ kind: "trusted" });
    expect(verifyChain([parsed(leaf)], rules({ anchors })).kind).toBe("refused");
    if (verdict.kind === "trusted")
      expect(await extensionProblem(verdict.path, "server")).toBeUndefined();

    // This project's own authorities may sign leaves only.
    const below = await issueCustom(ca, { ca: true, name: "below" });
    const second = await issueSledCertificate(below, SLED);
    const path = [parsed(second), parsed(below), parsed(ca)];
    expect(await extensionProblem(path, "server")).toContain("more authorities than it may");
  });

  it("has its dates judged after everything else, and all of them", async () => {
    const now = Date.now();
    const old = parsed(await issueSledCertificate(ca, SLED, { notBefore: new Date(0), days: 1 }));
    const early = parsed(
      await issueSledCertificate(ca, SLED, { notBefore: new Date(now + 9 * DAY), days: 1 }),
    );
    const valid = parsed(await issueSledCertificate(ca, SLED));
    const reasonAt = (leaf: X509Certificate, at: number) => {
      const verdict = verifyChain([leaf], rules({ now: at }));
      return verdict.kind === "refused" ? verdict.reason : verdict.kind;
    };
    expect(reasonAt(valid, now)).toBe("trusted");
    expect(reasonAt(old, now)).toBe("certificate_expired");
    expect(reasonAt(early, now)).toBe("certificate_not_yet_valid");
    expect(reasonAt(valid, 0)).toBe("certificate_not_yet_valid");
    expect(reasonAt(valid, Date.UTC(2106, 1, 7))).toBe("certificate_expired");
    // The authority's own dates count as well.
    const dead = await createAuthority("dead", { notBefore: new Date(0), days: 30 });
    const outlives = parsed(await issueSledCertificate(dead, SLED));
    const verdict = verifyChain([outlives], rules({ anchors: [parsed(dead)] }));
    expect(verdict).toMatchObject({ kind: "refused", reason: "certificate_expired" });

    for (const [leaf, at] of [
      [old, now],
      [early, now],
      [valid, 0],
      [valid, 4.3e12],
    ] as const) {
      const advised = verifyChain([leaf], rules({ dates: "advisory", now: at }));
      expect(advised).toMatchObject({
        kind: "trusted",
        dateProblem: expect.stringContaining("valid") as string,
      });
    }
  });

  it("is judged by whichever certificate of its authority is valid, in whatever order they are listed", async () => {
    const past = { notBefore: new Date(0), notAfter: new Date(DAY) };
    const expired = parsed(await reissueAuthority(ca, past));
    const leaf = parsed(await issueSledCertificate(ca, SLED));
    for (const anchors of [
      [expired, parsed(ca)],
      [parsed(ca), expired],
    ]) {
      for (const dates of ["enforced", "advisory"] as const) {
        const verdict = verifyChain([leaf], rules({ anchors, dates }));
        expect(verdict).toMatchObject({ kind: "trusted", dateProblem: undefined });
      }
    }
    const alone = verifyChain([leaf], rules({ anchors: [expired] }));
    expect(alone).toMatchObject({ kind: "refused", reason: "certificate_expired" });
  });

  it("can be issued for dates beyond 2050 and 2106", async () => {
    const notBefore = new Date(Date.UTC(2106, 0, 1));
    const far = parsed(await issueSledCertificate(ca, SLED, { notBefore, days: 10 }));
    expect(new Date(far.validFrom)).toEqual(notBefore);
  });

  it("with what only OpenSSL looks at is refused where OpenSSL's word is missing", async () => {
    const problemOf = async (options: Parameters<typeof issueCustom>[1]) =>
      extensionProblem([parsed(await issueCustom(ca, options)), parsed(ca)], "server");
    const uris = [sledUri(SLED)];
    expect(await problemOf({ uris })).toBeUndefined();
    expect(await problemOf({ uris, critical: "1.2.3.4" })).toContain("1.2.3.4");
    const lib = await library();
    const usages = lib.KeyUsageFlags.keyEncipherment;
    expect(await problemOf({ uris, usages })).toContain("used for what it is not for");
    expect(await problemOf({ uris, hash: "SHA-1" })).toContain("too weak");
  });

  it("of an authority for other purposes, or with constraints, is refused where OpenSSL's word is missing", async () => {
    const { clientAuth, codeSigning } = (await library()).ExtendedKeyUsage;
    const problemOf = async (options: Parameters<typeof issueCustom>[1], purpose: Purpose) => {
      const between = await issueCustom(ca, { ca: true, ...options });
      const leaf = await issueCustom(between, { uris: [sledUri(SLED)] });
      const root = await issueCustom(undefined, { ca: true, name: "root" });
      return extensionProblem([leaf, between, root].map(parsed), purpose);
    };
    expect(await problemOf({}, "server")).toBeUndefined();
    expect(await problemOf({ purposes: [clientAuth] }, "client")).toBeUndefined();
    expect(await problemOf({ purposes: [clientAuth] }, "server")).toContain("not for serverAuth");
    expect(await problemOf({ purposes: [codeSigning] }, "client")).toContain("not for clientAuth");
    for (const oid of ["2.5.29.30", "2.5.29.36", "2.5.29.54"]) {
      const other = { oid, value: new Uint8Array([0x30, 0]) };
      expect(await problemOf({ other }, "server")).toContain(oid);
    }
  });

  it("with a weak key anywhere on its way to the anchor is refused, whatever the dates", async () => {
    const uris = [sledUri(SLED)];
    const verdictOf = async (
      weak: "leaf" | "between" | "root",
      key: Parameters<typeof issueCustom>[1],
    ) => {
      const of = (which: string) => (which === weak ? key : {});
      const root = await issueCustom(undefined, { ca: true, name: "root", ...of("root") });
      const between = await issueCustom(root, { ca: true, name: "between", ...of("between") });
      const leaf = await issueCustom(between, { uris, ...of("leaf") });
      const chain = [leaf, between].map(parsed);
      return verifyChain(chain, rules({ anchors: [parsed(root)], dates: "advisory" }));
    };
    for (const weak of ["leaf", "between", "root"] as const) {
      const verdict = await verdictOf(weak, { rsaBits: 1024 });
      expect(verdict).toMatchObject({
        kind: "refused",
        reason: "untrusted_certificate",
        problem: expect.stringContaining("RSA with 1024 bits") as string,
      });
      expect((await verdictOf(weak, { curve: "P-384" })).kind).toBe("trusted");
    }
    expect((await verdictOf("between", { rsaBits: 2048 })).kind).toBe("trusted");
  });
});

describe("files", () => {
  const at = (name: string) => path.join(folder, name);
  const files = { certificate: "a.pem", key: "a.key" };
  const where = () => ({
    certificate: at(files.certificate),
    key: at(files.key),
    ca: at("ca.pem"),
  });

  it("keep a key from others from the first byte on, and leave nothing else behind", async () => {
    const sled = await issueSledCertificate(ca, SLED);
    await writeCertificate(where(), sled);
    await writeCertificate({ certificate: at("ca.pem"), key: at("ca.key") }, ca);
    expect((await stat(at("a.key"))).mode & 0o777).toBe(0o600);
    expect((await stat(at("a.pem"))).mode & 0o022).toBe(0);
    expect((await readdir(folder)).sort()).toEqual(["a.key", "a.pem", "ca.key", "ca.pem"]);
    const again = await readCertificate({ certificate: at("ca.pem"), key: at("ca.key") });
    const issued = parsed(await issueSledCertificate(again, SLED));
    expect(verifyChain([issued], rules()).kind).toBe("trusted");

    const loaded = await loadCertificates(where(), ["server", "client"]);
    expect(loaded.facts).toMatchObject({ identity: { kind: "sled", id: SLED } });
    loaded.wipe();
    expect(loaded.key.every((byte) => byte === 0)).toBe(true);
  });

  it("that do not fit are refused with the one that is to blame", async () => {
    const blamed = async (change: () => Promise<unknown>, file: string, problem: string) => {
      await writeCertificate(where(), await issueSledCertificate(ca, SLED));
      await writeFile(at("ca.pem"), ca.certificate);
      await change();
      await expect(loadCertificates(where(), ["server", "client"])).rejects.toMatchObject({
        code: "ERR_TQD_CERTIFICATE_INVALID",
        details: { file: at(file), problem: expect.stringContaining(problem) as string },
      });
      await chmod(at("a.key"), 0o600).catch(() => undefined);
    };
    const other = await issueSledCertificate(ca, SLED);
    await blamed(() => chmod(at("a.key"), 0o644), "a.key", "chmod 600");
    await blamed(() => chmod(at("a.key"), 0o660), "a.key", "chmod 600");
    await blamed(() => writeFile(at("a.key"), other.key), "a.key", "does not belong");
    await blamed(() => writeFile(at("a.key"), "rubbish"), "a.key", "no private key");
    await blamed(() => rm(at("a.key")), "a.key", "ENOENT");
    await blamed(() => writeFile(at("a.pem"), ""), "a.pem", "no certificate");
    await blamed(() => writeFile(at("ca.pem"), other.certificate), "ca.pem", "not an authority's");
    const foreign = await createAuthority("test");
    await blamed(
      () => writeFile(at("ca.pem"), foreign.certificate),
      "a.pem",
      "no trusted authority",
    );
    await blamed(
      () => writeFile(at("a.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"),
      "a.pem",
      "cannot be read",
    );
    await blamed(() => writeFile(at("a.pem"), Buffer.alloc(300_000)), "a.pem", "larger than");
    const operator = await issueOperatorCertificate(ca, "ann");
    await blamed(() => writeCertificate(where(), operator), "a.pem", "serverAuth");
  });

  it("of an authority that is none are refused when it is to sign", async () => {
    const broken = { certificate: ca.certificate, key: Buffer.from("rubbish") };
    await expect(issueSledCertificate(broken, SLED)).rejects.toMatchObject({
      code: "ERR_TQD_CERTIFICATE_INVALID",
    });
  });
});
