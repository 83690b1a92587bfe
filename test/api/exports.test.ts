import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { GATEWAY } from '../../src/domain/event.ts';
import {
  account as accountId,
  type ControlPlane,
  owner,
  staff,
  startControlPlane,
} from '../support/control-plane.ts';
import { assertProblem, type Client, createClient, pointersOf } from './client.ts';

interface Ocsf {
  class_uid: number;
  category_uid: number;
  activity_id: number;
  type_uid: number;
  time: number;
  status_id: number;
  metadata: { uid: string; event_code: string; version: string };
  actor: { user: { uid: string; type_id: number } };
  src_endpoint: object;
  entity?: { type: string; uid: string };
  unmapped: Record<string, unknown>;
}

describe('exports of records', () => {
  let plane: ControlPlane;
  let olga: Client;
  let ada: Client;
  const PURPOSE = '=HYPERLINK("http://evil.example","look")';

  before(async () => {
    plane = await startControlPlane();
    const enter = async (who: Parameters<ControlPlane['signIn']>[0]) =>
      createClient(plane, await plane.signIn(who));
    olga = await enter(owner('olga', ['acme']));
    await enter(owner('otto', ['globex']));
    const sam = await enter(staff('sam'));
    ada = await enter(staff('ada', ['auditor']));
    await olga.post('/accounts/acme/grants', { grantee: 'role:support', scope: 'read' });
    await sam.post('/visits', { account: 'acme', purpose: PURPOSE, ticket: '+1' });
    await sam.post('/visits', { account: 'globex', purpose: 'Nothing' });
    const event = {
      event: 'log.read',
      actor: GATEWAY,
      account: accountId('acme'),
      query: 'x',
    } as const;
    const many = Array.from({ length: 450 }, (_, count) =>
      plane.recorder.record([{ ...event, count }]),
    );
    await Promise.all(many);
  });
  after(() => plane.close());

  async function lines(client: Client, query: string) {
    const answer = await client.get(`/records/export?${query}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.text.split('\n').slice(0, -1);
  }

  it('are the records that a search finds, in the order of the log, all of them', async () => {
    const all = (await lines(ada, 'format=jsonl')).map((line: string) => JSON.parse(line));
    assert.deepEqual(
      all.map(({ index }: { index: number }) => index),
      all.map((_: unknown, at: number) => at),
    );
    const { body } = await ada.get('/records?order=asc&limit=10');
    assert.deepEqual(all.slice(0, 10), body.items);
    const some = await lines(ada, 'format=jsonl&event=visit.opened');
    assert.equal(some.length, 1);
    const backwards = await lines(ada, 'format=jsonl&order=desc');
    assert.ok(JSON.parse(backwards[0] ?? '').index > JSON.parse(backwards.at(-1) ?? '').index);
  });

  it('show an owner his account alone, without addresses', async () => {
    const own = (await lines(olga, 'format=jsonl')).map((line: string) => JSON.parse(line));
    assert.ok(own.length > 3);
    assert.ok(own.every(({ account }: { account: string }) => account === 'acme'));
    assert.ok(own.every((record: object) => !('network' in record)));
    assertProblem(
      await olga.get('/records/export?format=jsonl&account=globex'),
      404,
      'unknown-account',
    );
  });

  it('have no formula in any cell of a spreadsheet', async () => {
    const answer = await ada.get('/records/export?format=csv&event=visit.opened');
    assert.equal(answer.headers['content-type'], 'text/csv; charset=utf-8; header=present');
    assert.match(
      answer.headers['content-disposition'] ?? '',
      /filename="sallyport-records-log-\d+\.csv"/,
    );
    const [header = '', row = ''] = answer.text.split('\r\n');
    const docs = readFileSync(new URL('../../docs/exports.md', import.meta.url), 'utf8');
    assert.ok(docs.split('\n').includes(header), header);
    assert.ok(row.includes(`,"'=HYPERLINK(""http://evil.example"",""look"")",'+1,`), row);
    assert.doesNotMatch(row, /(^|,)"?[=+\-@\t]/);
  });

  it('have the names of the columns even where nothing was found, and only once', async () => {
    assert.equal(
      (await ada.get(`/records/export?format=csv&visit=${NOBODY}`)).text.split('\r\n').length,
      2,
    );
    const { text } = await ada.get('/records/export?format=csv');
    assert.equal(text.match(/index,at,event/g)?.length, 1);
    assert.ok(text.split('\r\n').length > 450);
  });
  const NOBODY = '00000000-0000-4000-8000-000000000000';

  it('are events of OCSF, each of the class that fits', async () => {
    const events: Ocsf[] = (await lines(ada, 'format=ocsf')).map((line: string) =>
      JSON.parse(line),
    );
    for (const event of events) {
      assert.equal(event.type_uid, event.class_uid * 100 + event.activity_id);
      assert.equal(event.category_uid, Math.floor(event.class_uid / 1000));
      assert.ok(Number.isInteger(event.time) && event.metadata.version === '1.3.0');
      assert.ok(Object.keys(event.src_endpoint).length > 0);
      assert.ok(event.actor.user.uid.length > 0);
    }
    const classes = Object.fromEntries(
      events.map(({ metadata, class_uid, activity_id }) => [
        metadata.event_code,
        `${class_uid}/${activity_id}`,
      ]),
    );
    assert.deepEqual(classes, {
      'log.begun': '0/99',
      'session.started': '3002/1',
      'account.registered': '3004/1',
      'grant.issued': '3004/1',
      'visit.opened': '3004/1',
      'access.refused': '6003/99',
      'log.exported': '6003/2',
      'log.read': '6003/2',
    });
    const opened = events.find(({ metadata }) => metadata.event_code === 'visit.opened');
    assert.deepEqual(opened?.entity, { type: 'visit', uid: opened?.unmapped['visit'] });
    const refused = events.find(({ metadata }) => metadata.event_code === 'access.refused');
    assert.equal(refused?.status_id, 2);
  });

  it('are recorded before the first byte', async () => {
    await lines(olga, 'format=csv&event=visit.opened');
    const { body } = await ada.get('/records?event=log.exported&limit=1');
    const [exported] = body.items;
    assert.deepEqual(
      [exported.account, exported.format, exported.query],
      ['acme', 'csv', 'format=csv&event=visit.opened'],
    );
    assert.ok(exported.size <= exported.index);
  });

  it('refuse a format or a filter that does not exist, and record nothing', async () => {
    const { size } = await plane.store.reader.logState();
    for (const [query, pointer] of [
      ['', '/format'],
      ['format=xml', '/format'],
      ['format=csv&cursor=3', '/cursor'],
      ['format=csv&limit=3', '/limit'],
      ['format=csv&status=1', '/status'],
    ]) {
      const answer = await ada.get(`/records/export?${query}`);
      assertProblem(answer, 422, 'invalid-request');
      assert.deepEqual(pointersOf(answer), [pointer]);
    }
    assert.equal((await plane.store.reader.logState()).size, size);
  });
});
