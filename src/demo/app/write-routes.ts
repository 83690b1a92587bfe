import express, { type NextFunction, type Request, type Response, Router } from 'express';
import { type Settings, USER_ROLES } from './accounts/customer-account.ts';
import type { Accounts } from './accounts/open-accounts.ts';
import { renderFrame, renderNothing } from './frame.ts';
import { settingsPage } from './pages/settings-page.ts';
import { readVisitor } from './visitor.ts';

/** What visitors may change. The gateway refuses changes in a visit for looking only; so do we. */
export function writeRoutes(accounts: Accounts): Router {
  const router = Router();
  const form = express.urlencoded({ extended: false, limit: '10kb' });
  router.post('/settings', requireWrite, form, (request, response) =>
    saveSettings(accounts, request, response),
  );
  router.post('/users/:id/role', requireWrite, form, (request, response) =>
    changeRole(accounts, request, response),
  );
  return router;
}

function requireWrite(request: Request, response: Response, next: NextFunction): void {
  if (request.sallyport?.scope === 'write') return next();
  response.status(403).type('application/problem+json').json({
    type: 'urn:sallyport:problem:read-only',
    title: 'Look only',
    status: 403,
    detail: 'The access gateway vouches for looking, not for changing.',
  });
}

function saveSettings(accounts: Accounts, request: Request, response: Response): void {
  const visitor = readVisitor(request, accounts);
  if (visitor === undefined) return sendNothing(response);
  const settings = readSettings(request.body);
  if (settings === undefined) {
    const page = settingsPage(visitor.account.settings, visitor.assertion, 'refused');
    response.status(422).type('html').send(renderFrame(page, visitor));
    return;
  }
  Object.assign(visitor.account.settings, settings);
  response.redirect(303, '/settings?saved');
}

function changeRole(accounts: Accounts, request: Request, response: Response): void {
  const users = readVisitor(request, accounts)?.account.users;
  const user = users?.find((candidate) => candidate.id === request.params['id']);
  if (user === undefined) return sendNothing(response);
  const wanted = readField(request.body, 'role');
  const role = USER_ROLES.find((candidate) => candidate === wanted);
  if (role === undefined) {
    response.status(422).type('html').send(renderNothing('There is no such role.'));
    return;
  }
  user.role = role;
  response.redirect(303, `/users/${user.id}`);
}

function readSettings(form: unknown): Settings | undefined {
  const name = readField(form, 'name').trim();
  const contactEmail = readField(form, 'contactEmail').trim();
  if (name === '' || name.length > 80) return undefined;
  if (!/^[^\s@]{1,60}@[^\s@]{1,60}$/.test(contactEmail)) return undefined;
  return { name, contactEmail, weeklyReport: readField(form, 'weeklyReport') === 'yes' };
}

/** A field that was sent once; anything else counts as left empty. */
function readField(form: unknown, name: string): string {
  const fields = new Map(Object.entries(form ?? {}));
  const value: unknown = fields.get(name);
  return typeof value === 'string' ? value : '';
}

function sendNothing(response: Response): void {
  response.status(404).type('html').send(renderNothing('This account has no such thing.'));
}
