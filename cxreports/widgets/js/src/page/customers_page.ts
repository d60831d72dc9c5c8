/** The operator's page: title line with the ways to other pages, notices, figures, and the customers. */

import { watch, type RenderProps, type Widget } from "../afm";
import { h, setText } from "../dom";
import { isPortal, livePage } from "./live_page";

interface Way {
  label: string;
  url: string;
}

async function render(props: RenderProps): Promise<void> {
  const { model, signal } = props;
  const heading = h("h1", {});
  const asOf = h("span", { class: "cx-muted cx-small", role: "status" });
  const ways = h("nav", { class: "cx-ways" });
  const title = h("div", { class: "cx cx-controls" }, heading, asOf, h("span", { class: "cx-spring" }), ways);
  const figures = h("section", {});
  const grid = h("section", {});

  watch(
    model,
    ["title", "as_of", "ways", "ways_label"],
    () => {
      setText(heading, model.get("title"));
      setText(asOf, model.get("as_of"));
      ways.setAttribute("aria-label", model.get("ways_label"));
      const all = isPortal() ? model.get<Way[]>("ways") : [];
      ways.replaceChildren(...all.map(({ label, url }) => h("a", { href: url }, label)));
    },
    signal,
  );
  await livePage(props, {
    name: "cx-operator",
    head: [title],
    body: [figures, grid],
    hides: [figures, grid],
    parts: { figures, grid },
  });
}

export default { render } satisfies Widget;
