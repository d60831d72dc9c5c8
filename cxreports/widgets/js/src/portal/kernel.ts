/** The kernel's websocket (protocol v1.kernel.websocket.jupyter.org): comm messages in and out. */

export interface Message {
  channel: string;
  header: { msg_type: string; msg_id: string };
  parent_header: { msg_id?: string };
  content: any;
  buffers: DataView[];
}

const PROTOCOL = "v1.kernel.websocket.jupyter.org";
/** Close codes of the server: it has ended the kernel, and does not wait for this page to come back. */
const FINAL = [4001, 4003, 4004];
const RETRY_MS = [200, 500, 1000, 2000, 4000];

function encode(channel: string, message: object[], buffers: ArrayBuffer[]): ArrayBuffer {
  const text = new TextEncoder();
  const parts = [
    text.encode(channel),
    ...message.map((m) => text.encode(JSON.stringify(m))),
    ...buffers.map((b) => new Uint8Array(b)),
  ];
  const first = 8 * (parts.length + 2);
  const size = parts.reduce((sum, p) => sum + p.byteLength, first);
  const out = new Uint8Array(size);
  const view = new DataView(out.buffer);
  view.setBigUint64(0, BigInt(parts.length + 1), true);
  let at = first;
  parts.forEach((part, i) => {
    view.setBigUint64(8 * (i + 1), BigInt(at), true);
    out.set(part, at);
    at += part.byteLength;
  });
  view.setBigUint64(8 * (parts.length + 1), BigInt(at), true);
  return out.buffer;
}

function decode(data: ArrayBuffer): Message {
  const view = new DataView(data);
  const count = Number(view.getBigUint64(0, true));
  const offsets = Array.from({ length: count }, (_, i) => Number(view.getBigUint64(8 * (i + 1), true)));
  const text = new TextDecoder();
  const part = (i: number) => new Uint8Array(data, offsets[i]!, offsets[i + 1]! - offsets[i]!);
  const json = (i: number) => JSON.parse(text.decode(part(i)));
  const buffers: DataView[] = [];
  for (let i = 5; i < count - 1; i++) {
    buffers.push(new DataView(data, offsets[i]!, offsets[i + 1]! - offsets[i]!));
  }
  return {
    channel: text.decode(part(0)),
    header: json(1),
    parent_header: json(2),
    content: json(4),
    buffers,
  };
}

/** What was to be said to a kernel: a message's content and buffers. */
export type Speech = [content: any, buffers: ArrayBuffer[]];

export class Kernel {
  private socket: WebSocket | undefined;
  private readonly session = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
  private waiting: Speech[] = [];
  private failures = 0;
  private closed = false;

  constructor(
    private readonly base: string,
    readonly id: string,
    private readonly events: {
      message(message: Message): void;
      open(again: boolean): void;
      lost(): void;
      /** It is not there any more, or nobody answers; with what was not said to it. */
      gone(unsaid: Speech[]): void;
      dead(code?: number): void | Promise<void>;
    },
  ) {
    this.connect();
  }

  private connect(): void {
    if (this.closed) return;
    const url = new URL(`${this.base}api/kernels/${this.id}/channels`, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.searchParams.set("session_id", this.session);
    const socket = new WebSocket(url, [PROTOCOL]);
    socket.binaryType = "arraybuffer";
    let again = false;
    socket.onopen = () => {
      if (this.closed) return socket.close();
      again = this.socket !== undefined;
      this.socket = socket;
      this.failures = 0;
      for (const speech of this.waiting.splice(0)) this.say(socket, speech);
      this.events.open(again);
    };
    socket.onmessage = (event) => {
      const message = decode(event.data as ArrayBuffer);
      const state = message.content?.execution_state;
      if (message.header.msg_type === "status" && (state === "dead" || state === "restarting")) {
        this.end();
      } else {
        this.events.message(message);
      }
    };
    socket.onclose = (event) => {
      if (FINAL.includes(event.code)) this.end(event.code);
      else void this.retry();
    };
  }

  private async retry(): Promise<void> {
    if (this.closed) return;
    const wait = RETRY_MS[this.failures++];
    const isGone = wait === undefined || (this.failures > 1 && (await this.gone()));
    if (this.closed) return;
    if (isGone) {
      this.close();
      return this.events.gone(this.waiting.splice(0));
    }
    if (this.failures > 1) this.events.lost();
    setTimeout(() => this.connect(), wait);
  }

  private async gone(): Promise<boolean> {
    const url = new URL(`${this.base}api/kernels/${this.id}`, location.href);
    return fetch(url).then(
      // Nobody's kernel any more, or the person has been logged out.
      (response) => response.status === 404 || response.status === 403,
      () => false,
    );
  }

  private end(code?: number): void {
    if (this.closed) return;
    this.close();
    void this.events.dead(code);
  }

  close(): void {
    this.closed = true;
    this.socket?.close();
  }

  send(content: object, buffers: ArrayBuffer[] = []): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.say(this.socket, [content, buffers]);
    else this.waiting.push([content, buffers]);
  }

  private say(socket: WebSocket, [content, buffers]: Speech): void {
    const header = {
      msg_id: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`,
      msg_type: "comm_msg",
      session: this.session,
      username: "",
      version: "5.4",
      date: new Date().toISOString(),
    };
    socket.send(encode("shell", [header, {}, {}, content], buffers));
  }
}
