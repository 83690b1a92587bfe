import express, { type Request, type RequestHandler, Router } from 'express';
import { type CustomerAccount, totalCents } from './accounts/customer-account.ts';
import type { Accounts } from './accounts/open-accounts.ts';
import { readVisitor } from './visitor.ts';

/** The same as the pages, for programs. `POST /api/search` only reads. */
export function apiRoutes(accounts: Accounts): Router {
  const router = Router();
  router.use(express.json({ limit: '10kb' }));
  router.get('/users', answer(accounts, listUsers));
  router.get('/invoices', answer(accounts, listInvoices));
  router.get('/alerts', answer(accounts, listAlerts));
  router.post('/search', answer(accounts, search));
  return router;
}

type ItemMaker = (account: CustomerAccount, request: Request) => readonly object[];

function answer(accounts: Accounts, list: ItemMaker): RequestHandler {
  return (request, response) => {
    const account = readVisitor(request, accounts)?.account;
    if (account === undefined) {
      response.status(404).json({ detail: 'there is no such account' });
      return;
    }
    response.json({ account: account.id, items: list(account, request) });
  };
}

function listUsers(account: CustomerAccount): readonly object[] {
  return account.users;
}

function listInvoices({ invoices, currency }: CustomerAccount): readonly object[] {
  return invoices.map((invoice) => ({ ...invoice, currency, totalCents: totalCents(invoice) }));
}

function listAlerts(account: CustomerAccount): readonly object[] {
  return account.alerts;
}

function search(account: CustomerAccount, request: Request): readonly object[] {
  const wanted = readQuery(request.body).toLowerCase();
  if (wanted === '') return [];
  const entries = [
    ...account.users.map(({ id, name }) => ({ path: `/users/${id}`, text: name })),
    ...account.invoices.map((invoice) => ({
      path: `/invoices/${invoice.number}`,
      text: `Invoice ${invoice.number}: ${invoice.lines.map((line) => line.text).join(', ')}`,
    })),
    ...account.alerts.map(({ source, text }) => ({ path: '/alerts', text: `${source}: ${text}` })),
  ];
  return entries.filter((entry) => entry.text.toLowerCase().includes(wanted));
}

function readQuery(body: unknown): string {
  const query = typeof body === 'object' && body !== null && 'q' in body ? body.q : undefined;
  return typeof query === 'string' ? query : '';
}
