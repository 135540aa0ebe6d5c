/** Long secrets in slices, between which the event loop turns. */
import { setImmediate as turn } from "node:timers/promises";
import type { TrustQuorumCrypto } from "../../protocol/crypto.ts";
import { allocate, wipe, withWiped } from "../memory.ts";
import type { PieceWorker } from "../pieces.ts";

/** Multiplications in the field that take about a millisecond. */
const MULTIPLICATIONS = 1 << 14;

/** Works on pieces with the synchronous methods of a backend. */
export function slicedWorker(crypto: TrustQuorumCrypto): PieceWorker {
  return {
    pieceBytes: (count, threshold) =>
      Math.max(1, Math.floor(MULTIPLICATIONS / (count * threshold))),
    async split({ secret, count, threshold, at, length, out }) {
      const shareLength = out.length / count;
      const piece = crypto.split(secret.subarray(at, at + length), { count, threshold });
      withWiped(piece, () => {
        for (let i = 0; i < count; i++) {
          const from = i * (1 + length);
          out[i * shareLength] = i + 1;
          out.set(piece.subarray(from + 1, from + 1 + length), i * shareLength + 1 + at);
        }
      });
      await turn();
    },
    async combine({ shares, shareLength, at, length, out }) {
      const count = shares.length / shareLength;
      const piece = allocate(count * (1 + length));
      withWiped(piece, () => {
        for (let i = 0; i < count; i++) {
          const share = shares.subarray(i * shareLength, (i + 1) * shareLength);
          piece.set(share.subarray(0, 1), i * (1 + length));
          piece.set(share.subarray(1 + at, 1 + at + length), i * (1 + length) + 1);
        }
        withWiped(crypto.combine(piece, 1 + length), (bytes) => {
          out.set(bytes, at);
        });
      });
      await turn();
    },
    discard: wipe,
  };
}
