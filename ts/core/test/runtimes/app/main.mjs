// A program that prints one line: that all is well, or why the addon cannot be used.
import { isTrustQuorumError } from "trust-quorum";
import { exercise } from "./exercise.mjs";

exercise().then(console.log, (error) => {
  if (!isTrustQuorumError(error, "ERR_TQ_NATIVE_UNAVAILABLE")) throw error;
  console.log(error.message);
});
