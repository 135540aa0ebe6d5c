/** Opens a journal and is killed while it holds it. */
import { writeSync } from "node:fs";
import { Journal } from "../src/journal.ts";

Journal.open(process.argv[2] ?? "");
writeSync(1, "held\n");
process.kill(process.pid, "SIGKILL");
