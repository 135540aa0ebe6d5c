/** Defaults that help texts name. */

/** How long a change may take before the command gives up waiting, in seconds. */
export const CHANGE_TIMEOUT_S = 120;
/** The default folder of a rack. */
export const RACK_DEFAULT = "rack";
