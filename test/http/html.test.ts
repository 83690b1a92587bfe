import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Html, html } from '../../src/http/html.ts';

describe('html', () => {
  it('escapes every value, in text and in attributes', () => {
    const value = `<b>&"'`;
    assert.equal(
      html`<a title="${value}">${value}</a>`.toString(),
      '<a title="&lt;b&gt;&amp;&quot;&#39;">&lt;b&gt;&amp;&quot;&#39;</a>',
    );
  });

  it('leaves markup made by itself as it is, in lists too', () => {
    const items = ['<', 2].map((item) => html`<li>${item}</li>`);
    assert.equal(html`<ul>${items}</ul>`.toString(), '<ul><li>&lt;</li><li>2</li></ul>');
  });

  it('renders nothing for what is not there, and zero as zero', () => {
    assert.equal(html`${null}${undefined}${false}${0}${''}${[]}`.toString(), '0');
  });

  it('keeps backslashes of values and leaves text that only looks like a template alone', () => {
    assert.equal(html`${'\\n${x}'}`.toString(), '\\n${x}');
  });

  it('is not taken in by an object that only looks like markup', () => {
    const forged = JSON.parse('{"toString": "<script>"}') as Html;
    assert.ok(!(forged instanceof Html));
    assert.throws(() => html`${forged}`.toString());
  });
});
