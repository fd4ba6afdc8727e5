// Small comforts on top of pages that work without them: a what-if form answers while one changes it, and the address of a view can be
// copied. It never decides what is shown: every figure comes from the server, at an address that works by itself.
const live = document.querySelector("[data-live]");
const status = document.querySelector("[data-live-status]");
let pending;

/** Shows the page at `address` in place of the current one, keeping focus, caret and what was opened. */
async function show(address) {
  pending?.abort();
  pending = new AbortController();
  live.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, { signal: pending.signal, headers: { accept: "text/html" } });
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    const body = next.querySelector("[data-live]");
    if (!body) return location.assign(address);
    const focused = document.activeElement;
    const { id, selectionStart, selectionEnd } = focused;
    const typed = focused.matches("input[type=text]") ? focused.value : null;
    const opened = new Set([...live.querySelectorAll("details[open][id]")].map((details) => details.id));
    live.replaceChildren(...body.childNodes);
    document.title = next.title;
    // The other language shows the same view.
    document.querySelector(".language-switch").replaceWith(next.querySelector(".language-switch"));
    history.replaceState(null, "", address);
    for (const details of live.querySelectorAll("details[id]")) if (opened.has(details.id)) details.open = true;
    const again = id && document.getElementById(id);
    if (again) {
      // What is being typed stays as it was typed, even where the server writes it another way.
      if (typed !== null && again.matches("input[type=text]")) again.value = typed;
      again.focus({ preventScroll: true });
      if (typed !== null) again.setSelectionRange(selectionStart, selectionEnd);
    }
    ready();
    status.textContent = live.querySelector("[data-live-message]")?.textContent ?? "";
  } catch (fault) {
    if (fault.name !== "AbortError") location.assign(address);
  } finally {
    live.removeAttribute("aria-busy");
  }
}

/** The address that a form would lead to; blank fields say nothing and are left out. */
function addressOf(form) {
  const address = new URL(form.getAttribute("action") || location.pathname, location.href);
  const filled = [...new FormData(form)].filter(([, value]) => value !== "");
  address.search = new URLSearchParams(filled).toString();
  return address.href;
}

let timer;
live?.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-live-form]");
  if (!form) return;
  clearTimeout(timer);
  timer = setTimeout(() => show(addressOf(form)), 300);
});
live?.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-live-form]")) return;
  event.preventDefault();
  clearTimeout(timer);
  show(addressOf(event.target));
});
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(location.href);
  status.textContent = button.dataset.copied;
  button.textContent = button.dataset.copied;
});

/** What can only be done once the page is there. */
function ready() {
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
}
ready();
if (!location.hash) document.querySelector("[data-focus]")?.focus();
