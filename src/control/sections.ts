import type { SectionName } from '../audit/content.ts';
import type { Caller } from './control.ts';

/** Which sections of a content somebody is shown: from which address is the employee's own matter. */
export function sectionsFor(caller: Caller): (name: SectionName) => boolean {
  const isStaff = caller.session.principal.realm === 'staff';
  return (name) => isStaff || name !== 'net';
}
