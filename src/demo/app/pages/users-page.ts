import type { Assertion } from '../../../upstream/index.ts';
import { type CustomerAccount, USER_ROLES, type User } from '../accounts/customer-account.ts';
import type { ConsolePage } from '../frame.ts';
import { type Markup, markup } from '../markup.ts';
import { sayCount, sayInstant } from '../wording.ts';
import { renderScopeNote } from './scope-note.ts';

export function usersPage(account: CustomerAccount): ConsolePage {
  return {
    title: 'Users',
    section: 'Users',
    body: markup`
<h1>${account.settings.name} has ${sayCount(account.users.length, 'user')}.</h1>
<div class="wide"><table>
<thead><tr><th>Name</th><th class="spare">E-mail</th><th>Role</th><th class="number">Last seen</th></tr></thead>
<tbody>${account.users.map(renderRow)}</tbody>
</table></div>`,
  };
}

export function userPage(user: User, assertion: Assertion): ConsolePage {
  return {
    title: user.name,
    section: 'Users',
    body: markup`
<p class="back"><a href="/users">Users</a></p>
<h1>${user.name}</h1>
<p class="lead">${user.email}, last seen ${sayInstant(user.lastSeen)}.</p>
<form method="post" action="/users/${user.id}/role" class="card">
<label for="role">Role</label>
<select id="role" name="role">${USER_ROLES.map((role) => renderChoice(role, user.role))}</select>
${renderScopeNote(assertion)}
<button>Change the role</button>
</form>`,
  };
}

function renderRow(user: User): Markup {
  return markup`<tr>
<td><a href="/users/${user.id}">${user.name}</a></td>
<td class="spare">${user.email}</td>
<td>${user.role}</td>
<td class="number">${sayInstant(user.lastSeen)}</td>
</tr>`;
}

function renderChoice(role: string, current: string): Markup {
  return markup`<option${role === current && markup` selected`}>${role}</option>`;
}
