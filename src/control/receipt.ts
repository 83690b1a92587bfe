import { digestSections } from '../audit/content.ts';
import { disclose } from '../audit/disclosed.ts';
import { decodeEnvelope } from '../audit/envelope.ts';
import { formatReceipt } from '../audit/receipt.ts';
import { Problem } from '../domain/problem.ts';
import { sha256 } from '../recorder/crypto.ts';
import type { WholeEntry } from '../store/whole-entry.ts';
import type { Caller, Control } from './control.ts';
import type { Handout } from './handout.ts';
import { reachRecord, recordReading } from './records.ts';
import { sectionsFor } from './sections.ts';

/**
 * A receipt of one record for whoever may see it, against the last checkpoint. That it was taken is recorded
 * first. Throws `not-found`, `beyond-retention` once the content was erased, `log-unavailable` while the
 * record is not published.
 */
export async function takeReceipt(
  control: Control,
  caller: Caller,
  wanted: number | undefined,
): Promise<Handout> {
  const { record, account } = await reachRecord(control, caller, wanted);
  const { index } = record;
  const checkpoint = await control.evidence.checkpointOver(index);
  const whole = await readWhole(control, index);
  await recordReading(control, caller, { account, query: `index=${index}&receipt=1`, count: 1 });
  const content = whole.content ?? {};
  const { sections, digests } = disclose(sha256, content, sectionsFor(caller));
  const receipt = formatReceipt({
    index,
    entry: whole.entry,
    content: { sections, digests: digests ?? digestSections(sha256, content) },
    hashes: await control.evidence.proverOf(checkpoint).proveInclusion(index),
    checkpoint: checkpoint.note,
  });
  return {
    mediaType: 'text/plain; charset=utf-8',
    fileName: `record-${index}.tlog-proof`,
    chunks: once(receipt),
  };
}

async function readWhole(control: Control, index: number): Promise<WholeEntry> {
  const [whole] = await control.recorder.reader.wholeEntriesAt([index]);
  if (whole === undefined) throw new Error(`entry ${index} is not there any more`);
  if (whole.content === undefined && decodeEnvelope(whole.entry).publicPayload === undefined)
    throw new Problem('beyond-retention', 'What this record said is no longer kept.');
  return whole;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}
