import { type Request, type RequestHandler, Router } from 'express';
import type { Accounts } from './accounts/open-accounts.ts';
import { type ConsolePage, renderFrame, renderNothing } from './frame.ts';
import { alertsPage } from './pages/alerts-page.ts';
import { invoicePage, invoicesPage } from './pages/invoices-page.ts';
import { livePage } from './pages/live-page.ts';
import { overviewPage } from './pages/overview-page.ts';
import { settingsPage } from './pages/settings-page.ts';
import { userPage, usersPage } from './pages/users-page.ts';
import { readVisitor, type Visitor } from './visitor.ts';

/** Makes the page a visitor asks for, if the account has such a thing. */
type PageMaker = (visitor: Visitor, request: Request) => ConsolePage | undefined;

/** The pages of the console. */
export function pageRoutes(accounts: Accounts): Router {
  const router = Router();
  const pages: Readonly<Record<string, PageMaker>> = {
    '/': ({ account }) => overviewPage(account),
    '/users': ({ account }) => usersPage(account),
    '/users/:id': findUser,
    '/invoices': ({ account }) => invoicesPage(account),
    '/invoices/:number': findInvoice,
    '/alerts': ({ account }) => alertsPage(account),
    '/live': livePage,
    '/settings': showSettings,
  };
  for (const [path, make] of Object.entries(pages)) router.get(path, show(accounts, make));
  return router;
}

function show(accounts: Accounts, make: PageMaker): RequestHandler {
  return (request, response) => {
    const visitor = readVisitor(request, accounts);
    const page = visitor && make(visitor, request);
    response.type('html');
    if (visitor && page) response.send(renderFrame(page, visitor));
    else response.status(404).send(renderNothing('This account has no such thing.'));
  };
}

const findUser: PageMaker = ({ account, assertion }, request) => {
  const user = account.users.find((candidate) => candidate.id === request.params['id']);
  return user && userPage(user, assertion);
};

const findInvoice: PageMaker = ({ account }, request) => {
  const wanted = request.params['number'];
  const invoice = account.invoices.find((candidate) => String(candidate.number) === wanted);
  return invoice && invoicePage(invoice, account.currency);
};

const showSettings: PageMaker = ({ account, assertion }, request) => {
  const notice = 'saved' in request.query ? 'saved' : undefined;
  return settingsPage(account.settings, assertion, notice);
};
