import {
  type CustomerAccount,
  type Invoice,
  type InvoiceLine,
  totalCents,
} from '../accounts/customer-account.ts';
import type { ConsolePage } from '../frame.ts';
import { type Markup, markup } from '../markup.ts';
import { sayDay, sayMoney, sayState } from '../wording.ts';

export function invoicesPage({ invoices, currency }: CustomerAccount): ConsolePage {
  const unpaid = invoices.filter((invoice) => invoice.state !== 'paid');
  const sum = unpaid.reduce((cents, invoice) => cents + totalCents(invoice), 0);
  return {
    title: 'Invoices',
    section: 'Invoices',
    body: markup`
<h1>${sum === 0 ? 'Everything is paid.' : `${sayMoney(sum, currency)} is to be paid.`}</h1>
<div class="wide"><table>
<thead><tr><th>Invoice</th><th class="spare">Issued</th><th>Due</th><th>State</th><th class="number">Total</th></tr></thead>
<tbody>${invoices.map((invoice) => renderRow(invoice, currency))}</tbody>
</table></div>`,
  };
}

export function invoicePage(invoice: Invoice, currency: string): ConsolePage {
  return {
    title: `Invoice ${invoice.number}`,
    section: 'Invoices',
    body: markup`
<p class="back"><a href="/invoices">Invoices</a></p>
<h1>Invoice ${invoice.number}</h1>
<p class="lead">${sayState(invoice.state)} Issued ${sayDay(invoice.issuedOn)}, due ${sayDay(invoice.dueOn)}.</p>
<div class="wide"><table>
<thead><tr><th>For</th><th class="number">Quantity</th><th class="number">Each</th><th class="number">Sum</th></tr></thead>
<tbody>${invoice.lines.map((line) => renderLine(line, currency))}</tbody>
<tfoot><tr><th colspan="3">Total</th><td class="number">${sayMoney(totalCents(invoice), currency)}</td></tr></tfoot>
</table></div>`,
  };
}

function renderRow(invoice: Invoice, currency: string): Markup {
  return markup`<tr>
<td><a href="/invoices/${invoice.number}">${invoice.number}</a></td>
<td class="spare">${sayDay(invoice.issuedOn)}</td>
<td>${sayDay(invoice.dueOn)}</td>
<td>${sayState(invoice.state)}</td>
<td class="number">${sayMoney(totalCents(invoice), currency)}</td>
</tr>`;
}

function renderLine({ text, quantity, unitPriceCents }: InvoiceLine, currency: string): Markup {
  return markup`<tr>
<td>${text}</td>
<td class="number">${quantity}</td>
<td class="number">${sayMoney(unitPriceCents, currency)}</td>
<td class="number">${sayMoney(quantity * unitPriceCents, currency)}</td>
</tr>`;
}
