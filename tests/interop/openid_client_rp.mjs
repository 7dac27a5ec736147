// An application on openid-client (npm), as docs/openid.md has it: the page's own example, run as it stands there.
// Arguments: the library's module, the issuer, the secret, the address to come back to, the example's file. It prints a
// line of JSON for each step and reads the address that the browser came back to.
import { createInterface } from "node:readline/promises";
import { readFileSync } from "node:fs";

const [module, issuer, secret, redirect_uri, example] = process.argv.slice(2);
const client = await import(module);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (what) => console.log(JSON.stringify(what));
async function comesBack(address) {
  say({ address: address.href });
  return new URL((await lines.next()).value);
}
const source = readFileSync(example, "utf8")
  .replace(/^import .*$/m, "")
  .replace(/^\/\/ ….*$/m, "const back = await comesBack(address);")
  .concat("\nreturn { config, tokens, sub, acr, amr };");
const AsyncFunction = (async () => {}).constructor;
const names = ["client", "issuer", "secret", "redirect_uri", "comesBack"];
try {
  const run = new AsyncFunction(...names, source);
  const { config, tokens, sub, acr, amr } = await run(client, issuer, secret, redirect_uri, comesBack);
  const info = await client.fetchUserInfo(config, tokens.access_token, sub);
  const ended = client.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token, post_logout_redirect_uri: "https://shop.example.org/",
  });
  say({ sub, acr, amr, info, claims: tokens.claims(), ended: ended.href });
} catch (error) {
  say({ error: error.code ?? error.message, reason: error.cause?.message ?? error.message });
}
process.exit(0);
