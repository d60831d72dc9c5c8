/** Downloads of call records: pieces come over the widget's comm and are put together to a file. */

import { watch, type Model } from "../afm";
import { h, setText } from "../dom";
import { t, written } from "../language";
import { confirmLink } from "../link";
import { chosen } from "../page/view";

type Form = "csv" | "parquet";

const MEDIA: Record<Form, string> = {
  csv: "text/csv;charset=utf-8",
  parquet: "application/vnd.apache.parquet",
};
const KEEP_MS = 60_000;
const MEGABYTE = 1e6;

const megabytes = (bytes: number): string => written((bytes / MEGABYTE).toFixed(1));

interface Delivery {
  key: string;
  form: Form;
  parts: Blob[];
  bytes: number;
}

interface Said {
  delivery?: string;
  state?: "piece" | "done" | "failed";
  text?: string;
  confirm?: boolean;
  share?: number;
}

function save(name: string, contents: Blob): void {
  const url = URL.createObjectURL(contents);
  const link = h("a", { href: url, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  // Some browsers read the file only after the click was handled.
  setTimeout(() => URL.revokeObjectURL(url), KEEP_MS);
}

export function downloads(model: Model, signal?: AbortSignal): HTMLElement[] {
  let current: Delivery | null = null;
  const notice = h("span", { class: "cx-muted cx-small", role: "status" });
  const bar = h("progress", { max: 1, value: 0, "aria-label": t("Download") });
  const stop = h("button", { type: "button", class: "cx-btn" }, t("Cancel"));
  const going = h("span", { class: "cx-cdr-going", hidden: true }, bar, stop);

  const end = (text: string, confirm = false) => {
    current = null;
    delete document.documentElement.dataset["delivering"];
    going.hidden = true;
    for (const button of buttons) button.disabled = !model.get<number>("pages");
    setText(notice, text);
    if (confirm) notice.append(" ", confirmLink());
  };
  const start = (form: Form) => {
    const key = `${Date.now()}-${Math.random()}`;
    current = { key, form, parts: [], bytes: 0 };
    // Until it is there the page keeps its kernel.
    document.documentElement.dataset["delivering"] = "";
    bar.value = 0;
    going.hidden = false;
    for (const button of buttons) button.disabled = true;
    setText(notice, t("Preparing…"));
    model.send({ download: form, key });
  };
  const button = (form: Form, label: string) =>
    h(
      "button",
      {
        type: "button",
        class: "cx-btn",
        title: t(
          "All of these calls as {form}, oldest first, with the columns that are shown; times are UTC",
          { form: label },
        ),
        onClick: () => start(form),
      },
      label,
    );
  const buttons = [button("csv", "CSV"), button("parquet", "Parquet")];
  const receive = (content: Said, buffers: DataView[]) => {
    if (!current || content.delivery !== current.key) return;
    if (content.state === "failed") {
      return end(content.text ?? t("The download failed."), content.confirm);
    }
    if (content.state === "done") {
      const { form, parts, bytes } = current;
      const name = `${model.get<string>("file")}.${form}`;
      save(name, new Blob(parts, { type: MEDIA[form] }));
      return end(t("Saved {file}, {size} MB.", { file: name, size: megabytes(bytes) }));
    }
    const [piece] = buffers;
    if (!piece) return;
    // A blob of its own may rest on the disk; the bytes of the message may not.
    current.parts.push(new Blob([piece as BlobPart]));
    current.bytes += piece.byteLength;
    bar.value = content.share ?? 0;
    setText(notice, t("{size} MB", { size: megabytes(current.bytes) }));
    model.send({ taken: current.key });
  };
  stop.addEventListener("click", () => {
    if (current) model.send({ stop: current.key });
    end(t("Cancelled."));
  });
  model.on("msg:custom", receive);
  // The page has another kernel now, which knows nothing of it.
  const lose = () => {
    if (current) end(t("The download failed."));
  };
  model.on("adopted", lose);
  watch(
    model,
    ["pages"],
    () => {
      if (!current) for (const each of buttons) each.disabled = !model.get<number>("pages");
    },
    signal,
  );
  signal?.addEventListener("abort", () => {
    model.off("msg:custom", receive);
    model.off("adopted", lose);
  });
  const label = h("span", { class: "cx-muted cx-small" }, t("Download"));
  return [notice, going, h("span", { class: "cx-cdr-going" }, label, ...buttons)];
}
