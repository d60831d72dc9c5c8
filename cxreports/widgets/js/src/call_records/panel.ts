/** The panel of a call, beside the list: not modal, walked with the arrow keys, closed with Escape. */

import { watch, type Model } from "../afm";
import { h, icon, uid } from "../dom";
import { t } from "../language";
import { place } from "../link";
import { change } from "../page/view";

interface Step {
  kind: "attempt" | "ringing" | "answered" | "end";
  time: string;
  label: string;
  detail: string;
  share: number;
}

interface Line {
  label: string;
  detail: string;
  amount: string;
  kind: "" | "total";
}

export interface Call {
  key: string;
  answered: boolean;
  state: string;
  place: string;
  source: string;
  destination: string;
  when: string;
  way: string;
  timeline: Step[];
  legs: { time: string; way: string; state: string; lasted: string }[];
  ending: { code: string; tone: string; text: string; counts: string };
  charge: Line[];
  recording: { text?: string; url?: string };
  delivered: string[];
  record: { name: string; label: string; meaning: string; value: string; columns: string }[];
}

/** Under this width the panel covers the page. */
const COVERS = "(max-width: 1239px)";

const section = (title: string, ...children: (Node | string | false)[]): HTMLElement =>
  h("section", {}, h("h3", {}, title), ...children);

function timelineOf(steps: Step[]): HTMLElement {
  const bar = h("div", { class: "cx-call-bar", "aria-hidden": "true" });
  for (const { kind, share } of steps.filter((step) => step.share > 0)) {
    const part = h("i", { class: `cx-call-${kind}` });
    part.style.flexGrow = String(share);
    bar.append(part);
  }
  const list = h(
    "ol",
    { class: "cx-call-steps" },
    ...steps.map(({ kind, time, label, detail }) =>
      h(
        "li",
        { class: `cx-call-${kind}` },
        h("time", {}, time),
        h("span", {}, h("strong", {}, label), detail && h("small", {}, detail)),
      ),
    ),
  );
  return section(t("Timeline"), bar, list);
}

function legsOf(legs: Call["legs"]): HTMLElement | false {
  if (!legs.length) return false;
  const rows = legs.map(({ time, way, state, lasted }) =>
    h(
      "tr",
      {},
      h("td", { class: "cx-muted" }, time),
      h("th", { scope: "row" }, h("bdi", {}, way)),
      h("td", {}, state),
      h("td", { class: "cx-n" }, lasted),
    ),
  );
  return section(t("Legs"), h("table", {}, h("tbody", {}, ...rows)));
}

function endingOf({ code, tone, text, counts }: Call["ending"]): HTMLElement {
  return section(
    t("How it ended"),
    h("p", {}, h("span", { class: `cx-tag ${tone && `cx-${tone}`}` }, code), ` ${text}`),
    h("p", { class: "cx-muted cx-small" }, counts),
  );
}

function chargeOf(lines: Line[]): HTMLElement {
  const rows = lines.map(({ label, detail, amount, kind }) =>
    h(
      "tr",
      { class: kind ? `cx-${kind}` : null },
      h("th", { scope: "row" }, label),
      h("td", { class: "cx-muted" }, detail),
      h("td", { class: "cx-n" }, amount),
    ),
  );
  return section(t("Charge"), h("table", {}, h("tbody", {}, ...rows)));
}

function recordingOf({ text, url }: Call["recording"]): HTMLElement | false {
  if (!text) return false;
  return section(t("Recording"), h("p", {}, url ? h("a", { ...place(url) }, text) : text));
}

function recordOf({ record, delivered }: Call): HTMLElement {
  const hasColumns = record.some(({ columns }) => columns);
  const head = h(
    "tr",
    {},
    h("th", { scope: "col" }, t("Field")),
    hasColumns && h("th", { scope: "col" }, t("Column of the file")),
    h("th", { scope: "col" }, t("Value")),
  );
  const rows = record.map(({ name, label, meaning, value, columns }) =>
    h(
      "tr",
      {},
      h("th", { scope: "row", title: meaning }, label, h("code", {}, name)),
      hasColumns && h("td", {}, h("bdi", {}, columns)),
      h("td", {}, value),
    ),
  );
  const note = t("The line itself is not kept: it stands in the file. These are the values read from it.");
  return h(
    "details",
    {},
    h("summary", {}, t("The record as delivered")),
    delivered.length > 0 &&
      h("ul", { class: "cx-call-files" }, ...delivered.map((each) => h("li", {}, each))),
    h("p", { class: "cx-muted cx-small" }, note),
    h("table", { class: "cx-call-record" }, h("thead", {}, head), h("tbody", {}, ...rows)),
  );
}

function button(label: string, act: () => void, ...paths: string[]): HTMLButtonElement {
  return h(
    "button",
    { type: "button", class: "cx-btn cx-cdr-step", "aria-label": label, title: label, onClick: act },
    icon(...paths),
  );
}

/** The panel's element; `back` is where the focus goes when it closes. */
export function callPanel(model: Model, back: () => HTMLElement | null, signal?: AbortSignal): HTMLElement {
  const title = h("h2", { id: uid("cx-call"), tabindex: -1 });
  const head = h("div", { class: "cx-call-head" });
  const body = h("div", { class: "cx-call-body" });
  const panel = h(
    "aside",
    {
      class: "cx-card cx-call",
      "aria-labelledby": title.id,
      hidden: true,
      "data-lm-suppress-shortcuts": "true",
    },
    head,
    title,
    body,
  );
  const covers = matchMedia(COVERS);
  const close = () => {
    change(model, { call: "" });
    back()?.focus({ preventScroll: true });
  };
  const step = (by: 1 | -1) => model.send({ step: by });
  panel.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const acts: Record<string, () => void> = {
      ArrowDown: () => step(1),
      ArrowUp: () => step(-1),
      Escape: close,
    };
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  });
  let shown = "";
  watch(
    model,
    ["call"],
    () => {
      const call = model.get<Partial<Call>>("call") as Call;
      const hadFocus = panel.contains(document.activeElement);
      panel.hidden = !call.key;
      panel.parentElement?.classList.toggle("cx-with-call", !panel.hidden);
      if (panel.hidden) {
        shown = "";
        return;
      }
      const isNew = shown === "";
      const isOpen = body.querySelector("details")?.open ?? false;
      shown = call.key;
      head.replaceChildren(
        h("span", { class: `cx-tag${call.answered ? " cx-good" : ""}` }, call.state),
        h("span", { class: "cx-muted cx-small", role: "status" }, call.place),
        h("span", { class: "cx-spring" }),
        button(t("The call above"), () => step(-1), "M6 15l6-6 6 6"),
        button(t("The call below"), () => step(1), "M6 9l6 6 6-6"),
        button(t("Close"), close, "M6 6l12 12", "M18 6 6 18"),
      );
      title.replaceChildren(
        h("bdi", {}, call.source),
        h("span", { class: "cx-muted" }, " › "),
        h("bdi", {}, call.destination),
      );
      body.replaceChildren(
        h("p", { class: "cx-muted cx-small" }, call.when, call.way && h("br", {}), call.way),
        timelineOf(call.timeline),
        ...[legsOf(call.legs)].filter((part) => part !== false),
        endingOf(call.ending),
        chargeOf(call.charge),
        ...[recordingOf(call.recording)].filter((part) => part !== false),
        recordOf(call),
      );
      body.querySelector("details")!.open = isOpen;
      // What covers the page takes the focus; beside the list it stays where it is.
      if (hadFocus || (isNew && covers.matches)) title.focus({ preventScroll: true });
    },
    signal,
  );
  return panel;
}

/** Keys in the list while a call is open: Escape closes it, Enter goes into the panel. */
export function listenToList(list: HTMLElement, panel: HTMLElement, model: Model): void {
  let enters = false;
  list.addEventListener(
    "keydown",
    (event) => {
      if (event.key === "Escape" && !panel.hidden) {
        event.stopPropagation();
        event.preventDefault();
        change(model, { call: "" });
      }
      enters = event.key === "Enter";
      if (enters && !panel.hidden) panel.querySelector("h2")?.focus({ preventScroll: true });
    },
    true,
  );
  list.addEventListener("pointerdown", () => (enters = false), true);
  model.on("change:call", () => {
    if (!enters) return;
    enters = false;
    queueMicrotask(() => panel.querySelector("h2")?.focus({ preventScroll: true }));
  });
}
