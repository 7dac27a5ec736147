// An application on openid-client (npm): runs an example of docs/openid.md as it stands there, up to its line of "…", where
// a person does something. Arguments: the library's module, the example's file, the issuer, the secret, the address to come
// back to. It prints a line of JSON for each step, and reads a line when the person has done it.
import { createInterface } from "node:readline/promises";
import { readFileSync } from "node:fs";

const [module, example, issuer, secret, redirect_uri] = process.argv.slice(2);
const client = await import(module);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (what) => console.log(JSON.stringify(what));
async function waits(what) {
  say(what);
  return (await lines.next()).value;
}
const [before, after] = readFileSync(example, "utf8").replace(/^import .*$/m, "").split(/^\/\/ ….*$/m);
const person = before.includes("initiateBackchannelAuthentication")
  ? "await waits({ digits: request.digits });"
  : "const back = new URL(await waits({ address: address.href }));";
const AsyncFunction = (async () => {}).constructor;
const names = ["client", "issuer", "secret", "redirect_uri", "waits"];
try {
  const run = new AsyncFunction(...names, `${before}${person}${after}\nreturn { config, tokens };`);
  const { config, tokens } = await run(client, issuer, secret, redirect_uri, waits);
  const claims = tokens.claims();
  const info = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  const ended = client.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token, post_logout_redirect_uri: "https://shop.example.org/",
  });
  say({ claims, info, ended: ended.href });
} catch (error) {
  say({ error: error.error ?? error.code, reason: error.cause?.message ?? error.message });
}
process.exit(0);
