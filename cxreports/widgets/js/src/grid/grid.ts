/** A grid in a card: tabs and columns to choose, the table, and the status bar of the selection. */

import { choose, watch, type Model, type RenderProps, type Widget } from "../afm";
import { h, setText } from "../dom";
import { isRightToLeft, t } from "../language";
import styles from "./styles";
import { chooser, tabsOf } from "./choosing";
import { copy, download, tabbed } from "./clipboard";
import { COPY_HEADERS_KEYS, COPY_KEYS, listenToKeys, listenToPointer } from "./input";
import type { Shown } from "./layout";
import { openMenu } from "./menu";
import { addressOf, listenToOpening, open } from "../call_records/opening";
import { confirmLink } from "../link";
import { pythonItem } from "../python";
import { Rows, type Column, type Direction, type RowsTrait } from "./rows";
import { Selection, type Area } from "./selection";
import { extent, tell, Unfolding } from "./status";
import { listenToTouch } from "./touch";
import { View } from "./view";
import { printTable } from "../paper/table";

interface Received {
  download?: string;
  type?: string;
  failed?: string;
  confirm?: boolean;
}

const SAID_MS = 4000;
const STYLE_ID = "cx-grid-styles";
const CARRIED_ROWS = 5000;

function style(): void {
  if (document.getElementById(STYLE_ID)) return;
  document.head.append(h("style", { id: STYLE_ID }, styles));
}

/** Take the packed rows from the widget's state, else ask Python for them. */
function fetched(model: Model, trait: RowsTrait): Promise<Uint8Array> {
  if (trait.inline) {
    return Promise.resolve(Uint8Array.from(atob(trait.inline), (c) => c.charCodeAt(0)));
  }
  return new Promise((resolve) => {
    const receive = (content: { rows?: number }, buffers: DataView[]) => {
      const [part] = buffers ?? [];
      if (content.rows !== trait.key || !part) return;
      model.off("msg:custom", receive);
      resolve(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
    };
    model.on("msg:custom", receive);
    model.send({ ask: "rows" });
  });
}

/** Find the areas again among new rows, by what stands in the first column at their ends. */
function carried(areas: Area[], before: Rows, after: Rows, key: string): Area[] {
  if (!areas.length || after.count > CARRIED_ROWS || before.count > CARRIED_ROWS) return [];
  const at = new Map<string, number>();
  for (let row = 0; row < after.count; row++) at.set(after.exact(row, key), row);
  if (at.size !== after.count) return [];
  return areas.flatMap((area) => {
    if (area.bottom - area.top === before.count) return [{ ...area, top: 0, bottom: after.count }];
    const top = at.get(before.exact(area.top, key));
    const last = at.get(before.exact(area.bottom - 1, key));
    const height = area.bottom - area.top;
    return top !== undefined && last === top + height - 1 ? [{ ...area, top, bottom: last + 1 }] : [];
  });
}

function copied(headers: boolean, blanks: boolean, cells: string): string {
  if (headers && blanks) return t("Copied {cells} with headers, blank where nothing is selected.", { cells });
  if (headers) return t("Copied {cells} with headers.", { cells });
  if (blanks) return t("Copied {cells}, blank where nothing is selected.", { cells });
  return t("Copied {cells}.", { cells });
}

function render({ model, el, signal }: RenderProps): void {
  style();
  const selection = new Selection(0, 0);
  const view = new View(selection, model.get<string>("title"));
  const heading = h("h2", {});
  const note = h("span", { class: "cx-muted cx-small" });
  const none = h("p", { class: "cx-none", hidden: true });
  const bar = h("div", { class: "cx-grid-figures", role: "status", "aria-live": "polite" });
  const notice = h("span", { class: "cx-grid-said", role: "status" });
  const more = h(
    "button",
    {
      type: "button",
      class: "cx-grid-more",
      "aria-label": t("Copy or export the selected cells"),
      "aria-haspopup": "menu",
      title: t("Copy or export the selected cells"),
      "data-lm-suppress-shortcuts": "true",
    },
    "⋯",
  );
  const unfolding = new Unfolding(bar);
  const status = h("div", { class: "cx-grid-status" }, bar, unfolding.button, notice, more);
  el.classList.add("cx", "cx-card", "cx-grid");
  el.replaceChildren(
    h(
      "div",
      { class: "cx-head" },
      heading,
      tabsOf(model, signal),
      note,
      h("span", { class: "cx-spring" }),
      chooser(model),
    ),
    none,
    view.body,
    status,
  );

  let rows: Rows | null = null;
  let wanted = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let frame = 0;

  const columns = () => {
    const hidden = new Set(model.get<string[]>("hidden"));
    return model.get<Column[]>("columns").filter((column) => !hidden.has(column.name));
  };
  const say = (text: string, confirm = false) => {
    setText(notice, text);
    clearTimeout(timer);
    if (confirm) notice.append(" ", confirmLink());
    else timer = setTimeout(() => setText(notice, ""), SAID_MS);
  };
  const changed = () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => {
      bar.setAttribute("aria-busy", String("dragging" in view.body.dataset));
      view.opened = model.get("opened");
      view.paint();
      tell(bar, rows, columns(), selection);
      unfolding.fit();
      more.hidden = !selection.areas.length;
    });
  };
  const copyCells = async (headers: boolean) => {
    if (!rows || !selection.areas.length) return;
    try {
      await copy(tabbed(rows, columns(), selection, headers));
      say(copied(headers, selection.areas.length > 1, extent(selection)));
    } catch (error) {
      say(String((error as Error).message));
    }
  };
  const exportAs = (form: "csv" | "xlsx") => {
    if (!rows || !selection.areas.length) return;
    const hull = selection.hull();
    const shown = columns();
    const sources = Uint32Array.from(hull.rows, (at) => rows!.source(at));
    say(t("Preparing {form}…", { form: form.toUpperCase() }));
    const asked = {
      form,
      key: rows.key,
      columns: hull.columns.map((at) => shown[at]!.name),
      areas: hull.areas.map((a) => [a.top, a.left, a.bottom, a.right]),
    };
    model.send({ export: asked }, undefined, [sources.buffer]);
  };
  // What is behind a whole column is behind its total.
  const chosen = () => (selection.isColumn ? { ...selection.active, row: null } : selection.active);
  const behind = (
    event?: MouseEvent | KeyboardEvent,
    { row, column }: { row: number | null; column: number } = chosen(),
  ) => open(model, rows, row, columns()[column]?.name, event);
  const menu = (x: number, y: number) =>
    openMenu(
      [
        ...(addressOf(model, rows, chosen().row, columns()[selection.active.column]?.name)
          ? [{ label: t("Show the calls"), keys: "Enter", act: () => void behind() }, null]
          : []),
        { label: t("Copy"), keys: COPY_KEYS, act: () => void copyCells(false) },
        { label: t("Copy with Headers"), keys: COPY_HEADERS_KEYS, act: () => void copyCells(true) },
        null,
        { label: t("Export CSV"), act: () => exportAs("csv") },
        { label: t("Export Excel (XLSX)"), act: () => exportAs("xlsx") },
        ...pythonItem(model.get("python"), say),
      ],
      x,
      y,
      view.body,
    );
  const sort = (at: number) => {
    const column = columns()[at];
    if (!rows || !column) return;
    view.sort = view.nextSort(column.name);
    if (model.get("remote")) {
      choose(model, { order: view.sort ?? {} });
      return;
    }
    rows.sort(view.sort);
    selection.reordered();
    view.redraw();
    changed();
  };
  more.addEventListener("click", () => {
    const box = more.getBoundingClientRect();
    menu(isRightToLeft() ? box.left : box.right, box.top);
  });
  const acts = { changed, copy: (h: boolean) => void copyCells(h), menu, sort, open: behind };
  listenToPointer(view, selection, acts);
  listenToTouch(view, selection, acts);
  listenToKeys(view, selection, acts);
  listenToOpening(view, (place, isDouble, event) => {
    if (isDouble !== model.get<boolean>("opens")) behind(event, place);
  });

  const shape = (fresh: Rows): Shown => {
    const label = model.get<string>("totals_label") || t("Total");
    const totalsLabel = model.get<RowsTrait>("rows").totals ? label : "";
    const behindTotal = (name: string) => addressOf(model, fresh, null, name);
    return { rows: fresh, columns: columns(), totalsLabel, most: model.get<number>("height"), behindTotal };
  };
  printTable(view.body, () => rows && shape(rows), signal);
  const place = (fresh: Rows) => {
    const shown = columns();
    const trait = model.get<RowsTrait>("rows");
    selection.resize(fresh.count, shown.length);
    none.hidden = fresh.count > 0;
    view.body.hidden = status.hidden = !fresh.count;
    if (fresh.count) view.show(shape(fresh), trait.totals);
    changed();
    el.dataset["drawn"] = String(fresh.key);
  };
  const load = async () => {
    const turn = ++wanted;
    const trait = model.get<RowsTrait>("rows");
    if (!trait.key) return;
    const packed = await fetched(model, trait);
    const every = model.get<Column[]>("columns");
    const fresh = await Rows.unpack(packed, every, trait, model.get("zone"));
    if (turn !== wanted || signal?.aborted) return;
    if (view.sort && !every.some((column) => column.name === view.sort!.column)) view.sort = null;
    if (model.get("remote")) {
      const order = model.get<Partial<Direction>>("order");
      view.sort = order.column ? (order as Direction) : null;
    } else fresh.sort(view.sort);
    const key = every[0]?.name;
    selection.areas = rows && key ? carried(selection.areas, rows, fresh, key) : [];
    rows = fresh;
    place(fresh);
  };
  const reshape = () => {
    // Positions of columns change their meaning.
    selection.clear();
    if (rows) place(rows);
  };
  const receive = (content: Received, buffers: DataView[]) => {
    if (content.failed) say(content.failed, content.confirm);
    if (!content.download || !buffers[0]) return;
    download(content.download, content.type!, buffers[0]);
    say(t("Saved {file}.", { file: content.download }));
  };
  model.on("msg:custom", receive);
  model.on("change:hidden", reshape);
  model.on("change:opened", changed);

  watch(
    model,
    ["title", "note", "empty"],
    () => {
      setText(heading, model.get("title"));
      heading.hidden = !model.get("title");
      setText(note, model.get("note"));
      setText(none, model.get("empty"));
    },
    signal,
  );
  watch(model, ["rows", "columns", "zone"], () => void load(), signal);
  let width = 0;
  const fit = new ResizeObserver(() => {
    if (Math.abs(el.clientWidth - width) < 1) return;
    width = el.clientWidth;
    view.refit();
    unfolding.fit();
  });
  fit.observe(el);
  signal?.addEventListener("abort", () => {
    fit.disconnect();
    clearTimeout(timer);
    model.off("msg:custom", receive);
    model.off("change:hidden", reshape);
    model.off("change:opened", changed);
    view.remove();
  });
}

export default { render } satisfies Widget;
