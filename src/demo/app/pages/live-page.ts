import type { ConsolePage } from '../frame.ts';
import { markup } from '../markup.ts';

/** Two open connections to watch: when the visit ends, the gateway cuts both. */
export function livePage(): ConsolePage {
  return {
    title: 'Live',
    section: 'Live',
    script: '/assets/live.js',
    body: markup`
<h1>Two connections stay open.</h1>
<p class="lead">Each gets a tick every second, for as long as this visit is allowed. End it, and watch them stop.</p>
<div class="feeds">
<section class="feed waiting" data-feed="socket" aria-label="WebSocket">
<h2>WebSocket</h2><p class="feed-state">connecting</p><p class="count">0</p><p class="feed-detail mono">/live/socket</p>
</section>
<section class="feed waiting" data-feed="events" aria-label="Event stream">
<h2>Event stream</h2><p class="feed-state">connecting</p><p class="count">0</p><p class="feed-detail mono">/live/events</p>
</section>
</div>
<noscript><p class="note">This page needs scripts.</p></noscript>`,
  };
}
