import { referenceCrypto } from "../../src/crypto/reference.ts";
import { describeCrypto } from "./common.ts";

describeCrypto("reference", referenceCrypto);
