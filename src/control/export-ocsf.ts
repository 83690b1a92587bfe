import type { AuditRecord } from '../audit/record.ts';
import { fieldAt, numberAt, textAt } from './record-fields.ts';

/** The version of the Open Cybersecurity Schema Framework that the events are written in. */
const OCSF_VERSION = '1.3.0';

type Fields = { readonly [field: string]: unknown };

/** A class of OCSF: its number, that of its category, and what it wants beside what every event has. */
interface OcsfClass {
  readonly classUid: number;
  readonly categoryUid: number;
  readonly activityOf: (record: AuditRecord) => number;
  readonly fieldsOf: (record: AuditRecord) => Fields;
}

const OTHER = 99;
const CRUD = { create: 1, read: 2, update: 3, delete: 4 } as const;
const SIGN_IN = { logon: 1, logoff: 2 } as const;
const STATUS = { success: 1, failure: 2 } as const;

const API_ACTIVITY: OcsfClass = {
  classUid: 6003,
  categoryUid: 6,
  activityOf: accessActivity,
  fieldsOf: (record) => ({
    api: {
      operation: operationOf(record),
      service: { name: textAt(record, 'upstream') ?? 'sallyport' },
    },
    http_request: requestOf(record),
    http_response: responseOf(record),
    resources: resourcesOf(record),
  }),
};

const ENTITY_MANAGEMENT: OcsfClass = {
  classUid: 3004,
  categoryUid: 3,
  activityOf: ({ event }) => VERBS[event.split('.')[1] ?? ''] ?? CRUD.update,
  fieldsOf: (record) => ({ entity: entityOf(record), comment: textAt(record, 'reason') }),
};

const AUTHENTICATION: OcsfClass = {
  classUid: 3002,
  categoryUid: 3,
  activityOf: ({ event }) => (event === 'session.ended' ? SIGN_IN.logoff : SIGN_IN.logon),
  fieldsOf: (record) => ({ user: userOf(record), service: { name: 'sallyport' } }),
};

/** For what the gateway says of itself. */
const BASE_EVENT: OcsfClass = {
  classUid: 0,
  categoryUid: 0,
  activityOf: () => OTHER,
  fieldsOf: () => ({}),
};

/** Which class the events of a noun are; a closed list, and a base event for all others. */
const CLASS_OF: Readonly<Record<string, OcsfClass>> = {
  access: API_ACTIVITY,
  session: AUTHENTICATION,
  'access-request': ENTITY_MANAGEMENT,
  account: ENTITY_MANAGEMENT,
  agreement: ENTITY_MANAGEMENT,
  configuration: ENTITY_MANAGEMENT,
  grant: ENTITY_MANAGEMENT,
  hold: ENTITY_MANAGEMENT,
  policy: ENTITY_MANAGEMENT,
  visit: ENTITY_MANAGEMENT,
};

const CLASS_OF_EVENT: Readonly<Record<string, OcsfClass>> = {
  'log.read': API_ACTIVITY,
  'log.exported': API_ACTIVITY,
};

/** What an event's verb is among create, read, update and delete; an update unless listed. */
const VERBS: Readonly<Record<string, number>> = {
  accepted: CRUD.create,
  closed: CRUD.delete,
  issued: CRUD.create,
  lifted: CRUD.delete,
  loaded: CRUD.create,
  opened: CRUD.create,
  placed: CRUD.create,
  registered: CRUD.create,
  revoked: CRUD.delete,
  submitted: CRUD.create,
  withdrawn: CRUD.delete,
};

const METHODS: Readonly<Record<string, number>> = {
  POST: CRUD.create,
  PUT: CRUD.update,
  PATCH: CRUD.update,
  DELETE: CRUD.delete,
};

/** What is told in fields of OCSF's own; all else stands under its own name in `unmapped`. */
const MAPPED = new Set([
  'index',
  'at',
  'event',
  'actor',
  'network',
  'request',
  'upstream',
  'status',
]);

/** A record as an event of OCSF. `docs/ocsf.md` says what becomes of which field. */
export function ocsfEvent(record: AuditRecord): object {
  const { event } = record;
  const ofClass = CLASS_OF_EVENT[event] ?? CLASS_OF[event.split('.')[0] ?? ''] ?? BASE_EVENT;
  const { classUid, categoryUid } = ofClass;
  const activity = ofClass.activityOf(record);
  return {
    class_uid: classUid,
    category_uid: categoryUid,
    activity_id: activity,
    type_uid: classUid * 100 + activity,
    severity_id: 1,
    time: Date.parse(record.at),
    message: event,
    ...statusOf(record),
    metadata: metadataOf(record),
    actor: { user: userOf(record), session: sessionOf(record) },
    src_endpoint: endpointOf(record),
    ...ofClass.fieldsOf(record),
    unmapped: Object.fromEntries(Object.entries(record).filter(([name]) => !MAPPED.has(name))),
  };
}

function metadataOf(record: AuditRecord): Fields {
  return {
    version: OCSF_VERSION,
    product: { name: 'Sallyport', vendor_name: 'Sallyport' },
    uid: String(record.index),
    event_code: record.event,
    original_time: record.at,
    // An attempt, and what became of it.
    correlation_uid: String(numberAt(record, 'attempt') ?? record.index),
  };
}

function statusOf(record: AuditRecord): Fields {
  if (!record.event.endsWith('.refused')) return { status_id: STATUS.success };
  return { status_id: STATUS.failure, status_detail: textAt(record, 'reason') };
}

function userOf(record: AuditRecord): Fields {
  const realm = textAt(record, 'actor', 'realm');
  const roles = fieldAt(record, 'actor', 'roles');
  return {
    uid: textAt(record, 'actor', 'subject') ?? 'unknown',
    name: textAt(record, 'actor', 'name'),
    email_addr: textAt(record, 'actor', 'email'),
    domain: textAt(record, 'actor', 'issuer'),
    // User, system, unknown.
    type_id: realm === 'gateway' ? 3 : realm === 'staff' || realm === 'owners' ? 1 : 0,
    groups: Array.isArray(roles) ? roles.map((name) => ({ name: String(name) })) : undefined,
  };
}

function sessionOf(record: AuditRecord): Fields | undefined {
  const uid = textAt(record, 'actor', 'session');
  return uid === undefined ? undefined : { uid, issuer: textAt(record, 'actor', 'issuer') };
}

/** An owner is not told from where, and the gateway comes from nowhere; the schema wants something here. */
function endpointOf(record: AuditRecord): Fields {
  const ip = textAt(record, 'network', 'ip');
  return ip === undefined ? { name: 'unknown' } : { ip };
}

function accessActivity(record: AuditRecord): number {
  if (record.event.startsWith('log.') || textAt(record, 'access') === 'read') return CRUD.read;
  return METHODS[textAt(record, 'request', 'method') ?? ''] ?? OTHER;
}

function operationOf(record: AuditRecord): string {
  const method = textAt(record, 'request', 'method');
  return method === undefined ? record.event : `${method} ${textAt(record, 'request', 'path')}`;
}

function requestOf(record: AuditRecord): Fields | undefined {
  const method = textAt(record, 'request', 'method');
  if (method === undefined) return undefined;
  const [path, query] = [textAt(record, 'request', 'path'), textAt(record, 'request', 'query')];
  const userAgent = textAt(record, 'network', 'userAgent');
  return { http_method: method, url: { path, query_string: query }, user_agent: userAgent };
}

function responseOf(record: AuditRecord): Fields | undefined {
  const code = numberAt(record, 'status');
  return code === undefined ? undefined : { code };
}

function resourcesOf(record: AuditRecord): readonly Fields[] | undefined {
  const account = textAt(record, 'account');
  return account === undefined ? undefined : [{ type: 'account', uid: account }];
}

function entityOf(record: AuditRecord): Fields {
  const type = record.event.split('.')[0];
  const uid =
    type === 'visit' || type === 'hold' || type === 'account' || type === 'policy'
      ? textAt(record, type)
      : type === 'grant'
        ? textAt(record, 'basis', 'id')
        : type === 'access-request'
          ? textAt(record, 'accessRequest')
          : textAt(record, type === 'agreement' ? 'version' : 'digest');
  return { type, uid: uid ?? String(record.index) };
}
