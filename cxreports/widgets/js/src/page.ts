/** The page: places its parts, shows notices, and tells Python what this browser brings along. */

import { watch, type Host, type Model, type RenderProps, type Widget } from "./afm";
import { h } from "./dom";
import { t } from "./language";
import { ownZone } from "./own_zone";

export interface Notice {
  kind: "error" | "empty";
  title: string;
  text: string;
  code: string;
}

export async function place(host: Host, ref: string, el: HTMLElement, signal?: AbortSignal): Promise<void> {
  const widget = await host.getWidget(ref);
  await widget.render({ el, signal });
}

export function noticeOf(notice: Notice, close: () => void): HTMLElement {
  return h(
    "div",
    {
      class: `cx-card cx-notice cx-${notice.kind}`,
      role: notice.kind === "error" ? "alert" : "status",
    },
    h(
      "div",
      {},
      h("strong", {}, notice.title),
      h("p", {}, notice.text),
      notice.code && h("code", {}, notice.code),
    ),
    notice.kind === "error" && h("button", { type: "button", class: "cx-btn", onClick: close }, t("Dismiss")),
  );
}

/** What the address asks for; the page answers with a view that goes back into the address. */
function wish(): Record<string, string> {
  const asked = Object.fromEntries(new URLSearchParams(location.search));
  return { ...asked, browser_zone: ownZone() };
}

function remember(view: Record<string, string>): void {
  const query = new URLSearchParams(view)
    .toString()
    .replaceAll("%2F", "/")
    .replaceAll("%3A", ":")
    .replaceAll("%2C", ",");
  if (query) history.replaceState(null, "", `${location.pathname}?${query}${location.hash}`);
}

/** Say what this browser wishes, and keep the view that comes of it in the address. */
export function greet(model: Model, portal: boolean): void {
  model.send({ hello: portal ? wish() : {} });
  if (!portal) return;
  // The first drawing may be what is wished already: then nothing changes any more.
  remember(model.get("view"));
  model.on("change:view", () => remember(model.get("view")));
}

async function render({ model, el, host, signal }: RenderProps): Promise<void> {
  if (!host) throw new Error("This page needs anywidget 0.11 or later.");
  const parts = model.get<Record<string, string>>("parts");
  const references = model.get<Record<string, string>>("widgets");
  const bar = h("header", { "data-part": "topbar" });
  const controls = h("div", { "data-part": "controls" });
  const notices = h("div", { class: "cx-notices" });
  const board = h("section", { class: "cx-board", "aria-label": t("Widgets") });
  const main = h("main", { class: "cx-main" }, controls, notices, board);
  const portal = document.documentElement.dataset["cxPortal"] !== undefined;

  watch(
    model,
    ["notice", "empty"],
    () => {
      const notice = model.get<Notice | { title?: undefined }>("notice");
      notices.replaceChildren(
        ...(notice.title !== undefined ? [noticeOf(notice, () => notices.replaceChildren())] : []),
      );
      for (const part of [controls, board]) part.hidden = model.get("empty");
    },
    signal,
  );

  const placed = new Map<string, HTMLElement>();
  /** Put the chosen widgets in their order; each is drawn when it is first shown. */
  const arrange = async () => {
    const shown = model.get<string[]>("shown").filter((id) => id in references);
    const fresh = shown.filter((id) => !placed.has(id));
    for (const id of fresh) placed.set(id, h("section", { "data-part": id }));
    const wanted = shown.map((id) => placed.get(id)!);
    for (const element of [...board.children]) {
      if (!wanted.includes(element as HTMLElement)) element.remove();
    }
    wanted.forEach((element, at) => {
      if (board.children[at] !== element) board.insertBefore(element, board.children[at] ?? null);
    });
    await Promise.all(fresh.map((id) => place(host, references[id]!, placed.get(id)!, signal)));
  };

  el.classList.add("cx", "cx-page");
  greet(model, portal);
  // The charts must be in the document when they measure their width.
  el.replaceChildren(bar, main);
  await Promise.all([
    place(host, parts["topbar"]!, bar, signal),
    place(host, parts["controls"]!, controls, signal),
    arrange(),
  ]);
  watch(model, ["shown"], () => void arrange(), signal);
}

export default { render } satisfies Widget;
