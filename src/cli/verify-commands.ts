import { Command } from 'commander';
import { EXIT_USAGE } from './exit.ts';
import { diffCheckpoints } from './log-diff.ts';
import { verify } from './verify-log.ts';

const EXITS = `
Ends with 0 verified, 1 cannot decide, 2 not verified, 3 evidence of misbehaviour;
64 if it was called wrongly, 66 if something could not be read.`;

/** `sallyport verify`. */
export function verifyCommand(): Command {
  return withUsageCode(new Command('verify'))
    .description('verify a log, or a part of it, with keys you have from elsewhere')
    .option('--bundle <file>', 'a bundle, as an owner or an auditor downloads it')
    .option('--url <address>', 'a published log: the address of the gateway, or its /log')
    .option('--store <file>', 'a SQLite store, also of a running gateway')
    .option(
      '--key <vkey...>',
      'the line that verifies the log, origin+id+key; several in a rotation',
    )
    .option('--key-file <file>', 'such lines in a file')
    .option('--since <file>', 'a checkpoint you kept: the log must have grown from it')
    .option('--witnesses <file>', 'who has to have seen the log too, a C2SP tlog-policy')
    .option('--account <name=key...>', 'the key that finds an account’s entries, in hex')
    .option('--json', 'print the report as JSON')
    .option('--page <file>', 'only write the verifier that runs in a browser to this file')
    .addHelpText('after', EXITS)
    .action(verify);
}

/** `sallyport log diff`. */
export function diffCommand(): Command {
  return withUsageCode(new Command('diff'))
    .description('hold two checkpoints of one log against each other')
    .argument('<first>', 'a file with a checkpoint that the log has signed')
    .argument('<second>', 'another')
    .option('--key <vkey>', 'the line that verifies the log; again for another', collect)
    .option('--key-file <file>', 'such lines in a file')
    .option('--url <address>', 'look into a published log')
    .option('--store <file>', 'look into a SQLite store')
    .option('--proof <file>', 'a consistency proof between the two, a hash in base 64 a line')
    .option('--out <file>', 'where to write evidence, if there is any')
    .addHelpText('after', EXITS)
    .action(diffCheckpoints);
}

function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}

function withUsageCode(command: Command): Command {
  return command.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : EXIT_USAGE));
}
