/** The open pages of one person in one browser tell each other what was chosen. */

import { shell } from "./state";

export interface News {
  zone?: string;
  theme?: string;
  /** Language that a page was sent in. */
  language?: string;
  /** A page was shown to nobody: whoever had logged in may be logged out. */
  nobody?: boolean;
}

interface Letter extends News {
  person?: number;
}

const channel = "BroadcastChannel" in window ? new BroadcastChannel("cxreports") : undefined;

export function tell(news: News): void {
  channel?.postMessage({ ...news, person: shell?.person } satisfies Letter);
}

/** Hear what the person's other pages tell, and what those of nobody do. */
export function hear(act: (news: News) => void): void {
  channel?.addEventListener("message", ({ data }: MessageEvent<Letter>) => {
    if (data.nobody || (shell && data.person === shell.person)) act(data);
  });
}
