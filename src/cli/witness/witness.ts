import type { Logger } from 'pino';
import { createLogger } from '../../http/log.ts';
import { Witness, type WitnessReport } from '../../recorder/witness.ts';
import { openWitnessKey } from '../../recorder/witness-key.ts';
import { WitnessState } from '../../recorder/witness-state.ts';
import { systemClock } from '../../store/clock.ts';
import { formatVerifierKey } from '../../tlog/note-key.ts';
import { exitUnableToStart, exitWithMistakes } from '../exit.ts';
import { hearStopSignal } from '../stop-signal.ts';
import { checkKeyFile, readListen, readLogKeys } from './arguments.ts';
import { openWitnessDoor } from './server.ts';

const CLOSE_WITHIN_MS = 5000;

export interface WitnessCommand {
  /** `host:port` */
  readonly listen: string;
  readonly key: string;
  /** A folder. */
  readonly state: string;
  /** Verifier keys. */
  readonly log: readonly string[];
  readonly name: string;
}

/** Cosigns for the logs it is told, until it is told to stop. */
export async function witness(command: WitnessCommand): Promise<void> {
  const told = hearStopSignal();
  const logger = createLogger();
  const running = await start(command, logger).catch((error: unknown) =>
    exitUnableToStart(error, logger),
  );
  console.log(`sallyport witness listening on ${running.url}`);
  await told;
  await running.stop();
  process.exit(0);
}

/** Prints the line that others verify its cosignatures with; makes the key if there is none. */
export async function showWitnessKey(command: { key: string; name: string }): Promise<void> {
  try {
    checkKeyFile(command.key);
    const { verifier } = await openWitnessKey({ keyFile: command.key, name: command.name });
    console.log(formatVerifierKey(verifier));
  } catch (error) {
    exitWithMistakes(error);
  }
}

interface RunningWitness {
  readonly url: string;
  stop(): Promise<void>;
}

async function start(command: WitnessCommand, logger: Logger): Promise<RunningWitness> {
  const listen = readListen(command.listen);
  const logKeys = readLogKeys(command.log);
  checkKeyFile(command.key);
  const key = await openWitnessKey({ keyFile: command.key, name: command.name });
  const origins = [...new Set(logKeys.map(({ name }) => name))];
  const state = await WitnessState.open(command.state, key.verifier, origins);
  const judge = new Witness({
    key,
    logKeys,
    state,
    now: () => systemClock.now(),
    report: (report) => logReport(logger, report),
  });
  const door = await openWitnessDoor({
    listen,
    answer: (body) => judge.answer(body),
    onFault: (err) => logger.error({ err }, 'a checkpoint could not be cosigned'),
  });
  const stop = async (): Promise<void> => {
    await door.close(CLOSE_WITHIN_MS);
    state.close();
  };
  return { url: door.url, stop };
}

function logReport(logger: Logger, { origin, size, file }: WitnessReport): void {
  logger.fatal(
    { origin, size, evidence: file },
    'THIS LOG HAS SIGNED TWO ROOTS OF ONE SIZE. Keep the file, and show it to whoever relies on the log',
  );
}
