// Shows two open connections, and the moment each of them is cut.

const started = { socket: 0, events: 0 };

function show(feed, state, detail) {
  const section = document.querySelector(`[data-feed="${feed}"]`);
  section.className = `feed ${state}`;
  section.querySelector('.feed-state').textContent = detail;
}

function count(feed, tick) {
  started[feed] += 1;
  document.querySelector(`[data-feed="${feed}"] .count`).textContent = String(tick.count);
  show(feed, 'open', 'open');
}

function cut(feed) {
  const at = new Date().toLocaleTimeString('en-GB');
  show(feed, 'cut', started[feed] > 0 ? `cut at ${at}` : 'refused');
}

const address = new URL('/live/socket', location.href);
address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
const socket = new WebSocket(address);
socket.addEventListener('message', (event) => count('socket', JSON.parse(event.data)));
socket.addEventListener('close', () => cut('socket'));

const events = new EventSource('/live/events');
events.addEventListener('tick', (event) => count('events', JSON.parse(event.data)));
events.addEventListener('error', () => {
  // Left to itself it would try again, and hide that it was cut.
  events.close();
  cut('events');
});
