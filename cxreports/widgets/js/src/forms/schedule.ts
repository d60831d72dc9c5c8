/** The editor of a report's schedule: the sentence and the next dates follow what is typed. */

import { h } from "../dom";
import { follow } from "./following";

/** Show the fields that belong to how often it comes. */
function showFields(form: HTMLFormElement): void {
  const chosen = form.querySelector<HTMLInputElement>('input[name="every"]:checked')?.value ?? "";
  for (const part of form.querySelectorAll<HTMLElement>("[data-for]")) {
    part.hidden = !part.dataset["for"]!.split(" ").includes(chosen);
  }
}

export function followSchedule(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-when]");
  const shown = document.getElementById("cx-when");
  if (!form || !shown) return;
  follow(form, shown, form.dataset["when"]!, (faults) => {
    const texts = Object.values(faults);
    if (texts.length) shown.replaceChildren(h("p", { class: "cx-said cx-bad" }, texts.join(" ")));
  });
  form.addEventListener("input", () => showFields(form));
  showFields(form);
}
