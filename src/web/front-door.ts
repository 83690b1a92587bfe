import type { Realm } from '../domain/principal.ts';
import { html } from '../http/html.ts';
import { sendPage } from '../http/page.ts';
import type { Response } from 'express';
import { type Desk, seeOther, type WebOptions } from './desk.ts';
import { showMyWork } from './staff/my-work.ts';
import { STAFF } from './staff-words.ts';

const REALMS: readonly Realm[] = ['staff', 'owners'];

const DOORS: Readonly<Record<Realm, { label: string; hint: string }>> = {
  staff: { label: STAFF.frontStaff, hint: STAFF.frontStaffHint },
  owners: { label: STAFF.frontOwners, hint: STAFF.frontOwnersHint },
};

/** `GET /` for whoever is not signed in: the one question that decides where to sign in. */
export function showFrontDoor({ frame, realms = REALMS }: WebOptions, response: Response): void {
  const doors = realms.map(
    (realm) => html`<li><p>${DOORS[realm].hint}</p>
<a class="button" href="/auth/${realm}/login">${DOORS[realm].label}</a></li>`,
  );
  const content = html`<h1>${STAFF.frontQuestion}</h1><ul class="rows">${doors}</ul>`;
  sendPage(response, frame({ title: STAFF.frontTitle, content }));
}

/** `GET /` for whoever is: an employee's work, an owner's accounts. */
export async function showHome(desk: Desk): Promise<void> {
  if (desk.caller.session.principal.realm === 'staff') await showMyWork(desk);
  else seeOther(desk, '/accounts');
}
