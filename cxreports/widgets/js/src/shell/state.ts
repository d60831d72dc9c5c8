/** What the server says of the page's shell; nothing in JupyterLab, nor for strangers. */

import type { Json } from "../afm";

export interface State {
  /** Whose page it is, so that pages of others in this browser are not listened to. */
  person: number;
  view: Record<string, string>;
  /** Where a choice of a company leads on a page that has none of its own. */
  chooses: { url: string; key: string };
  [trait: string]: Json;
}

const carried = document.getElementById("cx-shell");

export const shell: State | undefined = carried ? (JSON.parse(carried.textContent!) as State) : undefined;

/** Path that the portal's addresses begin with. */
export const BASE = carried?.dataset["base"] ?? "/";

/** The token that the server wants back with a form. */
export const token = (): string =>
  decodeURIComponent(/(?:^|; )(?:__Host-)?_xsrf=([^;]*)/.exec(document.cookie)?.[1] ?? "");
