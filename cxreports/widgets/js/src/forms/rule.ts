/** The editor of an alert rule: its replay follows what is typed, and a neighbouring threshold is taken over. */

import { h } from "../dom";
import { follow, type Faults } from "./following";

const field = (form: HTMLFormElement, name: string): HTMLInputElement | null =>
  form.elements.namedItem(name) as HTMLInputElement | null;

/** Say what is wrong at the fields, and what was wrong no longer. */
function showFaults(form: HTMLFormElement, faults: Faults): void {
  for (const note of form.querySelectorAll("[data-typed-fault]")) note.remove();
  for (const element of form.querySelectorAll('[aria-invalid="true"]')) {
    element.removeAttribute("aria-invalid");
  }
  for (const [name, text] of Object.entries(faults)) {
    const at = field(form, name);
    if (!at) continue;
    at.setAttribute("aria-invalid", "true");
    at.after(h("small", { class: "cx-field-error", "data-typed-fault": name }, text));
  }
}

export function followRule(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-preview]");
  const shown = document.getElementById("cx-preview");
  if (!form || !shown) return;
  const refresh = follow(
    form,
    shown,
    form.dataset["preview"]!,
    (faults) => showFaults(form, faults),
    // What is not named yet is tried all the same.
    (typed) => {
      if (!typed.get("title")) typed.set("title", "…");
    },
  );
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
