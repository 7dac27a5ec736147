// The trace of a token on its page: its last lines, filtered, while it records and is not paused.

const LINES = 200;
const LOOK = 1000; // milliseconds between two looks

// `$` finds an element of the token's part, `request` asks its API, `save` gives a file to the
// user, `press` marks a button as pressed, `tried` does something and says what went wrong. Gives a
// function that takes the token's state.
export function openTrace({ $, request, save, press, tried }) {
  let running = false, traced = false; // the latter: there is a trace, which may have ended
  let asks = 0, shown = 0; // how often was asked, and which of these is shown
  const pressed = (button) => button.getAttribute("aria-pressed") === "true";

  async function show() {
    const only = encodeURIComponent($("trace-filter").value.trim());
    const asked = ++asks;
    const text = await (await request("GET", `/trace.txt?last=${LINES}&channel=${only}`)).text();
    if (asked < shown) return; // a later one was answered first
    shown = asked;
    const lines = $("trace-lines");
    const atEnd = lines.scrollTop + lines.clientHeight >= lines.scrollHeight - 8;
    lines.textContent = text;
    if (atEnd) lines.scrollTop = lines.scrollHeight;
  }

  async function record() {
    press($("trace-pause"), false);
    await request("POST", running ? "/trace/stop" : "/trace/start");
    await show();
  }

  const panel = $("trace").closest("details");
  const shows = () => traced && show().catch(() => {}); // that nobody answers is told elsewhere
  const look = () => running && panel.open && !pressed($("trace-pause")) && shows();

  $("trace").addEventListener("click", () => tried(record));
  $("trace-pause").addEventListener("click", () => press($("trace-pause"), !pressed($("trace-pause"))));
  $("trace-filter").addEventListener("input", () => traced && tried(show));
  $("save-trace-text").addEventListener("click", () => tried(() => save("/trace.txt", "trace.txt")));
  $("save-trace-vcd").addEventListener("click", () => tried(() => save("/trace.vcd", "trace.vcd")));
  panel.addEventListener("toggle", () => panel.open && !pressed($("trace-pause")) && shows());
  setInterval(look, LOOK);

  // Another page may have begun or ended the trace.
  return (state) => {
    running = state.tracing;
    traced = state.traced;
    press($("trace"), running);
  };
}
