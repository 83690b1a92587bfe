import { type RequestHandler, Router } from 'express';
import { Problem } from '../domain/problem.ts';
import { showRecords } from './auditor/records.ts';
import { forSignedIn, openDesk, readsForm, type WebOptions } from './desk.ts';
import { endVisit } from './end-visit.ts';
import { showFrontDoor, showHome } from './front-door.ts';
import { allow, endPermission, showAccount } from './owner/account.ts';
import { approve, deny } from './owner/answer.ts';
import { showOwnAccounts } from './owner/accounts.ts';
import { accept } from './staff/agreement.ts';
import { enter, showEnter } from './staff/enter.ts';
import { ask, withdraw } from './staff/request.ts';
import { showVisits } from './staff/visits.ts';

/** The pages of the public origin, behind the sign-in and the refusal of foreign requests. */
export function createWeb(options: WebOptions): Router {
  const router = Router({ strict: true, caseSensitive: true });
  const page = (serve: Parameters<typeof forSignedIn>[1]) => forSignedIn(options, serve);
  const shown = (path: string, serve: RequestHandler) =>
    router.route(path).get(serve).all(refuseMethod('GET, HEAD'));
  const posted = (path: string, serve: RequestHandler) =>
    router
      .route(path)
      .post(...readsForm, serve)
      .all(refuseMethod('POST'));
  router.post('/enter', ...readsForm, page(enter));
  router.route('/enter').get(entrance(options)).all(refuseMethod('GET, HEAD, POST'));
  shown('/', home(options));
  shown('/accounts', page(showOwnAccounts));
  shown('/accounts/:account', page(showAccount));
  shown('/visits', page(showVisits));
  shown('/records', page(showRecords));
  posted('/agreement', page(accept));
  posted('/accounts/:account/grants', page(allow));
  posted('/accounts/:account/access-requests', page(ask));
  posted('/access-requests/:id/approval', page(approve));
  posted('/access-requests/:id/denial', page(deny));
  posted('/access-requests/:id/withdrawal', page(withdraw));
  posted('/grants/:id/revocation', page(endPermission));
  posted('/visits/:id/closure', page(endVisit));
  return router;
}

function home(options: WebOptions): RequestHandler {
  return async (request, response) => {
    const desk = openDesk(options, request, response);
    if (desk === undefined) showFrontDoor(options, response);
    else await showHome(desk);
  };
}

/** Links to it stand in tickets: whoever is not signed in does so first, and comes back. */
function entrance(options: WebOptions): RequestHandler {
  return async (request, response) => {
    const desk = openDesk(options, request, response);
    if (desk !== undefined) await showEnter(desk);
    else redirectToSignIn(response, request.originalUrl);
  };
}

function redirectToSignIn(response: Parameters<RequestHandler>[1], returnTo: string): void {
  response.redirect(303, `/auth/staff/login?returnTo=${encodeURIComponent(returnTo)}`);
}

function refuseMethod(allowed: string): RequestHandler {
  return (_, response) => {
    response.setHeader('Allow', allowed);
    throw new Problem('method-not-allowed', `This address takes ${allowed}.`);
  };
}
