import type { Alert, CustomerAccount } from '../accounts/customer-account.ts';
import type { ConsolePage } from '../frame.ts';
import { type Markup, markup } from '../markup.ts';
import { sayCount, sayInstant, sayState } from '../wording.ts';

export function alertsPage({ alerts }: CustomerAccount): ConsolePage {
  return {
    title: 'Alerts',
    section: 'Alerts',
    body: markup`
<h1>There are ${sayCount(alerts.length, 'alert')}.</h1>
${renderAlerts(alerts)}`,
  };
}

export function renderAlerts(alerts: readonly Alert[]): Markup {
  return markup`<ol class="alerts">${alerts.map(renderAlert)}</ol>`;
}

function renderAlert(alert: Alert): Markup {
  return markup`<li>
<p class="when">${sayState(alert.severity)} ${sayInstant(alert.at)}</p>
<p><strong>${alert.source}</strong> ${alert.text}</p>
</li>`;
}
