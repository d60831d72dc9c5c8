/** The editor of a report's schedule: the sentence, the next dates and the mail follow what is typed. */

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

/** What arrives: the pages of what is typed, drawn when it is asked for as it takes seconds, and the mail. */
class Preview {
  private readonly picture: HTMLImageElement;
  private readonly status: HTMLElement;
  private readonly turn: HTMLElement;
  private readonly buttons: Record<"draw" | "back" | "on", HTMLButtonElement>;
  /** What the pages that are shown were drawn of. */
  private drawn = new URLSearchParams();
  private page = 1;
  private pages = 1;

  constructor(
    private readonly form: HTMLFormElement,
    private readonly panel: HTMLElement,
  ) {
    this.picture = panel.querySelector("img")!;
    this.status = panel.querySelector("[role=status]")!;
    this.turn = panel.querySelector("nav")!;
    const button = (what: string) => panel.querySelector<HTMLButtonElement>(`[data-do=${what}]`)!;
    this.buttons = { draw: button("draw"), back: button("back"), on: button("on") };
    this.buttons.draw.addEventListener("click", () => void this.draw(typedInto(form), 1));
    this.buttons.back.addEventListener("click", () => void this.draw(this.drawn, this.page - 1));
    this.buttons.on.addEventListener("click", () => void this.draw(this.drawn, this.page + 1));
    const mail = panel.querySelector<HTMLElement>('[data-shown="mail"]')!;
    const refresh = follow(form, mail, panel.dataset["mail"]!, (faults) => this.tell(faults));
    panel.addEventListener("change", () => this.show() === "mail" && void refresh());
    panel.hidden = false;
    this.show();
  }

  /** Show what is chosen; gives what that is. */
  private show(): string {
    const chosen =
      this.panel.querySelector<HTMLInputElement>('input[name="cx-shown"]:checked')?.value ?? "pages";
    for (const part of this.panel.querySelectorAll<HTMLElement>("[data-shown]")) {
      part.hidden = part.dataset["shown"] !== chosen;
    }
    this.buttons.draw.hidden = chosen !== "pages";
    this.status.textContent = "";
    return chosen;
  }

  private tell(faults: Faults): void {
    this.status.textContent = Object.values(faults).join(" ");
  }

  private async draw(asked: URLSearchParams, page: number): Promise<void> {
    for (const each of Object.values(this.buttons)) each.disabled = true;
    this.status.textContent = this.panel.dataset["waits"]!;
    try {
      const answer = await fetch(`${this.panel.dataset["preview"]!}?${asked}&page=${page}`);
      if (answer.ok) {
        this.pages = Number(answer.headers.get("Cx-Pages"));
        [this.drawn, this.page] = [asked, Math.min(page, this.pages)];
        this.picture.src = await dataUrl(await answer.blob());
        this.picture.hidden = false;
        this.status.textContent = "";
      } else {
        this.tell(((await answer.json()) as { faults: Faults }).faults);
      }
    } catch {
      this.status.textContent = this.panel.dataset["failed"]!;
    } finally {
      this.settle();
    }
  }

  /** Say which page it is, and let those be turned to that there are. */
  private settle(): void {
    const words = this.panel.dataset["page"]!;
    const said = words.replace("{number}", String(this.page)).replace("{count}", String(this.pages));
    this.picture.alt = this.turn.querySelector("span")!.textContent = said;
    this.turn.hidden = this.pages < 2;
    this.buttons.draw.disabled = false;
    this.buttons.back.disabled = this.page < 2;
    this.buttons.on.disabled = this.page >= this.pages;
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
  const panel = document.getElementById("cx-page");
  if (panel) new Preview(form, panel);
  showFields(form);
}
