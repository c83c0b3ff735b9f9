// Where a button with an address leads.

/** To the message's channel, for a message of this workspace, as in Slack; any other address opens beside the page. */
export function follow(url, model) {
  const address = new URL(url);
  const channel = address.origin === location.origin && /^\/archives\/([A-Z0-9]+)\/p\d+$/.exec(address.pathname)?.[1];
  if (channel) model.goTo(channel); else window.open(url, '_blank', 'noopener');
}
