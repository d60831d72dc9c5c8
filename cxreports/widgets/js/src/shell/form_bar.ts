/** The top bar of a page that is a form: what the server said of it stays until the next page. */

import type { Model } from "../afm";
import { t } from "../language";
import { change, chosen } from "../page/view";
import { frameIn } from "./frame";
import { reload } from "./open_page";
import { BASE, shell, token, type State } from "./state";
import { hear, tell } from "./together";
import { goTo, liven } from "./top_bar";

type Callback = (...args: any[]) => void;

/** A model that nobody is behind. */
class Still implements Model {
  private readonly state: Record<string, unknown>;
  private readonly listeners = new Map<string, Set<Callback>>();

  constructor(state: State) {
    this.state = { ...state };
  }

  get<T>(name: string): T {
    return this.state[name] as T;
  }

  set(name: string, value: unknown): void {
    this.state[name] = value;
    this.listeners.get(`change:${name}`)?.forEach((callback) => callback());
  }

  on(event: string, callback: Callback): void {
    if (!this.listeners.has(event)) this.listeners.set(event, new Set());
    this.listeners.get(event)!.add(callback);
  }

  save_changes(): void {}
  send(): void {}
  off(): void {}
}

/** Keep a choice with the person, for the pages to come. */
async function keep(choices: Record<string, string>): Promise<void> {
  const body = new URLSearchParams({ ...choices, _xsrf: token() });
  await fetch(`${BASE}profile/choices`, { method: "POST", body }).catch(() => undefined);
}

/** Show a zone; times on the page are those of the one before until it is loaded again. */
function showZone(model: Model, zone: string): void {
  change(model, { zone });
  if (document.querySelector("[data-zoned]")) reload(t("The time zone was changed on another page."));
}

export function formBar(): void {
  const header = document.querySelector<HTMLElement>("[data-shell]");
  if (!header || !shell) return;
  const model = new Still(shell);
  const zone = async (name: string) => {
    await keep({ zone: name });
    tell({ zone: name });
    showZone(model, name);
  };
  liven(frameIn(header), model, { customer: goTo, zone: (name) => void zone(name) });
  hear((news) => {
    if (news.zone && news.zone !== chosen(model, "zone")) showZone(model, news.zone);
  });
}
