import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino';

const STANDARD_ERROR = 2;
/** Headers that carry secrets, wherever a request, a response or their headers are logged. */
const SECRET_HEADERS = ['authorization', 'proxy-authorization', 'cookie', 'set-cookie'];

export interface LogOptions {
  readonly level?: string;
  /** Standard error unless given. */
  readonly destination?: DestinationStream;
}

/** JSON lines for whoever runs the gateway. Cookies and credentials in headers are masked. */
export function createLogger(options: LogOptions = {}): Logger {
  return pino(
    {
      level: options.level ?? 'info',
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: redactedPaths(), censor: '[masked]' },
    },
    // Written at once: the last lines before an exit are the ones that matter.
    options.destination ?? destination({ fd: STANDARD_ERROR, sync: true }),
  );
}

function redactedPaths(): string[] {
  const places = ['headers', 'req.headers', 'res.headers', 'request.headers', 'response.headers'];
  return places.flatMap((place) => SECRET_HEADERS.map((name) => `${place}["${name}"]`));
}
