import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openSignedLog } from '../support/signed-log.ts';
import { fill, smallDisk } from '../support/small-disk.ts';
import { needsMount } from '../support/tools.ts';
import { until } from '../support/until.ts';

describe('a full disk under the guard', { skip: needsMount }, () => {
  it('stops the signing and nothing else, and the last guard stays whole', async (test) => {
    const folder = smallDisk(test, '1m');
    const log = await openSignedLog(test);
    Object.assign(log.places, { guardFile: join(folder, 'log.guard') });
    const publisher = await log.open(5);
    publisher.start();
    await until('the first is signed', () => publisher.published?.size === 1);
    const guard = log.guard();
    const free = fill(folder);

    await log.grow(3);
    await until('it is said', () => log.reports.some(({ is }) => is === 'hindered'));
    await log.grow(3);
    assert.equal(log.guard(), guard);
    assert.equal(publisher.published?.size, 1);
    assert.equal(log.stored().length, 1, 'what the guard does not hold is not published');
    assert.deepEqual(publisher.health(), { able: true });

    free();
    await until('it is signed', () => publisher.published?.size === 7);
    assert.match(log.guard(), /^log\.example\/1\n7\n/);
    await log.check();
  });
});
