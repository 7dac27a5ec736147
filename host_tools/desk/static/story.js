// The demonstration: where its user is in the story, and the letter that the post has brought with
// the token, whose back has a serial number then. The bank is a frame of another origin; whenever it has a new page, this one asks how the story goes.

export function openStory(secret) {
  const $ = (id) => document.getElementById(id);
  const steps = [...document.querySelectorAll(".story [data-step]")];

  async function tellStory() {
    const answer = await fetch(`/api/v1/story?lang=${document.documentElement.lang}`, { headers: { Authorization: `Bearer ${secret}` } });
    if (!answer.ok) return;
    const { step, letter, serial } = await answer.json();
    const now = steps.findIndex((item) => item.dataset.step === step);
    steps.forEach((item, place) => {
      item.classList.toggle("done", now < 0 || place < now);
      if (place === now) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
    });
    $("what-now").textContent = $("what-to-do").content.querySelector(`[data-step="${step}"]`).textContent;
    if (!letter || !$("letter").hidden) return;
    showLetter(letter);
    $("back-serial").textContent = serial;
    $("back").hidden = false;
  }

  function showLetter(letter) {
    const written = new DOMParser().parseFromString(letter, "text/html").querySelector("main");
    $("letter-text").lang = written.lang;
    for (const element of [...written.children]) {
      const level = { H1: "h3", H2: "h4" }[element.tagName];
      const own = level ? document.createElement(level) : element;
      if (level) own.textContent = element.textContent;
      $("letter-text").append(own);
    }
    $("letter").hidden = false;
  }

  $("bank").addEventListener("load", tellStory);
  tellStory();
}
