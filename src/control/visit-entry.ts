import { actorOf, type Network } from '../domain/event.ts';
import type { AccountId } from '../domain/ids.ts';
import type { Session } from '../domain/principal.ts';
import { closeVisit as endVisit, isVisitOpen, type Visit } from '../domain/visit.ts';
import type { Control } from './control.ts';
import { hashSecret, makeSecret } from './secrets.ts';

/**
 * Turns the single-use code of a browser's first navigation into the account's cookie. A second use
 * ends the visit, since one of the two was not the visitor. `undefined`: the code is not good.
 */
export async function redeemCode(
  control: Control,
  account: AccountId,
  code: string,
  network: Network,
): Promise<{ visit: Visit; session: Session; cookie: string } | undefined> {
  const at = control.recorder.now();
  const cookie = makeSecret('spc_');
  const redeemed = await control.recorder.redeem({
    do: 'redeem-code',
    code: hashSecret(code),
    cookie: hashSecret(cookie),
    at,
    cookieExpiresAt: at + control.settings.session.absoluteMs,
  });
  if (redeemed.outcome === 'unknown') return undefined;
  const visit = await control.recorder.reader.visit(redeemed.visit);
  if (visit === undefined) return undefined;
  if (redeemed.outcome === 'used') {
    await closeReused(control, visit, network);
    return undefined;
  }
  const session = await control.recorder.reader.session(visit.session);
  if (session === undefined || visit.account !== account || !isVisitOpen(visit)) return undefined;
  return { visit, session, cookie };
}

async function closeReused(control: Control, visit: Visit, network: Network): Promise<void> {
  if (!isVisitOpen(visit)) return;
  const at = control.recorder.now();
  await control.recorder.record(
    [
      {
        event: 'visit.closed',
        actor: actorOf(visit.principal, visit.session),
        network,
        account: visit.account,
        visit: visit.id,
        why: 'code-reused',
        expiresAt: visit.expiresAt,
      },
    ],
    {
      changes: [{ put: 'visit', visit: endVisit(visit, at, 'code-reused') }],
      conditions: [{ that: 'visit-version-is', visit: visit.id, version: visit.version }],
    },
  );
}
