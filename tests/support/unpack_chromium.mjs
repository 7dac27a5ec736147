// Unpacks the Chromium of the npm package @sparticuz/chromium, with the libraries that a bare Linux lacks, into $TMPDIR.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(join(process.cwd(), "here.js"));
const packed = require.resolve("@sparticuz/chromium");
const { default: chromium, inflate } = await import(packed);
await chromium.executablePath();
await inflate(join(dirname(packed), "..", "bin", "al2023.tar.br"));
