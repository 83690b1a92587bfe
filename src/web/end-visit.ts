import { closeVisit } from '../control/visit-closing.ts';
import { parseUuid, type VisitId } from '../domain/ids.ts';
import { type Desk, seeOther } from './desk.ts';

/** `POST /visits/{id}/closure`: an owner ends somebody's visit, an employee his own. */
export async function endVisit(desk: Desk): Promise<void> {
  const { control, caller, request } = desk;
  const { visit } = await closeVisit(control, caller, parseUuid<VisitId>(request.params['id']));
  const isOwner = caller.session.principal.realm === 'owners';
  seeOther(desk, isOwner ? `/accounts/${visit.account}?done=closed` : '/visits?done=closed');
}
