import { z } from 'zod';
import { endSessionOf, listSessions } from '../control/sessions.ts';
import type { Session } from '../domain/principal.ts';
import { formatInstant } from '../domain/time.ts';
import { idIn, namePerson } from './answers.ts';
import type { Endpoint } from './endpoint.ts';
import { instant, listOf, namedPerson, realm } from './schemas.ts';

const sessionAnswer = z
  .strictObject({
    id: z.uuid(),
    principal: namedPerson,
    realm,
    startedAt: instant,
    lastSeenAt: instant,
    expiresAt: instant,
    current: z.boolean().meta({ description: 'Whether it is the one this call came with.' }),
  })
  .meta({ id: 'Session', description: 'A sign-in under way.' });

/** The calls about sign-ins. */
export const sessionEndpoints: readonly Endpoint[] = [
  {
    method: 'get',
    path: '/sessions',
    name: 'listSessions',
    summary: 'The sign-ins under way: your own, or for admins all.',
    status: 200,
    answer: listOf(sessionAnswer),
    problems: ['not-permitted'],
    serve: async ({ control, caller }) => {
      const sessions = await listSessions(control, caller);
      const items = sessions.map((session) => answerSession(session, caller.session));
      return { items, nextCursor: null };
    },
  },
  {
    method: 'delete',
    path: '/sessions/{id}',
    name: 'endSession',
    summary: 'End a sign-in; its visits end with it.',
    status: 204,
    problems: ['not-found'],
    serve: async (call) => endSessionOf(call.control, call.caller, idIn(call)),
  },
];

function answerSession(session: Session, current: Session): z.input<typeof sessionAnswer> {
  return {
    id: session.id,
    principal: namePerson(session.principal),
    realm: session.principal.realm,
    startedAt: formatInstant(session.startedAt),
    lastSeenAt: formatInstant(session.lastSeenAt),
    expiresAt: formatInstant(session.expiresAt),
    current: session.id === current.id,
  };
}
