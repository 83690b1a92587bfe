import { findAuthorization } from '../../control/authorize.ts';
import type { RailLink } from '../../http/page.ts';
import type { Desk } from '../desk.ts';
import { STAFF } from '../staff-words.ts';

/** The ways on for an employee: those his roles can use. */
export function railOf(desk: Desk, current: '/' | '/visits' | '/records' | undefined): RailLink[] {
  const seesAll = (resource: 'visit' | 'record'): boolean =>
    findAuthorization(desk.control, desk.caller, { resource, action: 'see' }, ['none']) !==
    undefined;
  const link = (label: string, href: string): RailLink => ({
    label,
    href,
    isCurrent: href === current,
  });
  return [
    link(STAFF.rail.work, '/'),
    link(seesAll('visit') ? STAFF.rail.allVisits : STAFF.rail.visits, '/visits'),
    ...(seesAll('record') ? [link(STAFF.rail.records, '/records')] : []),
  ];
}

/** Whether any role of theirs may enter accounts at all. */
export function mayEnter({ control, caller }: Desk): boolean {
  return (
    findAuthorization(control, caller, { resource: 'visit', action: 'open' }, ['grant']) !==
    undefined
  );
}
