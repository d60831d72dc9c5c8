/** What every open page of the portal does besides its own: follows the others, and notices the session's end. */

import { isSeen } from "../dom";
import { t } from "../language";
import { banner } from "./banner";
import { BASE, shell } from "./state";
import { applyTheme } from "./theme_choice";
import { hear, tell } from "./together";

const ASK_EVERY_MS = 60_000;

/** Whether something was typed that loading the page again would lose. */
function isTyped(): boolean {
  const fields = [...document.querySelectorAll<HTMLInputElement>("main input, main textarea")];
  return fields.some((field) =>
    field.type === "checkbox" || field.type === "radio"
      ? field.checked !== field.defaultChecked
      : field.value !== field.defaultValue,
  );
}

/** Load the page again, or let the person do so who has typed something. */
export function reload(reason: string): void {
  if (isTyped()) banner(reason, t("Reload"));
  else location.reload();
}

/** Whether the session is over; a server that does not answer says nothing of it. */
export async function isOver(path = "session"): Promise<boolean> {
  const answer = await fetch(`${BASE}${path}`, { redirect: "manual", cache: "no-store" }).catch(() => null);
  return answer !== null && (answer.type === "opaqueredirect" || [401, 403].includes(answer.status));
}

export function sayOver(): void {
  banner(t("Your session is over. Log in to go on where you were."), t("Log in"));
}

async function look(): Promise<void> {
  if (isSeen() && (await isOver())) sayOver();
}

/** Close the panel of further pages when something else is used, or with Escape. */
function prepareMore(): void {
  const more = document.querySelector<HTMLDetailsElement>("details.cx-further");
  if (!more) return;
  const leave = (event: Event) => {
    if (!more.contains(event.target as Node)) more.open = false;
  };
  document.addEventListener("pointerdown", leave, true);
  document.addEventListener("focusin", leave, true);
  more.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !more.open) return;
    more.open = false;
    more.querySelector("summary")!.focus();
  });
}

/** Begin; a page with a kernel hears of its session's end from that. */
export function openPage(hasKernel: boolean): void {
  if (!shell) {
    tell({ nobody: true });
    return;
  }
  const language = document.documentElement.lang;
  tell({ language });
  hear((news) => {
    if (news.theme) applyTheme(news.theme);
    if (news.language && news.language !== language) reload(t("The language was changed on another page."));
    if (news.nobody) void look();
  });
  prepareMore();
  if (hasKernel) return;
  document.addEventListener("visibilitychange", () => void look());
  setInterval(() => void look(), ASK_EVERY_MS);
}
