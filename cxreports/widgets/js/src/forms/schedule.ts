/** The editor of a report's schedule: the sentence and the next dates follow what is typed. */

const PAUSE_MS = 300;

function address(form: HTMLFormElement): string {
  const typed = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && name !== "_xsrf") typed.append(name, value);
  }
  return `${form.dataset["when"]}?${typed}`;
}

/** Show the fields that belong to how often it comes. */
function showFields(form: HTMLFormElement): void {
  const chosen = form.querySelector<HTMLInputElement>('input[name="every"]:checked')?.value ?? "";
  for (const part of form.querySelectorAll<HTMLElement>("[data-for]")) {
    part.hidden = !part.dataset["for"]!.split(" ").includes(chosen);
  }
}

function say(shown: HTMLElement, faults: Record<string, string>): void {
  const note = document.createElement("p");
  note.className = "cx-said cx-bad";
  note.textContent = Object.values(faults).join(" ");
  shown.replaceChildren(note);
}

export function followSchedule(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-when]");
  const shown = document.getElementById("cx-when");
  if (!form || !shown) return;
  let timer = 0;
  let asked = new AbortController();
  const refresh = async (): Promise<void> => {
    asked.abort();
    asked = new AbortController();
    try {
      const answer = await fetch(address(form), { signal: asked.signal });
      if (answer.ok) shown.innerHTML = await answer.text();
      else if (answer.status === 422) say(shown, (await answer.json()).faults);
    } catch (error) {
      if ((error as Error).name !== "AbortError") throw error;
    }
  };
  form.addEventListener("input", () => {
    showFields(form);
    clearTimeout(timer);
    timer = window.setTimeout(() => void refresh(), PAUSE_MS);
  });
  showFields(form);
}
