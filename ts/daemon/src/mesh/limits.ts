/** Every limit and every time of the mesh, with its unit. */
import { FRAME_BODY_BYTES_MAX, FRAME_LENGTH_BYTES } from "trust-quorum/wire";

/** Limits of the mesh. */
export interface MeshLimits {
  /** Connections that did not send their first frame yet, of all addresses together. */
  readonly pendingMax: number;
  /** The same of one remote address. */
  readonly pendingPerAddressMax: number;
  /** Bytes that wait to be sent to one peer; at least one frame. */
  readonly queueBytesMax: number;
  /** Messages that wait to be sent to one peer. */
  readonly queueMessagesMax: number;
  /** What one peer may send in the long run, and at once after a quiet time. */
  readonly receiveBytesPerSecond: number;
  readonly receiveBytesBurst: number;
  readonly receiveFramesPerSecond: number;
  readonly receiveFramesBurst: number;
  /** Frames of one connection that were no message, before it is closed. */
  readonly undecodableFramesMax: number;
  /** Requests of one peer that are being answered for it. */
  readonly proxiedPerPeerMax: number;
  /** Requests to all peers together that wait for their answers. */
  readonly proxyingMax: number;
}

/** Times of the mesh, in milliseconds. */
export interface MeshTimes {
  /** Between two pings. */
  readonly ping: number;
  /** Of silence, or without being read, until a connection is dead. */
  readonly dead: number;
  /** From the first packet to the first frame. */
  readonly handshake: number;
  /** The first wait before dialing again; it doubles with each failure. */
  readonly reconnectMin: number;
  /** The longest wait before dialing again. */
  readonly reconnectMax: number;
  /** The least time between two network configurations that are taken from peers. */
  readonly networkConfig: number;
  /** How long a peer has to answer a proxied request. */
  readonly proxy: number;
  /** How long a connection may take to send what is left when the mesh closes. */
  readonly close: number;
}

/** The limits where nothing else is said. */
export const MESH_LIMITS: MeshLimits = {
  pendingMax: 256,
  pendingPerAddressMax: 64,
  queueBytesMax: 8 * (FRAME_BODY_BYTES_MAX + FRAME_LENGTH_BYTES),
  queueMessagesMax: 4096,
  receiveBytesPerSecond: 16 * 1024 * 1024,
  receiveBytesBurst: 64 * 1024 * 1024,
  receiveFramesPerSecond: 5000,
  receiveFramesBurst: 20_000,
  undecodableFramesMax: 64,
  proxiedPerPeerMax: 16,
  proxyingMax: 256,
};

/** The times where nothing else is said. */
export const MESH_TIMES: MeshTimes = {
  ping: 1000,
  dead: 10_000,
  handshake: 5000,
  reconnectMin: 100,
  reconnectMax: 5000,
  networkConfig: 1000,
  proxy: 10_000,
  close: 500,
};

/** A network configuration's largest blob, in bytes; as an array of integers it still fits a frame. */
export const NETWORK_CONFIG_BYTES_MAX = 256 * 1024;

/**
 * The highest generation of a network configuration. Far from what the wire can carry, so that nobody
 * who counts by ones or by seconds ever meets it.
 */
export const NETWORK_CONFIG_GENERATION_MAX = 2 ** 48;

/** Up to this generation a network configuration of a peer may jump to whatever number it likes. */
export const NETWORK_CONFIG_FREE_GENERATION_MAX = 2 ** 47;

/**
 * Beyond that, how far one may be above what is held. At one a second a hostile peer would need
 * 68 years until no generation is left for an operator.
 */
export const NETWORK_CONFIG_JUMP_MAX = 2 ** 16;
