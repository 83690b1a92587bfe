import { resolve } from 'node:path';
import { z } from 'zod';
import { readAddressRange, readListenHost } from './config-addresses.ts';
import {
  canReadOrMake,
  checkFolderOf,
  checkPrivateFile,
  readSecretFile,
  readTextFile,
} from './config-files.ts';
import { demand, Unfit } from './config-mistake.ts';
import { Secret } from './config-secret.ts';
import type { SessionSecret, StorePlace } from './config-types.ts';
import { formatDuration, parseDuration } from './domain/duration.ts';

const LONGEST_TEXT = 200;
const SHORTEST_SESSION_SECRET = 32;

/** A text that `read` turns into what it means; the `Unfit` it throws becomes a mistake at the key. */
export function field<Meaning>(read: (text: string) => Meaning) {
  return z.string().transform((text, context): Meaning => {
    try {
      return read(text);
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
      return z.NEVER;
    }
  });
}

/** A duration, at most `longest` and at least `shortest` where those are given. */
export function duration(longest?: number, shortest = 0) {
  return field((text) => {
    const read = parseDuration(text);
    demand(read !== undefined, 'must be a duration such as 90s, 15m, 12h or 30d');
    const isShortEnough = longest === undefined || read <= longest;
    demand(isShortEnough, `must not be longer than ${formatDuration(longest ?? read)}`);
    demand(read >= shortest, `must not be shorter than ${formatDuration(shortest)}`);
    return read;
  });
}

/** One line of text that people read or that is compared with other text. */
export const line = field((text) => {
  demand(text.trim() !== '', 'must not be empty');
  demand(text.length <= LONGEST_TEXT, `must not be longer than ${LONGEST_TEXT} characters`);
  // Control characters could forge lines in mails, logs and headers.
  demand(!/\p{Cc}/u.test(text), 'must be one line without control characters');
  return text;
});

/** A list of such lines, none of them twice. */
export const lines = z.array(line).refine((items) => new Set(items).size === items.length, {
  error: 'must not name anything twice',
});

/** A port; the environment gives it as text. */
export const port = z.preprocess(
  (value) => (typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value),
  z.int().min(0, 'must be between 0 and 65535').max(65_535, 'must be between 0 and 65535'),
);

export const listenHost = field(readListenHost);
export const addressRange = field(readAddressRange);

export const secret = field((text) => {
  demand(text !== '' && !/\p{Cc}/u.test(text), 'must be a secret without control characters');
  return new Secret(text);
});

export const email = field((text) => {
  demand(/^[^\s@<>,"]+@[^\s@<>,"]+$/.test(text), 'must be an e-mail address');
  return text;
});

/** A log's origin as signed notes carry it (C2SP signed-note, tlog-checkpoint). */
export const logOrigin = field((text) => {
  demand(
    /^[!-*,-~]+$/.test(text),
    'must be ASCII without white space or "+", such as example.com/access',
  );
  demand(text.length <= LONGEST_TEXT, `must not be longer than ${LONGEST_TEXT} characters`);
  return text;
});

/** The fields that name files; relative paths start at `folder`. */
export function fileFields(folder: string) {
  const place = (written: string): string => {
    demand(written.trim() !== '' && !written.includes('\0'), 'must name a file');
    return resolve(folder, written);
  };
  const path = (check: (file: string) => void) =>
    field((text) => {
      const file = place(text);
      check(file);
      return file;
    });
  return {
    path,
    text: field((written) => {
      const file = place(written);
      const text = readTextFile(file);
      demand(text.trim() !== '', `names ${file}, which is empty`);
      return { file, text };
    }),
    secret: field((written) => new Secret(readSecretFile(place(written)))),
    /** A file of the gateway's own, such as a key, that it makes if it does not exist. */
    key: path((file) => {
      if (canReadOrMake(file) === 'read') checkPrivateFile(file);
    }),
    sessionKey: field((written): SessionSecret & { file: string } => {
      const file = place(written);
      if (canReadOrMake(file) === 'make') return { state: 'to-be-made', file };
      return { state: 'given', secret: longSecret(readSecretFile(file)), file };
    }),
    store: field((text) => readStorePlace(text, place)),
  };
}

export type FileFields = ReturnType<typeof fileFields>;

export const sessionSecret = field(longSecret);

function longSecret(text: string): Secret {
  const isLongEnough = text.length >= SHORTEST_SESSION_SECRET;
  demand(isLongEnough, `must be a secret of at least ${SHORTEST_SESSION_SECRET} characters`);
  return new Secret(text);
}

function readStorePlace(text: string, place: (path: string) => string): StorePlace {
  demand(
    !/^postgres(ql)?:/i.test(text),
    'postgres is not supported by this version; use sqlite:path',
  );
  const path = /^sqlite:(?!\/\/)(.+)$/s.exec(text)?.[1];
  // A store in memory would forget the record, which must outlive every access.
  const isPath = path !== undefined && !path.startsWith(':');
  demand(isPath, 'must be sqlite:path with the path of a file, such as sqlite:data/sallyport.db');
  const file = place(path);
  checkFolderOf(file);
  return { engine: 'sqlite', file };
}
