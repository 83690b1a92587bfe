import type { CustomerAccount, DaysAgo } from './customer-account.ts';

/** A maker of laboratory instruments. */
export function makeGlobex(daysAgo: DaysAgo): CustomerAccount {
  return {
    id: 'globex',
    currency: 'USD',
    settings: {
      name: 'Globex Instruments',
      contactEmail: 'lab-office@globex.example',
      weeklyReport: false,
    },
    users: [
      user('marisol', 'Marisol Vega', 'admin', daysAgo(0.2)),
      user('hiro', 'Hiro Tanaka', 'member', daysAgo(0.9)),
      user('adaeze', 'Adaeze Obi', 'member', daysAgo(2.3)),
      user('jonas', 'Jonas Lindqvist', 'viewer', daysAgo(8)),
    ],
    invoices: [
      {
        number: 1042,
        state: 'open',
        issuedOn: daysAgo(4),
        dueOn: daysAgo(-26),
        lines: [
          { text: 'Calibration of spectrometers', quantity: 3, unitPriceCents: 48_000 },
          { text: 'Reference samples, set of 12', quantity: 2, unitPriceCents: 9_900 },
        ],
      },
      {
        number: 1038,
        state: 'paid',
        issuedOn: daysAgo(94),
        dueOn: daysAgo(64),
        lines: [{ text: 'Calibration of spectrometers', quantity: 3, unitPriceCents: 46_500 }],
      },
      {
        number: 1031,
        state: 'paid',
        issuedOn: daysAgo(185),
        dueOn: daysAgo(155),
        lines: [{ text: 'Clean room audit', quantity: 1, unitPriceCents: 210_000 }],
      },
    ],
    alerts: [
      {
        at: daysAgo(0.6),
        severity: 'warning',
        source: 'Freezer B',
        text: 'The door has been open for 4 minutes.',
      },
      {
        at: daysAgo(5.1),
        severity: 'notice',
        source: 'Spectrometer 2',
        text: 'Calibration is due in two weeks.',
      },
    ],
  };
}

function user(id: string, name: string, role: 'admin' | 'member' | 'viewer', lastSeen: Date) {
  return { id, name, email: `${id}@globex.example`, role, lastSeen };
}
