import { z } from 'zod';
import { cursorInput, limitInput } from '../control/input.ts';
import { ROLES } from '../domain/rights.ts';

/** The parts that several answers are made of. */

export const instant = z.iso
  .datetime({ precision: 3 })
  .meta({ examples: ['2026-11-23T10:15:02.123Z'] });
export const accountId = z.string().meta({ examples: ['acme'] });
export const scope = z.enum(['read', 'write']).meta({ description: 'write includes read' });
export const role = z.enum(ROLES);
export const realm = z.enum(['staff', 'owners']);

export const person = z
  .strictObject({ issuer: z.string(), subject: z.string() })
  .meta({ id: 'Person', description: 'Who somebody is, for ever.' });

export const namedPerson = z
  .strictObject({
    issuer: z.string(),
    subject: z.string(),
    name: z.string().nullable(),
    email: z.string().nullable(),
  })
  .meta({ id: 'NamedPerson', description: 'Somebody, with what he is called for show.' });

export const basis = z
  .strictObject({ kind: z.enum(['grant', 'review']), id: z.uuid() })
  .meta({ id: 'Basis', description: 'What allows an access.' });

/** The query of every list. */
export const pageQuery = z.strictObject({ limit: limitInput, cursor: cursorInput });

/** The answer of every list. */
export function listOf(item: z.ZodType) {
  return z.strictObject({
    items: z.array(item),
    nextCursor: z.string().nullable().meta({ description: 'Give it as cursor to go on.' }),
  });
}

/** For calls whose body, if there is one, is an empty object. */
export const noFields = z.strictObject({});
