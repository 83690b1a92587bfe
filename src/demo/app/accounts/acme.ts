import type { CustomerAccount, DaysAgo } from './customer-account.ts';

/** A haulier with a fleet of lorries. */
export function makeAcme(daysAgo: DaysAgo): CustomerAccount {
  return {
    id: 'acme',
    currency: 'EUR',
    settings: {
      name: 'Acme Haulage',
      contactEmail: 'office@acme.example',
      weeklyReport: true,
    },
    users: [
      user('ines', 'Ines Moreau', 'admin', daysAgo(0.05)),
      user('tomas', 'Tomáš Dvořák', 'admin', daysAgo(1.2)),
      user('birgit', 'Birgit Aalto', 'member', daysAgo(0.4)),
      user('oluwaseun', 'Oluwaseun Ade', 'member', daysAgo(3.1)),
      user('lena', 'Lena Brandt', 'member', daysAgo(12.6)),
      user('pavel', 'Pavel Ivanov', 'viewer', daysAgo(41)),
    ],
    invoices: [
      {
        number: 1043,
        state: 'open',
        issuedOn: daysAgo(9),
        dueOn: daysAgo(-21),
        lines: [{ text: 'Tracking, per vehicle', quantity: 38, unitPriceCents: 1_250 }],
      },
      {
        number: 1042,
        state: 'overdue',
        issuedOn: daysAgo(40),
        dueOn: daysAgo(10),
        lines: [
          { text: 'Tracking, per vehicle', quantity: 38, unitPriceCents: 1_250 },
          { text: 'Tachograph readouts', quantity: 212, unitPriceCents: 35 },
          { text: 'Roadside terminal, replaced under warranty', quantity: 1, unitPriceCents: 0 },
        ],
      },
      {
        number: 1041,
        state: 'paid',
        issuedOn: daysAgo(70),
        dueOn: daysAgo(40),
        lines: [{ text: 'Tracking, per vehicle', quantity: 36, unitPriceCents: 1_250 }],
      },
      {
        number: 1040,
        state: 'paid',
        issuedOn: daysAgo(101),
        dueOn: daysAgo(71),
        lines: [{ text: 'Tracking, per vehicle', quantity: 35, unitPriceCents: 1_250 }],
      },
    ],
    alerts: [
      {
        at: daysAgo(0.02),
        severity: 'critical',
        source: 'Lorry 17',
        text: 'Cold chain above 8 °C for 11 minutes near Brno.',
      },
      {
        at: daysAgo(0.3),
        severity: 'warning',
        source: 'Lorry 04',
        text: 'Driving time ends in 25 minutes; the next lay-by is 31 minutes away.',
      },
      {
        at: daysAgo(1.7),
        severity: 'notice',
        source: 'Depot Linz',
        text: 'Gate 2 opened outside working hours by a known badge.',
      },
    ],
  };
}

function user(id: string, name: string, role: 'admin' | 'member' | 'viewer', lastSeen: Date) {
  return { id, name, email: `${id}@acme.example`, role, lastSeen };
}
