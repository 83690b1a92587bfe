import type { CustomerAccount, DaysAgo } from './customer-account.ts';

/** A payroll bureau. */
export function makeInitech(daysAgo: DaysAgo): CustomerAccount {
  return {
    id: 'initech',
    currency: 'GBP',
    settings: {
      name: 'Initech Payroll',
      contactEmail: 'bureau@initech.example',
      weeklyReport: true,
    },
    users: [
      user('priya', 'Priya Raman', 'admin', daysAgo(0.1)),
      user('callum', 'Callum Reid', 'member', daysAgo(0.5)),
      user('siobhan', 'Siobhán Kelly', 'member', daysAgo(1.1)),
      user('mateusz', 'Mateusz Nowak', 'member', daysAgo(6.4)),
      user('grace', 'Grace Okoye', 'viewer', daysAgo(19)),
    ],
    invoices: [
      {
        number: 1044,
        state: 'open',
        issuedOn: daysAgo(2),
        dueOn: daysAgo(-12),
        lines: [{ text: 'Payslips', quantity: 1_184, unitPriceCents: 45 }],
      },
      {
        number: 1043,
        state: 'paid',
        issuedOn: daysAgo(32),
        dueOn: daysAgo(18),
        lines: [{ text: 'Payslips', quantity: 1_179, unitPriceCents: 45 }],
      },
      {
        number: 1042,
        state: 'paid',
        issuedOn: daysAgo(62),
        dueOn: daysAgo(48),
        lines: [
          { text: 'Payslips', quantity: 1_163, unitPriceCents: 45 },
          { text: 'Year-end certificates', quantity: 1_163, unitPriceCents: 20 },
        ],
      },
    ],
    alerts: [
      {
        at: daysAgo(0.15),
        severity: 'critical',
        source: 'Bank run',
        text: 'The transfer file was refused: two sort codes are unknown.',
      },
      {
        at: daysAgo(2.2),
        severity: 'warning',
        source: 'Sick leave',
        text: 'Three certificates arrived after the cut-off.',
      },
      {
        at: daysAgo(2.9),
        severity: 'notice',
        source: 'Year end',
        text: 'Certificates for 1,163 people are ready.',
      },
      {
        at: daysAgo(13),
        severity: 'notice',
        source: 'Sign-in',
        text: 'Grace Okoye signed in from a new device.',
      },
    ],
  };
}

function user(id: string, name: string, role: 'admin' | 'member' | 'viewer', lastSeen: Date) {
  return { id, name, email: `${id}@initech.example`, role, lastSeen };
}
