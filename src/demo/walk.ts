import type { Address, SignIn, Step } from './front/front-page.ts';
import { OWNERS, STAFF } from './people.ts';
import { accountOrigin, type DemoPlan } from './plan.ts';

/** The walk a newcomer is led through; the terminal and the front page show the same. */
export function walkOf(plan: DemoPlan): Step[] {
  const { publicUrl } = plan;
  const invoice = `${accountOrigin(plan, 'acme')}/invoices/1042`;
  return [
    {
      title: 'Be refused',
      as: 'Sam Rivers, support',
      says: 'Open a page of the customer acme. Sign in as Sam, and the page says why you cannot go in: nobody has let you.',
      links: [{ text: 'acme’s invoice 1042', url: invoice }],
    },
    {
      title: 'Say yes',
      as: 'Olga Marsh, who owns acme',
      says: 'In a private window, sign in as Olga and allow the support team to look for one hour.',
      links: [{ text: 'Olga’s page', url: `${publicUrl}/accounts/acme` }],
    },
    {
      title: 'Go in, and look only',
      as: 'Sam Rivers, support',
      says: 'Open the invoice again, say what you are there for, and enter. The application shows to whom it thinks it is talking. Saving its settings is refused: you were let in to look.',
      links: [{ text: 'acme’s invoice 1042', url: invoice }],
    },
    {
      title: 'End it',
      as: 'Olga Marsh, who owns acme',
      says: 'Leave Sam’s live page open and end the visit from Olga’s page: the feed stops, and Sam’s next click is refused.',
      links: [
        { text: 'Olga’s page', url: `${publicUrl}/accounts/acme` },
        { text: 'acme’s live page', url: `${accountOrigin(plan, 'acme')}/live` },
      ],
    },
    {
      title: 'Read the log',
      as: 'Aaron Wells, auditor',
      says: 'Every request is there with its basis, and so is every refusal. That you have looked is there too.',
      links: [{ text: 'the log', url: `${publicUrl}/records` }],
    },
  ];
}

export function signInsOf(): SignIn[] {
  const listed = (realm: SignIn['realm'], people: typeof STAFF): SignIn[] =>
    people.map(({ name, email, says }) => ({ realm, name, email, says }));
  return [...listed('staff', STAFF), ...listed('owners', OWNERS)];
}

export function addressesOf(plan: DemoPlan, issuers: { staff: string; owners: string }): Address[] {
  return [
    { name: 'This walk', url: plan.frontUrl, says: 'the page this is on' },
    { name: 'Sallyport', url: plan.publicUrl, says: 'sign-in, pages, and the API under /api/v1' },
    {
      name: 'An account',
      url: accountOrigin(plan, 'acme'),
      says: 'the application, through the gateway; globex and initech likewise',
    },
    { name: 'Staff sign-in', url: issuers.staff, says: 'the identity provider of the employees' },
    {
      name: 'Customer sign-in',
      url: issuers.owners,
      says: 'the identity provider of the customers',
    },
    {
      name: 'The application itself',
      url: `http://127.0.0.1:${plan.ports.app}`,
      says: 'without the gateway it shows nothing: no assertion, no data',
    },
  ];
}

/** The same as text, for a terminal. */
export function printedWalk(plan: DemoPlan, issuers: { staff: string; owners: string }): string {
  const addresses = addressesOf(plan, issuers).map(
    ({ name, url, says }) => `  ${name.padEnd(24)}${url}\n  ${' '.repeat(24)}${says}`,
  );
  const people = signInsOf().map(
    ({ realm, name, says }) => `  ${realm.padEnd(8)}${name.padEnd(16)}${says}`,
  );
  const steps = walkOf(plan).map(({ title, as, says, links }, at) => {
    const urls = links?.map(({ url }) => `     ${url}`) ?? [];
    return [`  ${at + 1}. ${title} (as ${as ?? 'anybody'})`, `     ${says}`, ...urls].join('\n');
  });
  return [
    'Addresses',
    ...addresses,
    '',
    'Who can sign in (no passwords: one click on the sign-in page)',
    ...people,
    '',
    'A walk in five steps',
    ...steps,
    '',
    `Files: ${plan.dir}`,
    'Ctrl-C ends all of it.',
  ].join('\n');
}
