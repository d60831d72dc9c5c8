/** The dashboard's page: title line, notices, and the widgets that a person chose. */

import { type RenderProps, type Widget } from "../afm";
import { escapeHides, ZOOM_EVENT } from "../chart/gestures";
import { h } from "../dom";
import { t } from "../language";
import { legend } from "./legend";
import { livePage, place } from "./live_page";
import { change, chosen, watchView } from "./view";

async function render(props: RenderProps): Promise<void> {
  const { model, signal } = props;
  const references = model.get<Record<string, string>>("widgets");
  const controls = h("div", { "data-part": "controls" });
  const board = h("section", { class: "cx-board", "aria-label": t("Widgets") });
  const host = await livePage(props, {
    head: [controls],
    body: [board],
    hides: [controls, board],
    parts: { controls },
  });
  const placed = new Map<string, HTMLElement>();
  const key = legend(model, signal);
  const graphs = model.get<string[]>("graphs");
  board.addEventListener(ZOOM_EVENT, (event) => {
    const zoom = (event as CustomEvent<string>).detail;
    if (zoom !== chosen(model, "zoom")) change(model, { zoom });
  });
  escapeHides(signal);
  /** Put the chosen widgets in their order; each is drawn when it is first shown. */
  const arrange = async () => {
    const shown = chosen(model, "widgets")
      .split(",")
      .filter((id) => id in references);
    const fresh = shown.filter((id) => !placed.has(id));
    for (const id of fresh) placed.set(id, h("section", { "data-part": id }));
    const wanted = shown.map((id) => placed.get(id)!);
    const first = shown.findIndex((id) => graphs.includes(id));
    if (first >= 0) wanted.splice(first, 0, key);
    for (const element of [...board.children]) {
      if (!wanted.includes(element as HTMLElement)) element.remove();
    }
    wanted.forEach((element, at) => {
      if (board.children[at] !== element) board.insertBefore(element, board.children[at] ?? null);
    });
    await Promise.all(fresh.map((id) => place(host, references[id]!, placed.get(id)!, signal)));
  };
  let first: Promise<void> | undefined;
  watchView(model, ["widgets"], () => void (first = arrange()), signal);
  await first;
}

export default { render } satisfies Widget;
