import { Command } from 'commander';
import { VERSION } from '../main-version.ts';
import { checkConfig } from './check-config.ts';
import { checkPolicy, explainPolicy } from './policy.ts';
import { demo } from './demo.ts';
import { drill } from './drill.ts';
import { putGuardBack, rotateLogKey, showLogKey } from './log.ts';
import { checkStoredLog } from './log-check.ts';
import { recoverStoredLog } from './log-recover.ts';
import { serve } from './serve.ts';
import { diffCommand, verifyCommand } from './verify-commands.ts';
import { addWitnessCommands } from './witness/commands.ts';

/** `sallyport`: one command line for whoever runs it. */
export async function runCommand(argv: readonly string[]): Promise<void> {
  await program().parseAsync([...argv], { from: 'user' });
}

function program(): Command {
  const sallyport = new Command('sallyport')
    .description(
      "Nobody enters a customer's account unless its owner lets them, and every access is on record first.",
    )
    .version(VERSION);
  sallyport
    .command('serve')
    .description('run the gateway from one configuration file')
    .requiredOption('--config <file>', 'the configuration, YAML or JSON')
    .action(serve);
  sallyport
    .command('demo')
    .description('everything at once on this machine, to try it')
    .option('--dir <folder>', 'where to keep its files; a fresh temporary folder unless given')
    .option('--port <number>', 'the port of the gateway', '8080')
    .action(demo);
  sallyport
    .command('check-config')
    .description('read a configuration and say everything that is wrong with it')
    .requiredOption('--config <file>', 'the configuration, YAML or JSON')
    .action(checkConfig);
  const policy = sallyport.command('policy').description('who may do what on which basis');
  policy
    .command('check')
    .description('load the policy files and say everything that is wrong with them')
    .option('--config <file>', 'take the files named there; otherwise those of the package')
    .action(checkPolicy);
  policy
    .command('explain')
    .description('why a role may or may not do something')
    .argument('<role>', 'support, compliance, responder, auditor, admin, owner, service')
    .argument('<resource>', 'content, account, grant, visit, record, session, agreement')
    .argument(
      '<action>',
      'what is done with it: read, write, see, issue, revoke, open, close, end, accept',
    )
    .argument('<basis>', 'grant, review, ownership, self, none')
    .option('--config <file>', 'take the files named there; otherwise those of the package')
    .action(explainPolicy);
  sallyport.addCommand(verifyCommand());
  addLogCommands(sallyport);
  addWitnessCommands(sallyport);
  sallyport
    .command('drill')
    .description('manipulate a copy of a log in every way there is, and show what catches it')
    .option(
      '--store <file>',
      'the database of a gateway; only read. A small log made for it unless given',
    )
    .action(drill);
  return sallyport;
}

function addLogCommands(sallyport: Command): void {
  const log = sallyport.command('log').description('the log, as everybody can verify it');
  const key = log.command('key').description('the key that signs the log');
  key
    .command('show')
    .description('print the line that verifies it, origin+id+key; two while two keys sign')
    .requiredOption('--config <file>', 'the configuration, YAML or JSON')
    .action(showLogKey);
  key
    .command('rotate')
    .description('make the key that follows; the next start hands the log on to it')
    .requiredOption('--config <file>', 'the configuration, YAML or JSON')
    .option('--overlap <duration>', 'how long both keys sign', '30d')
    .action(rotateLogKey);
  log
    .command('check')
    .description('read the whole stored log and say everything that is wrong with it')
    .requiredOption('--config <file>', 'the configuration, YAML or JSON')
    .action(checkStoredLog);
  log
    .command('recover')
    .description('begin a new epoch in place of a log whose newest database is lost')
    .requiredOption('--config <file>', 'the configuration, with a new log.origin and log.keyFile')
    .requiredOption('--statement <text>', 'what happened, for everybody to read')
    .option('--previous-key-file <file>', 'the key file of the log before')
    .option('--previous-key <vkey>', 'or the line that verifies it, origin+id+key')
    .option('--checkpoint <file>', 'the last checkpoint of the log before, kept elsewhere')
    .action(recoverStoredLog);
  log
    .command('guard')
    .description('the last signed checkpoint, kept outside the database')
    .command('restore')
    .description('put a checkpoint that was kept elsewhere in place of a missing or damaged guard')
    .requiredOption('--config <file>', 'the configuration, YAML or JSON')
    .requiredOption('--checkpoint <file>', 'the checkpoint, as /log/checkpoint gave it')
    .action(putGuardBack);
  log.addCommand(diffCommand());
}
