/** What else can be done with a dashboard, in a menu at the end of its title line. */

import { type Model } from "../afm";
import { h } from "../dom";
import { download } from "../grid/clipboard";
import { openMenu } from "../grid/menu";
import { isRightToLeft, t } from "../language";

export function moreMenu(model: Model, signal?: AbortSignal): HTMLElement {
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
        const items = [{ label: t("Open as notebook"), act: () => model.send({ ask: "notebook" }) }];
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
