import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';

/** One system call of a traced program, as far as a judge needs it. */
export interface TracedCall {
  readonly thread: number;
  readonly name: string;
  /** Its arguments as strace writes them: strings in C's escapes. */
  readonly args: string;
  /** What its first argument, a descriptor, stands for: a path, or `socket:[inode]`. */
  readonly on: string;
  /** The line on which it was entered. */
  readonly began: number;
  /** The line on which it had returned; `undefined` if the trace ends in it. */
  readonly ended: number | undefined;
  readonly result: number | undefined;
  /** The kernel never saw it: strace answered in its place. */
  readonly isInjected: boolean;
}

/** A request that reached its upstream before its record was known to be on disk. */
export interface Violation {
  readonly request: string;
  readonly why: 'no record was written before it' | 'its record had not been synced';
}

const TRACED = 'trace=fsync,fdatasync,pwrite64,write,writev,sendto,sendmsg,connect';

/** What stands before a program's command line to trace it: the traced program keeps the pid that was started. */
export function straceLine(file: string, options: { isSyncFaked?: boolean } = {}): string[] {
  const faked = options.isSyncFaked ? ['-e', 'inject=fsync,fdatasync:retval=0'] : [];
  return ['strace', '-D', '-f', '-y', '-s', '8192', '-o', file, '-e', TRACED, ...faked];
}

/** Why nothing can be traced here; `undefined` if it can. */
export function whyNoStrace(): string | undefined {
  try {
    execFileSync('strace', ['-f', '-o', '/dev/null', 'true'], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return isMissing
      ? 'strace is not installed (apt-get install strace)'
      : 'strace may not trace here';
  }
}

/**
 * Lets system calls of a running process on one file fail, from the moment this answers until `stop`:
 * a disk that went bad or read-only under it.
 */
export async function injectFaults(
  pid: number,
  fault: { readonly file: string; readonly calls: string; readonly error: string },
): Promise<{ stop(): Promise<void> }> {
  const { file, calls, error } = fault;
  const inject = `inject=${calls}:error=${error}`;
  const line = ['-f', '-o', '/dev/null', '-P', file, '-e', `trace=${calls}`, '-e', inject];
  const child = spawn('strace', [...line, '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'close');
  let said = '';
  const attached = Promise.withResolvers<void>();
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (/ attached/.test(said)) attached.resolve();
  });
  const failed = ended.then(() => Promise.reject(new Error(`strace ended: ${said}`)));
  await Promise.race([attached.promise, failed]);
  failed.catch(() => undefined);
  return {
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

const LINE = /^(?<thread>\d+)\s+(?<call>.*)$/s;
const RESUMED = /^<\.\.\. (?<name>\w+) resumed>(?<rest>.*)$/s;
const UNFINISHED = / <unfinished \.\.\.>$/;
const RESULT = /\)\s+= (?<result>-?\d+|\?)(?<after>[^"]*)$/;
const ENTERED = /^(?<name>\w+)\((?<args>.*)$/s;
const DESCRIPTOR = /^\d+<(?<on>[^>]*)>/;

/** Reads the output of `strace -f -y -o`, in the order in which the calls were entered. */
export function parseTrace(text: string): TracedCall[] {
  const calls: TracedCall[] = [];
  const open = new Map<number, number>();
  text.split('\n').forEach((line, at) => {
    const { thread, call = '' } = LINE.exec(line)?.groups ?? {};
    if (thread === undefined) return;
    const resumed = RESUMED.exec(call);
    if (resumed === null) {
      const entered = readEntered(Number(thread), call, at);
      if (entered === undefined) return;
      if (entered.ended === undefined) open.set(entered.thread, calls.length);
      calls.push(entered);
      return;
    }
    const position = open.get(Number(thread));
    const begun = position === undefined ? undefined : calls[position];
    if (position === undefined || begun === undefined) return;
    if (begun.name !== resumed.groups?.['name']) return;
    open.delete(Number(thread));
    calls[position] = { ...begun, ...readResult(resumed.groups?.['rest'] ?? '', at) };
  });
  return calls;
}

function readEntered(thread: number, call: string, at: number): TracedCall | undefined {
  const { name, args = '' } = ENTERED.exec(call)?.groups ?? {};
  if (name === undefined) return undefined;
  const on = DESCRIPTOR.exec(args)?.groups?.['on'] ?? '';
  const begun = { thread, name, on, began: at };
  if (UNFINISHED.test(args)) {
    const given = args.replace(UNFINISHED, '');
    return { ...begun, args: given, ended: undefined, result: undefined, isInjected: false };
  }
  return { ...begun, args: args.replace(RESULT, ''), ...readResult(args, at) };
}

function readResult(text: string, at: number) {
  const { result, after = '' } = RESULT.exec(text)?.groups ?? {};
  const value = result === undefined || result === '?' ? undefined : Number(result);
  return { ended: at, result: value, isInjected: after.includes('(INJECTED)') };
}

/**
 * Whether for every request that was sent to `upstreamPort` the write-ahead log's part with its record
 * had been synced before the first byte was handed to the socket. Answers what was out of order; an
 * injected sync has not happened.
 */
export function fsyncBeforeFirstByte(
  trace: readonly TracedCall[],
  upstreamPort: number,
): Violation[] {
  return requestsTo(trace, upstreamPort).flatMap(({ path, sent }): Violation[] => {
    const request = `${path} (line ${sent.began + 1})`;
    const record = findRecord(trace, path);
    if (record?.ended === undefined || record.ended >= sent.began)
      return [{ request, why: 'no record was written before it' }];
    const isSynced = trace.some((call) => isSyncBetween(call, record, sent));
    return isSynced ? [] : [{ request, why: 'its record had not been synced' }];
  });
}

const SENDING = new Set(['write', 'writev', 'sendto', 'sendmsg']);
const REQUEST_LINE = /"[A-Z]+ (?<path>\/[^ ?"]*)\S* HTTP\/1\.1\\r\\n/;

/** The requests a trace shows on their way to a port. A path stands for one request: the tests use each once. */
export function requestsTo(
  trace: readonly TracedCall[],
  port: number,
): { path: string; sent: TracedCall }[] {
  const target = new RegExp(`sin6?_port=htons\\(${port}\\)`);
  const sockets = new Set<string>();
  return trace.flatMap((call) => {
    // An inode may be given to another socket later.
    if (call.name === 'connect') sockets[target.test(call.args) ? 'add' : 'delete'](call.on);
    if (!SENDING.has(call.name) || !sockets.has(call.on)) return [];
    const path = REQUEST_LINE.exec(call.args)?.groups?.['path'];
    return path === undefined ? [] : [{ path, sent: call }];
  });
}

/** The first write of an access record with this path into the write-ahead log; later ones carry it along. */
function findRecord(trace: readonly TracedCall[], path: string): TracedCall | undefined {
  const stated = String.raw`\"path\":\"${path}\"`;
  return trace.find(
    ({ name, on, args }) => name === 'pwrite64' && on.endsWith('-wal') && args.includes(stated),
  );
}

function isSyncBetween(call: TracedCall, record: TracedCall, sent: TracedCall): boolean {
  const isSync = call.name === 'fsync' || call.name === 'fdatasync';
  const hasHappened = call.result === 0 && !call.isInjected;
  if (!isSync || !hasHappened || call.on !== record.on) return false;
  // `findRecord` was asked for one that had ended; a call without an end has not happened.
  return call.began > (record.ended ?? Infinity) && (call.ended ?? Infinity) < sent.began;
}
