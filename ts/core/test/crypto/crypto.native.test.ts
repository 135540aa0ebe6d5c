import { nativeCrypto } from "../../src/crypto/native.ts";
import { describeCrypto } from "./common.ts";

describeCrypto("native", nativeCrypto);
