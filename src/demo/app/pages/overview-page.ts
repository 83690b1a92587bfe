import { type CustomerAccount, totalCents } from '../accounts/customer-account.ts';
import type { ConsolePage } from '../frame.ts';
import { type Markup, markup } from '../markup.ts';
import { sayCount, sayMoney } from '../wording.ts';
import { renderAlerts } from './alerts-page.ts';

export function overviewPage(account: CustomerAccount): ConsolePage {
  const unpaid = account.invoices.filter((invoice) => invoice.state !== 'paid');
  const unpaidCents = unpaid.reduce((sum, invoice) => sum + totalCents(invoice), 0);
  const critical = account.alerts.filter((alert) => alert.severity === 'critical');
  return {
    title: 'Overview',
    section: 'Overview',
    body: markup`
<h1>${sayHealth(critical.length)}</h1>
<p class="lead">${account.settings.name} has ${sayCount(account.users.length, 'user')}.</p>
<ul class="tiles">
${renderTile('/users', 'Users', String(account.users.length))}
${renderTile('/invoices', 'To be paid', sayMoney(unpaidCents, account.currency))}
${renderTile('/alerts', 'Alerts', String(account.alerts.length))}
</ul>
<h2>Latest alerts</h2>
${renderAlerts(account.alerts.slice(0, 3))}`,
  };
}

function sayHealth(critical: number): string {
  if (critical === 0) return 'Nothing needs attention now.';
  return critical === 1 ? 'One alert is critical.' : `${critical} alerts are critical.`;
}

function renderTile(path: string, name: string, value: string): Markup {
  return markup`<li><a href="${path}"><span>${name}</span><strong>${value}</strong></a></li>`;
}
