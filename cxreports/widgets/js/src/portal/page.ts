/** A page and its kernel.
 *
 * A page that nobody has seen for a while gives its kernel back: its process ends, and what it has drawn
 * stays. As soon as it is seen or used again it asks for itself anew, and goes on with the kernel that has
 * made that; what was clicked meanwhile is said to it then. So it does after its kernel was lost: to a
 * computer that slept, or a server that was started again.
 */

import { t } from "../language";
import { wishes } from "../page/live_page";
import { banner } from "../shell/banner";
import { isOver, sayOver } from "../shell/open_page";
import { token } from "../shell/state";
import { Kernel } from "./kernel";
import type { Models } from "./models";

/** What the server sends with the page. */
export interface Start {
  base: string;
  kernel: string;
  root: string;
  states: Record<string, Record<string, unknown>>;
  /** After so many seconds out of sight a page gives its kernel back. */
  sleeps_after_s: number;
}

const BUSY_DELAY_MS = 150;
const TRY_AGAIN_MS = 5_000;
/** A page that is asleep is open all the same: as often it keeps the session from idling out. */
const STILL_HERE_MS = 10 * 60_000;

const isSeen = (): boolean => document.visibilityState === "visible";

/** What the page holds for its script; null for another page. */
export function startOf(page: Document): Start | null {
  const data = page.getElementById("cx-start")?.textContent;
  return data ? (JSON.parse(data) as Start) : null;
}

export class Page {
  private kernel: Kernel | undefined;
  private isWaking = false;
  private busyTimer: ReturnType<typeof setTimeout> | undefined;
  private sleepTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private start: Start,
    private readonly models: Models,
  ) {
    models.wanted = () => void this.wake();
    this.join();
    addEventListener("pagehide", (event) => {
      if (!event.persisted) this.leave();
    });
    document.addEventListener("visibilitychange", () => this.watchOver());
    this.watchOver();
    setInterval(() => void this.stayOpen(), STILL_HERE_MS);
  }

  private join(greet?: () => void): void {
    this.kernel = new Kernel(this.start.base, this.start.kernel, {
      message: (message) => {
        if (message.header.msg_type === "status") this.showBusy(message.content.execution_state === "busy");
        else this.models.receive(message);
      },
      open: (again) => {
        banner("");
        // What the kernel said in the meantime is lost.
        if (again) this.models.get(this.start.root)?.send({ resend: true });
      },
      lost: () => banner(t("The connection to the server is lost. Trying again…"), t("Reload")),
      gone: () => this.rest(),
      dead: async (code) => {
        if (await isOver()) sayOver();
        else banner(ended(code), t("Reload"));
      },
    });
    this.models.join(this.kernel, greet);
  }

  /** End the kernel. */
  private leave(): void {
    if (!this.kernel) return;
    this.kernel.close();
    this.kernel = undefined;
    const form = new FormData();
    form.set("_xsrf", token());
    navigator.sendBeacon(`${this.start.base}api/kernels/${this.start.kernel}/end`, form);
  }

  private watchOver(): void {
    clearTimeout(this.sleepTimer);
    if (isSeen()) return;
    this.sleepTimer = setTimeout(() => this.sleep(), this.start.sleeps_after_s * 1000);
  }

  private sleep(): void {
    // It may be writing a file that somebody waits for.
    if ("busy" in document.documentElement.dataset) return this.watchOver();
    this.leave();
    this.rest();
  }

  /** Be without a kernel until the page is seen. */
  private rest(): void {
    this.kernel = undefined;
    this.models.part();
    document.documentElement.dataset["asleep"] = "";
    if (isSeen()) void this.wake();
  }

  private async wake(): Promise<void> {
    if (this.kernel || this.isWaking) return;
    this.isWaking = true;
    this.showBusy(true);
    const next = await this.again();
    this.isWaking = false;
    if (next) {
      delete document.documentElement.dataset["asleep"];
      this.models.adopt(this.start.root, next.root, next.states);
      this.start = next;
      this.join(() => this.models.get(next.root)?.send({ hello: wishes() }));
      this.watchOver();
    } else if (await isOver()) {
      this.showBusy(false);
      sayOver();
    } else {
      banner(t("The connection to the server is lost. Trying again…"), t("Reload"));
      // Not all at once, when a server comes back.
      if (isSeen()) setTimeout(() => void this.wake(), TRY_AGAIN_MS * (1 + Math.random()));
    }
  }

  /** Ask for this page once more; null where there is none. */
  private async again(): Promise<Start | null> {
    const answer = await fetch(location.href, { cache: "no-store" }).catch(() => null);
    if (!answer?.ok) return null;
    const text = await answer.text().catch(() => "");
    return startOf(new DOMParser().parseFromString(text, "text/html"));
  }

  private async stayOpen(): Promise<void> {
    if ("asleep" in document.documentElement.dataset && (await isOver("session/open"))) sayOver();
  }

  private showBusy(isBusy: boolean): void {
    clearTimeout(this.busyTimer);
    const root = document.documentElement;
    if (isBusy) this.busyTimer = setTimeout(() => (root.dataset["busy"] = ""), BUSY_DELAY_MS);
    else delete root.dataset["busy"];
  }
}

function ended(code?: number): string {
  if (code === 4003) return t("This page needed too much memory and was ended. Reload it and choose less.");
  if (code === 4004) return t("This page computed for too long and was ended. Reload it and choose less.");
  return t("This page's session has ended.");
}
