// Node 18 has no global crypto; browsers and Node 20 do.
import { webcrypto } from "node:crypto";

if (!("crypto" in globalThis)) Object.defineProperty(globalThis, "crypto", { value: webcrypto });

// What the pages say; each test file may import another page's on top.
import "../console/words";
import "../field/words";
import "../print/words";
