// The trace of a token on its page: its last lines, filtered, while it records and is not paused.

const LINES = 200;
const LOOK = 1000; // milliseconds between two looks

// `$` finds an element of the token's part, `request` asks its API, `save` gives a file to the
// user, `press` marks a button as pressed, `tried` does something and says what went wrong. Gives a
// function that takes whether the trace records.
export function openTrace({ $, request, save, press, tried }) {
  let running = false;
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

  function look() {
    const seen = $("trace").closest("details").open && !pressed($("trace-pause"));
    if (running && seen) show().catch(() => {}); // that nobody answers is told elsewhere
  }

  $("trace").addEventListener("click", () => tried(record));
  $("trace-pause").addEventListener("click", () => press($("trace-pause"), !pressed($("trace-pause"))));
  $("trace-filter").addEventListener("input", () => tried(show));
  $("save-trace-text").addEventListener("click", () => tried(() => save("/trace.txt", "trace.txt")));
  $("save-trace-vcd").addEventListener("click", () => tried(() => save("/trace.vcd", "trace.vcd")));
  setInterval(look, LOOK);

  // Follows the token's state: another page may have begun or ended the trace.
  return (tracing) => {
    running = tracing;
    press($("trace"), tracing);
  };
}
