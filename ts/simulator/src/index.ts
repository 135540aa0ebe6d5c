export { simulate, replay, backendOf } from "./simulate.ts";
