/**
 * The part of oidc-provider 9 that the development provider uses; the package brings no types.
 */
declare module 'oidc-provider' {
  import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

  export interface Account {
    accountId: string;
    claims(): Promise<{ sub: string } & Record<string, unknown>>;
  }

  export interface Grant {
    addOIDCScope(scope: string): void;
    addOIDCClaims(claims: string[]): void;
    save(): Promise<string>;
  }

  export interface Client {
    readonly clientId: string;
    grantTypeAllowed(type: string): boolean;
  }

  export interface OidcContext {
    readonly client?: Client;
    readonly route?: string;
    readonly session: {
      readonly accountId?: string;
      grantIdFor(clientId: string): string | undefined;
    };
    readonly requestParamOIDCScopes: Iterable<string>;
  }

  /** The part of Koa's context that is used. */
  export interface Context {
    readonly oidc: OidcContext;
    type: string;
    status: number;
    body: string;
    set(name: string, value: string): void;
  }

  export interface ClientMetadata {
    client_id: string;
    client_secret: string;
    redirect_uris: string[];
    post_logout_redirect_uris: string[];
    grant_types: string[];
    response_types: string[];
    backchannel_logout_uri?: string;
    backchannel_logout_session_required?: boolean;
  }

  export interface FetchRequest {
    method?: string;
    headers?: Headers;
    body?: string;
    signal?: AbortSignal;
  }

  /** One session, code, token or grant, as it is kept. */
  export interface Artifact {
    readonly uid?: string;
    readonly grantId?: string;
    /** Seconds since the epoch. */
    consumed?: number;
  }

  /** Keeps the artifacts of one kind. */
  export interface Adapter {
    upsert(id: string, artifact: Artifact, expiresInSeconds: number): Promise<void>;
    find(id: string): Promise<Artifact | undefined>;
    findByUid(uid: string): Promise<Artifact | undefined>;
    findByUserCode(userCode: string): Promise<Artifact | undefined>;
    consume(id: string): Promise<void>;
    destroy(id: string): Promise<void>;
    revokeByGrantId(grantId: string): Promise<void>;
  }

  export interface Configuration {
    adapter: (kind: string) => Adapter;
    clients: ClientMetadata[];
    jwks: { keys: object[] };
    claims: Record<string, string[] | null>;
    scopes: string[];
    responseTypes: string[];
    acrValues: string[];
    conformIdTokenClaims: boolean;
    cookies: {
      keys: string[];
      names: { session: string; interaction: string; resume: string };
    };
    features: {
      devInteractions: { enabled: boolean };
      backchannelLogout: { enabled: boolean };
      rpInitiatedLogout: {
        enabled: boolean;
        logoutSource(ctx: Context, form: string): Promise<void>;
        postLogoutSuccessSource(ctx: Context): Promise<void>;
      };
      resourceIndicators: { enabled: boolean };
      dPoP: { enabled: boolean };
      pushedAuthorizationRequests: { enabled: boolean };
    };
    pkce: { required(): boolean };
    ttl: Record<string, number>;
    interactions: { url(ctx: Context, interaction: { uid: string }): string };
    clientBasedCORS(): boolean;
    fetch(url: string | URL, request: FetchRequest): Promise<Response>;
    findAccount(ctx: Context, subject: string): Promise<Account | undefined>;
    issueRefreshToken(ctx: Context, client: Client): Promise<boolean>;
    loadExistingGrant(ctx: Context): Promise<Grant | undefined>;
    renderError(ctx: Context, out: { error: string; error_description?: string }): Promise<void>;
  }

  export interface Interaction {
    readonly uid: string;
    readonly prompt: { readonly name: string; readonly reasons: readonly string[] };
    readonly params: Readonly<Record<string, unknown>>;
    readonly session?: { readonly accountId?: string };
  }

  export interface InteractionResult {
    login?: { accountId: string; acr: string; amr: string[] };
    error?: string;
    error_description?: string;
  }

  export class Provider {
    constructor(issuer: string, configuration: Configuration);
    readonly Grant: {
      new (properties: { accountId: string; clientId: string }): Grant;
      find(id: string): Promise<Grant | undefined>;
    };
    callback(): RequestListener;
    use(middleware: (ctx: Context, next: () => Promise<void>) => Promise<void>): this;
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<Interaction>;
    interactionFinished(
      request: IncomingMessage,
      response: ServerResponse,
      result: InteractionResult,
      options: { mergeWithLastSubmission: boolean },
    ): Promise<void>;
  }

  export const errors: { SessionNotFound: new (...arguments_: never[]) => Error };
}
