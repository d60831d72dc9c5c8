/** The editor of a report's schedule: the sentence and the next dates follow what is typed. */

import { h } from "../dom";
import { type Faults, follow, typedInto } from "./following";

/** Show the fields that belong to how often it comes. */
function showFields(form: HTMLFormElement): void {
  const chosen = form.querySelector<HTMLInputElement>('input[name="every"]:checked')?.value ?? "";
  for (const part of form.querySelectorAll<HTMLElement>("[data-for]")) {
    part.hidden = !part.dataset["for"]!.split(" ").includes(chosen);
  }
}

/** A picture as an address; the page's policy has no other ones. */
function dataUrl(picture: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error ?? new Error("the picture cannot be read"));
    reader.readAsDataURL(picture);
  });
}

/** Draw the first page of what is typed, when it is asked for: it takes the server some seconds. */
function drawOnDemand(form: HTMLFormElement, panel: HTMLElement): void {
  const picture = panel.querySelector("img")!;
  const status = panel.querySelector<HTMLElement>("[role=status]")!;
  const button = panel.querySelector("button")!;
  const draw = async (): Promise<void> => {
    button.disabled = true;
    status.textContent = panel.dataset["waits"]!;
    try {
      const answer = await fetch(`${panel.dataset["preview"]!}?${typedInto(form)}`);
      if (answer.ok) {
        picture.src = await dataUrl(await answer.blob());
        picture.hidden = false;
        status.textContent = "";
      } else {
        const { faults } = (await answer.json()) as { faults: Faults };
        status.textContent = Object.values(faults).join(" ");
      }
    } catch {
      status.textContent = panel.dataset["failed"]!;
    } finally {
      button.disabled = false;
    }
  };
  button.addEventListener("click", () => void draw());
  panel.hidden = false;
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
  const panel = document.getElementById("cx-page");
  if (panel) drawOnDemand(form, panel);
  showFields(form);
}
