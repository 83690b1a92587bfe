import { accessRequestEndpoints } from './access-requests.ts';
import { accountEndpoints } from './accounts.ts';
import type { Endpoint } from './endpoint.ts';
import { evidenceEndpoints } from './evidence.ts';
import { grantEndpoints } from './grants.ts';
import { holdEndpoints } from './holds.ts';
import { meEndpoints } from './me.ts';
import { recordEndpoints } from './records.ts';
import { sessionEndpoints } from './sessions.ts';
import { visitEndpoints } from './visits.ts';

/** Every call there is. */
export const ENDPOINTS: readonly Endpoint[] = [
  ...meEndpoints,
  ...accountEndpoints,
  ...grantEndpoints,
  ...accessRequestEndpoints,
  ...visitEndpoints,
  ...evidenceEndpoints,
  ...recordEndpoints,
  ...sessionEndpoints,
  ...holdEndpoints,
];
