import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** An answer as it stood on the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

const PATIENCE_MS = 10_000;

/** A connection that sends exactly the bytes it is given, and reads answers one by one. */
export class RawConnection {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #isClosed = false;
  #changed = Promise.withResolvers<void>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#tell();
    });
    // An end is as good as a close: nothing more comes.
    for (const event of ['end', 'close'])
      socket.once(event, () => {
        this.#isClosed = true;
        this.#tell();
      });
  }

  static async open(port: number): Promise<RawConnection> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** What has come and has not been read as an answer. */
  get unread(): string {
    return this.#received.toString('latin1');
  }

  send(bytes: string | Buffer): void {
    this.#socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** Vanishes, as a browser does that is closed. */
  destroy(): void {
    this.#socket.destroy();
  }

  /** The next answer; interim ones (1xx) are answers too. */
  async answer(method = 'GET'): Promise<RawAnswer> {
    const head = await this.#until(() => this.#takeHead());
    const { status } = head;
    const isBare = method === 'HEAD' || status < 200 || status === 204 || status === 304;
    return { ...head, body: isBare ? Buffer.alloc(0) : await this.#body(head) };
  }

  /** Waits until this much of an answer has come. */
  async received(text: string): Promise<void> {
    await this.#until(() => (this.unread.includes(text) ? true : undefined));
  }

  async untilClosed(): Promise<void> {
    while (!this.#isClosed) await this.#more();
  }

  #takeHead(): Omit<RawAnswer, 'body'> | undefined {
    const end = this.#received.indexOf('\r\n\r\n');
    if (end === -1) return undefined;
    const [first = '', ...lines] = this.#take(end + 4)
      .toString('latin1')
      .trimEnd()
      .split('\r\n');
    const headers = lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    });
    return { status: Number(first.split(' ')[1]), headers };
  }

  async #body(head: Omit<RawAnswer, 'body'>): Promise<Buffer> {
    if (headerOf(head, 'transfer-encoding') === 'chunked') return this.#chunks();
    const length = headerOf(head, 'content-length');
    if (length === undefined) {
      await this.untilClosed();
      return this.#take(this.#received.length);
    }
    return this.#exactly(Number(length));
  }

  async #chunks(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for (;;) {
      const end = await this.#until(() => {
        const at = this.#received.indexOf('\r\n');
        return at === -1 ? undefined : at;
      });
      const size = Number.parseInt(this.#take(end + 2).toString('latin1'), 16);
      chunks.push(await this.#exactly(size));
      await this.#exactly(2);
      if (size === 0) return Buffer.concat(chunks);
    }
  }

  async #exactly(length: number): Promise<Buffer> {
    await this.#until(() => (this.#received.length >= length ? true : undefined));
    return this.#take(length);
  }

  #take(length: number): Buffer {
    const taken = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    return taken;
  }

  async #until<Found>(look: () => Found | undefined): Promise<Found> {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (this.#isClosed) throw new Error(`the connection ended at: ${this.unread}`);
      await this.#more();
    }
  }

  async #more(): Promise<void> {
    const timer = setTimeout(() => {
      this.#changed.reject(new Error(`nothing more came after: ${this.unread.slice(0, 500)}`));
    }, PATIENCE_MS);
    await this.#changed.promise.finally(() => clearTimeout(timer));
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/** The value of the only header of this name. */
export function headerOf(
  { headers }: Pick<RawAnswer, 'headers'>,
  name: string,
): string | undefined {
  const values = headers.filter(([own]) => own === name).map(([, value]) => value);
  if (values.length > 1) throw new Error(`${values.length} lines of ${name}`);
  return values[0];
}
