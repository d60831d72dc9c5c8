/** What else can be done with a page, in a menu at the end of its title line. */

import { type Model } from "../afm";
import { h } from "../dom";
import { download } from "../grid/clipboard";
import { openMenu } from "../grid/menu";
import { isRightToLeft, t } from "../language";
import { isPortal } from "./live_page";

/** Go to the saved views; with a page's name, to save what it shows. */
function goToViews(page?: string): void {
  const asked = new URLSearchParams(page ? location.search : "");
  if (page) asked.set("from_page", page);
  location.assign(`views${page ? `?${asked}` : ""}`);
}

export function moreMenu(model: Model, page: "dashboard" | "cdr", signal?: AbortSignal): HTMLElement {
  const button: HTMLButtonElement = h(
    "button",
    {
      type: "button",
      class: "cx-btn cx-more-page",
      "aria-haspopup": "menu",
      "aria-label": t("More"),
      title: t("More"),
      onClick: () => {
        const { left, right, bottom } = button.getBoundingClientRect();
        const items = [
          ...(isPortal()
            ? [
                { label: t("Save this view…"), act: () => goToViews(page) },
                { label: t("Saved views"), act: () => goToViews() },
                null,
              ]
            : []),
          { label: t("Open as notebook"), act: () => model.send({ ask: "notebook" }) },
        ];
        openMenu(items, isRightToLeft() ? left : right, bottom, button, t("More"));
      },
    },
    "⋯",
  );
  const receive = (content: { notebook?: string }, buffers: DataView[]) => {
    if (content.notebook && buffers[0]) download(content.notebook, "application/x-ipynb+json", buffers[0]);
  };
  model.on("msg:custom", receive);
  signal?.addEventListener("abort", () => model.off("msg:custom", receive));
  return button;
}
