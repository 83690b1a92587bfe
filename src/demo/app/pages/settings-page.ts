import type { Assertion } from '../../../upstream/index.ts';
import type { Settings } from '../accounts/customer-account.ts';
import type { ConsolePage } from '../frame.ts';
import { markup } from '../markup.ts';
import { renderScopeNote } from './scope-note.ts';

/** What may be wrong with a form, or right: said above it. */
export type SettingsNotice = 'saved' | 'refused' | undefined;

export function settingsPage(
  settings: Settings,
  assertion: Assertion,
  notice: SettingsNotice,
): ConsolePage {
  return {
    title: 'Settings',
    section: 'Settings',
    body: markup`
<h1>Settings</h1>
${notice === 'saved' && markup`<p class="message" role="status">The settings are saved.</p>`}
${notice === 'refused' && markup`<p class="message bad" role="alert">Nothing was saved: a name and an e-mail address are needed.</p>`}
<form method="post" action="/settings" class="card">
<label for="name">Name</label>
<input id="name" name="name" value="${settings.name}" maxlength="80" required>
<label for="contactEmail">Contact e-mail</label>
<input id="contactEmail" name="contactEmail" type="email" value="${settings.contactEmail}" maxlength="120" required>
<label class="tick"><input type="checkbox" name="weeklyReport" value="yes"${settings.weeklyReport && markup` checked`}>
Send a report every Monday</label>
${renderScopeNote(assertion)}
<button>Save settings</button>
</form>`,
  };
}
