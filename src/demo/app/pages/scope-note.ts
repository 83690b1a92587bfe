import type { Assertion } from '../../../upstream/index.ts';
import { type Markup, markup } from '../markup.ts';

/** The button stays: refusing is the gateway's part, and a visitor should be able to see it. */
export function renderScopeNote({ scope }: Assertion): Markup | false {
  return (
    scope === 'read' &&
    markup`<p class="note">This visit is for looking only. The access gateway refuses changes.</p>`
  );
}
