/** Certificates that this project would never issue. */
import { KeyObject, createPrivateKey, webcrypto } from "node:crypto";
import type * as x509 from "@peculiar/x509";
import type { IssuedCertificate } from "../../src/pki/authority.ts";
import { library } from "../../src/pki/library.ts";

export interface CustomCertificate {
  readonly name?: string;
  readonly uris?: readonly string[];
  readonly dns?: readonly string[];
  readonly ca?: boolean;
  readonly usages?: x509.KeyUsageFlags;
  readonly hash?: string;
  /** The number of a critical extension that no one knows. */
  readonly critical?: string;
  /** The number of an extension that is not critical, with what is in it. */
  readonly other?: { readonly oid: string; readonly value: Uint8Array };
  /** Numbers of purposes (extended key usage), in place of server and client. */
  readonly purposes?: readonly string[];
  /** The size of an RSA key, in bits, in place of P-256; or another curve. */
  readonly rsaBits?: number;
  readonly curve?: string;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

/** Issued by the authority, or by itself. */
export async function issueCustom(
  authority: IssuedCertificate | undefined,
  options: CustomCertificate,
): Promise<IssuedCertificate> {
  const lib = await library();
  const { hash = "SHA-256", rsaBits, curve = "P-256" } = options;
  const own = rsaBits === undefined ? ecdsa(hash, curve) : rsa(hash, rsaBits);
  const keys = await webcrypto.subtle.generateKey(own, true, ["sign", "verify"]);
  const isRsa =
    authority === undefined
      ? rsaBits !== undefined
      : createPrivateKey(authority.key).asymmetricKeyType === "rsa";
  const algorithm = isRsa ? rsa(hash, 2048) : ecdsa(hash, curveOf(authority) ?? curve);
  const name = `CN=${options.name ?? "custom"}`;
  const shared = {
    notBefore: options.notBefore ?? new Date(Date.now() - 3600_000),
    notAfter: options.notAfter ?? new Date(Date.now() + 24 * 3600_000),
    signingAlgorithm: algorithm,
    extensions: extensions(lib, options),
  };
  let certificate: x509.X509Certificate;
  if (authority === undefined) {
    certificate = await lib.X509CertificateGenerator.createSelfSigned({ ...shared, name, keys });
  } else {
    const [der] = lib.PemConverter.decode(authority.key.toString());
    if (der === undefined) throw new Error("no key");
    const signingKey = await webcrypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]);
    certificate = await lib.X509CertificateGenerator.create({
      ...shared,
      subject: name,
      issuer: new lib.X509Certificate(authority.certificate).subjectName,
      publicKey: keys.publicKey,
      signingKey,
    });
  }
  const pem = KeyObject.from(keys.privateKey).export({ type: "pkcs8", format: "pem" });
  return { certificate: `${certificate.toString("pem")}\n`, key: Buffer.from(pem) };
}

function ecdsa(hash: string, namedCurve: string) {
  return { name: "ECDSA", namedCurve, hash };
}

function rsa(hash: string, modulusLength: number) {
  const publicExponent = new Uint8Array([1, 0, 1]);
  return { name: "RSASSA-PKCS1-v1_5", hash, modulusLength, publicExponent };
}

function curveOf(issued: IssuedCertificate | undefined): string | undefined {
  if (issued === undefined) return undefined;
  const curve = createPrivateKey(issued.key).asymmetricKeyDetails?.namedCurve;
  return curve === "prime256v1" ? "P-256" : curve?.replace(/^secp(384|521)r1$/, "P-$1");
}

/** Another certificate of an authority: the same name and key, for other dates. */
export async function reissueAuthority(
  authority: IssuedCertificate,
  dates: { readonly notBefore: Date; readonly notAfter: Date },
): Promise<IssuedCertificate> {
  const lib = await library();
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const old = new lib.X509Certificate(authority.certificate);
  const [der] = lib.PemConverter.decode(authority.key.toString());
  if (der === undefined) throw new Error("no key");
  const privateKey = await webcrypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]);
  const publicKey = (await old.publicKey.export()) as webcrypto.CryptoKey;
  const certificate = await lib.X509CertificateGenerator.createSelfSigned({
    ...dates,
    name: old.subjectName,
    signingAlgorithm: algorithm,
    keys: { privateKey, publicKey },
    extensions: old.extensions,
  });
  return { certificate: `${certificate.toString("pem")}\n`, key: authority.key };
}

function extensions(lib: typeof x509, options: CustomCertificate): x509.Extension[] {
  const { ca = false, uris = [], dns = [], critical, other } = options;
  const names = [
    ...uris.map((value) => ({ type: "url", value }) as const),
    ...dns.map((value) => ({ type: "dns", value }) as const),
  ];
  const flags = lib.KeyUsageFlags;
  const { serverAuth, clientAuth } = lib.ExtendedKeyUsage;
  const purposes =
    options.purposes ?? (ca && names.length === 0 ? undefined : [serverAuth, clientAuth]);
  const usages = options.usages ?? (ca ? flags.keyCertSign : flags.digitalSignature);
  return [
    new lib.BasicConstraintsExtension(ca, undefined, true),
    new lib.KeyUsagesExtension(usages, true),
    ...(purposes === undefined ? [] : [new lib.ExtendedKeyUsageExtension([...purposes])]),
    ...(other === undefined ? [] : [new lib.Extension(other.oid, false, other.value)]),
    ...(names.length > 0 ? [new lib.SubjectAlternativeNameExtension(names)] : []),
    ...(critical === undefined ? [] : [new lib.Extension(critical, true, new Uint8Array([5, 0]))]),
  ];
}
