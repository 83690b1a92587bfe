import { denyAccessRequest } from '../../control/access-requests.ts';
import { approveAccessRequest } from '../../control/request-approval.ts';
import { type AccessRequestId, parseUuid } from '../../domain/ids.ts';
import { type Desk, seeOther } from '../desk.ts';
import { readForm, withoutEmpty } from '../form.ts';

/** `POST /access-requests/{id}/approval`: as asked, or less. */
export async function approve(desk: Desk): Promise<void> {
  const { control, caller, request } = desk;
  const wish = withoutEmpty(readForm(request.body));
  const { account } = await approveAccessRequest(control, caller, idIn(desk), wish);
  seeOther(desk, `/accounts/${account}?done=allowed`);
}

/** `POST /access-requests/{id}/denial`. */
export async function deny(desk: Desk): Promise<void> {
  const { control, caller, request } = desk;
  const wish = withoutEmpty(readForm(request.body));
  const { account } = await denyAccessRequest(control, caller, idIn(desk), wish);
  seeOther(desk, `/accounts/${account}?done=denied`);
}

function idIn({ request }: Desk): AccessRequestId | undefined {
  return parseUuid<AccessRequestId>(request.params['id']);
}
