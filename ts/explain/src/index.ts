/**
 * Explains event logs in words: why a sled has not committed or unlocked an epoch, sequence diagrams, events
 * and sleds as lines of text, and conditions that filter events. `tq-debug` prints this; nothing here needs
 * Node, so that a page can show the same.
 */
export { UsageError } from "./usage.ts";
export { Names, NamesCollector, quoted, suggestion } from "./names.ts";
export { Facts, nodeEvents } from "./facts.ts";
export { explain } from "./why.ts";
export type { Explanation } from "./why.ts";
export type { Reason } from "./why-types.ts";
export { compile } from "./condition.ts";
export type { Condition } from "./condition.ts";
export { CONDITION_WORDS } from "./condition-words.ts";
export { sequenceMermaid, sequenceOf, sequenceSvg, sequenceText } from "./sequence.ts";
export { eventLine, nodeFields, plain, timeText, viewJson, wrap } from "./render.ts";
export type { Renderer } from "./render.ts";
