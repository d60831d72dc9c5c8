/** The editor of an alert rule: its replay follows what is typed, and a neighbouring threshold is taken over. */

const PAUSE_MS = 300;

const field = (form: HTMLFormElement, name: string): HTMLInputElement | null =>
  form.elements.namedItem(name) as HTMLInputElement | null;

function address(form: HTMLFormElement): string {
  const typed = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && name !== "_xsrf") typed.set(name, value);
  }
  // What is not named yet is tried all the same.
  if (!typed.get("title")) typed.set("title", "…");
  return `${form.dataset["preview"]}?${typed}`;
}

/** Say what is wrong at the fields, and what was wrong no longer. */
function showFaults(form: HTMLFormElement, faults: Record<string, string>): void {
  for (const note of form.querySelectorAll("[data-typed-fault]")) note.remove();
  for (const element of form.querySelectorAll('[aria-invalid="true"]')) {
    element.removeAttribute("aria-invalid");
  }
  for (const [name, text] of Object.entries(faults)) {
    const at = field(form, name);
    if (!at) continue;
    at.setAttribute("aria-invalid", "true");
    const note = document.createElement("small");
    note.className = "cx-field-error";
    note.dataset["typedFault"] = name;
    note.textContent = text;
    at.after(note);
  }
}

export function followRule(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-preview]");
  const shown = document.getElementById("cx-preview");
  if (!form || !shown) return;
  let timer = 0;
  let asked = new AbortController();
  const refresh = async (): Promise<void> => {
    asked.abort();
    asked = new AbortController();
    shown.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address(form), { signal: asked.signal });
      if (answer.ok) {
        shown.innerHTML = await answer.text();
        showFaults(form, {});
      } else if (answer.status === 422) {
        showFaults(form, ((await answer.json()) as { faults: Record<string, string> }).faults);
      }
      shown.removeAttribute("aria-busy");
    } catch (error) {
      if ((error as Error).name !== "AbortError") shown.removeAttribute("aria-busy");
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void refresh(), PAUSE_MS);
  });
  if (!shown.childElementCount) void refresh();
  shown.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLButtonElement>("button[data-threshold]");
    if (!button) return;
    event.preventDefault();
    field(form, "threshold")!.value = button.dataset["threshold"]!;
    field(form, "reset")!.value = button.dataset["reset"]!;
    void refresh();
  });
}
