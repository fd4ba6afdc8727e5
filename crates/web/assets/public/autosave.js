// Keeps what is being typed into a form: two seconds after the last change, and when the page is left, its answers go to the form's own address.
// It never sends files, never sends while an input method is still composing, and saves no record: only the form's buttons do that.
const form = document.querySelector("form[data-keep]");
const status = form.querySelector("[data-keep-status]");
const soon = 2_000;
const longest = 60_000;
let kept = answers();
let wait = soon;
let composing = false;
let sending = false;
let timer;
let request;

/** What the form says now, without its files. */
function answers() {
  const typed = [...new FormData(form)].filter(([, value]) => typeof value === "string");
  return new URLSearchParams([...typed, ["do", "keep"]]).toString();
}

function later(time) {
  clearTimeout(timer);
  timer = setTimeout(keep, time);
}

async function keep(leaving = false) {
  clearTimeout(timer);
  const now = answers();
  if (composing || sending || now === kept) return;
  request?.abort();
  request = new AbortController();
  const { signal } = request;
  try {
    const answer = await fetch(form.getAttribute("action"), {
      method: "POST",
      body: new URLSearchParams(now),
      redirect: "manual",
      keepalive: leaving,
      signal,
    });
    if (!answer.ok || !answer.headers.get("content-type")?.startsWith("text/plain")) throw new Error("not kept");
    status.textContent = await answer.text();
    [kept, wait] = [now, soon];
  } catch {
    if (signal.aborted) return;
    // Said once; it is tried again at longer and longer intervals.
    if (wait === soon) status.textContent = form.dataset.keep;
    wait = Math.min(wait * 2, longest);
    later(wait);
  }
}

form.addEventListener("input", () => later(wait));
form.addEventListener("compositionstart", () => {
  composing = true;
});
form.addEventListener("compositionend", () => {
  composing = false;
  later(wait);
});
// What is being saved for good is not kept beside it.
form.addEventListener("submit", () => {
  sending = true;
  clearTimeout(timer);
  request?.abort();
});
addEventListener("pageshow", () => {
  sending = false;
});
addEventListener("pagehide", () => keep(true));
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") keep(true);
});
