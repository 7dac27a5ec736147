// The desk's page: its tokens, and what they have in common. No build step.
import { openStory } from "./story.js";
import { openToken } from "./token.js";

const page = JSON.parse(document.getElementById("page").textContent);
const secret = location.hash.slice(1);
const notice = document.getElementById("notice");

function tell(message) {
  notice.textContent = message;
  notice.hidden = !message;
}

export const tokens = page.parts.map((part) => openToken(page, part, secret, tell));
if (!secret) tell(page.texts["no-secret"]);
if (secret && document.getElementById("bank")) openStory(secret);

// The other language's page needs the secret too.
for (const link of document.querySelectorAll("nav a")) link.hash = location.hash;

// Shortcuts, which can be turned off (WCAG 2.2, 2.1.4). They are for the token that was used last.
let used = tokens[0];
for (const token of tokens) {
  for (const kind of ["focusin", "pointerdown"]) token.root.addEventListener(kind, () => (used = token));
}
const box = document.getElementById("shortcuts");
box.checked = localStorage.getItem("shortcuts") !== "off";
box.addEventListener("change", () => localStorage.setItem("shortcuts", box.checked ? "on" : "off"));

addEventListener("keydown", (event) => {
  if (!box.checked || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
  if (!event.target.closest("input, select, [role=log], .trace")) used?.typed(event.key.toLowerCase());
});
addEventListener("keyup", (event) => tokens.forEach((token) => token.untyped(event.key.toLowerCase())));
