/**
 * The daemon's configuration as one schema: defaults, limits and texts. The file is TOML with the keys
 * in snake_case (`mesh.peers_file`), the code says camelCase (`mesh.peersFile`). A test holds
 * tqd.example.toml to this schema: it names every key, with its default where there is one.
 */
import Type from "typebox";
import type { Static, TSchema } from "typebox";
import { BaseboardIdSchema } from "../id-schemas.ts";

const strict = { additionalProperties: false } as const;

/** What a key's value is besides its type: paths are taken relative to the file that names them. */
type Meaning = "path" | "address";

const text = (options: object) => Type.String({ minLength: 1, maxLength: 4096, ...options });
const path = (description: string, options: object = {}) =>
  text({ description, meaning: "path" satisfies Meaning, ...options });
const ADDRESS = "^(\\[[0-9a-fA-F:.%a-z]+\\]|[^\\s:\\[\\]/]+):[0-9]{1,5}$";
const address = (description: string, options: object = {}) =>
  text({ description, pattern: ADDRESS, meaning: "address" satisfies Meaning, ...options });
const count = (description: string, minimum: number, maximum: number, value: number) =>
  Type.Integer({ description, minimum, maximum, default: value });
const flag = (description: string, value: boolean) => Type.Boolean({ description, default: value });
const choice = <T extends string[]>(
  values: readonly [...T],
  description: string,
  value: T[number],
) => Type.Enum<T>(values, { description, default: value });
const section = <P extends Record<string, TSchema>>(description: string, properties: P) =>
  Type.Object(properties, { ...strict, description, default: {} });

const UserIds = (description: string) =>
  Type.Array(Type.Integer({ minimum: 0, maximum: 0xffff_fffe }), {
    description,
    maxItems: 64,
    default: [],
  });

/** A peer of the mesh. */
const PeerSchema = Type.Object(
  {
    id: BaseboardIdSchema,
    address: address("Where the peer's mesh listens, host:port"),
  },
  strict,
);

/** The whole configuration. */
export const ConfigSchema = Type.Object(
  {
    sled: section("This machine.", {
      id: Type.String({
        ...BaseboardIdSchema,
        description:
          "Who this sled is, part:serial; its certificate and its disks must say the same.",
      }),
    }),
    ledger: section("Where the sled's shares and commits are kept.", {
      replicas: Type.Array(path("A replica's folder"), {
        description: "Two folders on two disks.",
        minItems: 2,
        maxItems: 2,
        uniqueItems: true,
      }),
      create: flag(
        "Begin a new, empty ledger where both folders are blank. Without it blank folders are refused: they may as well be disks that are not mounted.",
        false,
      ),
      degraded: flag(
        "Go on with one replica where the other cannot be used. Shown in the status and the metrics.",
        false,
      ),
      verifyEveryMinutes: count(
        "How often both replicas are read again and compared with what was saved, in minutes; 0: only on demand.",
        0,
        35_000,
        1440,
      ),
    }),
    mesh: section("The connections to the other sleds: mutual TLS 1.3.", {
      listen: address("Where this sled listens for its peers.", { default: "[::]:7750" }),
      certificate: path("This sled's certificate chain, PEM."),
      key: path("Its private key, PEM, readable by this daemon's user only."),
      ca: path("The certificates that peers' certificates must come from, PEM."),
      peersFile: Type.Optional(
        path("A TOML file of [[peers]], watched: a change takes effect without a restart."),
      ),
      peers: Type.Array(PeerSchema, {
        description: "The peers by hand, besides those of peers_file.",
        maxItems: 256,
        default: [],
      }),
      pendingMax: count(
        "The most connections that are not authenticated yet, of all addresses together.",
        8,
        4096,
        256,
      ),
      proxiedCommits: choice(
        ["members", "off"],
        "Whose word is taken for a commit that a peer passes on: members' (but never of an epoch that it coordinates itself), or nobody's.",
        "members",
      ),
    }),
    api: section("The HTTP API.", {
      socket: path("The unix socket; its folder must belong to this user, with mode 0700.", {
        default: "/run/tqd/tqd.sock",
        // What sockaddr_un holds.
        maxLength: 107,
      }),
      allowedUids: UserIds("Users who may use the socket besides root and this daemon's own user."),
      allowedGids: UserIds("Groups whose members may use the socket."),
      keysPerMinute: count("The most derived keys handed out in a minute.", 1, 60_000, 600),
      streamsMax: count("The most event streams at once.", 1, 256, 16),
      tls: Type.Optional(
        Type.Object(
          {
            listen: address("Where the API listens."),
            certificate: path("The API's certificate chain, PEM."),
            key: path("Its private key, PEM."),
            ca: path("The certificates that operators' certificates must come from, PEM."),
            operators: Type.Array(text({ maxLength: 64 }), {
              description:
                "The operators by the name in their certificate; empty: every operator of the ca.",
              maxItems: 256,
              default: [],
            }),
            readOnly: choice(
              ["operator", "anyone"],
              "Who may read /live, /ready and /metrics: operators, or anyone without a certificate too.",
              "operator",
            ),
            derivedKeys: flag(
              "Hand derived disk keys to operators, not only over the socket.",
              false,
            ),
          },
          { ...strict, description: "The API over mutual TLS 1.3, besides the socket." },
        ),
      ),
    }),
    unlock: section("Unlocking after a cold boot.", {
      automatic: flag("Load the rack secret as soon as a configuration is committed.", true),
      retryMs: count(
        "How long to wait before the next attempt, where one has failed, in milliseconds.",
        100,
        600_000,
        5000,
      ),
    }),
    eventLog: section("The record of everything this sled's node was told, for tq-debug.", {
      enabled: flag("Keep one.", false),
      folder: path("Where its files are kept.", { default: "/var/lib/tqd/event-log" }),
    }),
    log: section("The daemon's log: JSON lines.", {
      file: Type.Optional(
        path(
          "The file that it is added to, instead of standard output. SIGHUP opens it anew, for those who rotate it themselves.",
        ),
      ),
      fileBytesMax: count(
        "At this size the file is renamed to NAME.1, which replaces an older NAME.1.",
        64 * 1024,
        1024 * 1024 * 1024,
        16 * 1024 * 1024,
      ),
      level: choice(
        ["trace", "debug", "info", "warn", "error", "fatal", "silent"],
        "The least that is logged.",
        "info",
      ),
    }),
    process: section("The process itself.", {
      refuseSwap: flag(
        "Refuse to start where this process's memory can end up in a swap space.",
        false,
      ),
      allowDebugging: flag(
        "For developers: allow Node's debugger, which SIGUSR1 then opens to every user of this machine, and switches that write out what is in memory.",
        false,
      ),
      stopTimeoutMs: count(
        "How long a graceful stop may take, in milliseconds.",
        100,
        600_000,
        10_000,
      ),
    }),
  },
  { ...strict, description: "tqd" },
);

/** A checked configuration: every default filled in, every path absolute. */
export type Config = Static<typeof ConfigSchema>;
