import type { Command } from 'commander';
import { showWitnessKey, witness } from './witness.ts';

/** `sallyport witness`, and `sallyport witness key`. */
export function addWitnessCommands(sallyport: Command): void {
  const commands = sallyport
    .command('witness')
    .description('cosign the checkpoints of logs on other machines');
  commands
    .command('serve', { isDefault: true })
    .description('take checkpoints at POST /add-checkpoint until told to stop')
    .requiredOption('--listen <host:port>', 'the address, plain HTTP; a proxy adds https')
    .requiredOption('--key <file>', 'the key that cosigns; made if it is not there')
    .requiredOption('--state <folder>', 'where the last checkpoint of each log is kept')
    .requiredOption('--log <vkey>', 'the key of a log; may be given several times', addTo)
    .requiredOption('--name <name>', 'the name of the witness, as in witness.example.com/w1')
    .action(witness);
  commands
    .command('key')
    .description('print the line that verifies its cosignatures, name+id+key')
    .requiredOption('--key <file>', 'the key that cosigns; made if it is not there')
    .requiredOption('--name <name>', 'the name of the witness')
    .action(showWitnessKey);
}

function addTo(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}
