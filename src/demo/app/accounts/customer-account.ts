/** One customer of the example application, with everything it keeps for them. All of it is made up. */
export interface CustomerAccount {
  readonly id: string;
  /** ISO 4217. */
  readonly currency: 'EUR' | 'USD' | 'GBP';
  readonly settings: Settings;
  readonly users: readonly User[];
  readonly invoices: readonly Invoice[];
  readonly alerts: readonly Alert[];
}

export interface Settings {
  name: string;
  contactEmail: string;
  weeklyReport: boolean;
}

export const USER_ROLES = ['admin', 'member', 'viewer'] as const;
export type UserRole = (typeof USER_ROLES)[number];

/** Somebody at the customer's who uses the application. */
export interface User {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  role: UserRole;
  readonly lastSeen: Date;
}

export interface Invoice {
  /** Counted by each customer on their own, so two customers may have the same number. */
  readonly number: number;
  readonly state: 'paid' | 'open' | 'overdue';
  readonly issuedOn: Date;
  readonly dueOn: Date;
  readonly lines: readonly InvoiceLine[];
}

export interface InvoiceLine {
  readonly text: string;
  readonly quantity: number;
  readonly unitPriceCents: number;
}

export interface Alert {
  readonly at: Date;
  readonly severity: 'critical' | 'warning' | 'notice';
  readonly source: string;
  readonly text: string;
}

/** An instant some days before the application started. */
export type DaysAgo = (days: number) => Date;

/** The sum of an invoice in cents. */
export function totalCents(invoice: Invoice): number {
  return invoice.lines.reduce((sum, line) => sum + line.quantity * line.unitPriceCents, 0);
}
